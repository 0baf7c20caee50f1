// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The second thread: both halves are done, each once, and waiting costs nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <pthread.h>
#include <time.h>

#include "engine/pair.h"

struct halves {
    int done[2];
    pthread_t by[2];
};

static void
do_half(void *context, int half)
{
    struct halves *halves = context;
    halves->done[half]++;
    halves->by[half] = pthread_self();
}

static void
both_halves_are_done(void **unused)
{
    (void)unused;
    struct halves halves = {0};
    struct mg_pair *pair = mg_pair_create();
    assert_non_null(pair);
    for (int i = 1; i <= 5000; i++) {
        mg_pair_run(pair, do_half, &halves);
        assert_int_equal(halves.done[0], i);
        assert_int_equal(halves.done[1], i);
    }
    assert_true(pthread_equal(halves.by[0], pthread_self()));
    assert_false(pthread_equal(halves.by[0], halves.by[1]));
    mg_pair_destroy(pair);
    mg_pair_destroy(NULL);
}

static double
seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Of these two threads: a library's own may be busy in this process.
static void
waiting_takes_no_cpu(void **unused)
{
    (void)unused;
    struct halves halves = {0};
    struct mg_pair *pair = mg_pair_create();
    clockid_t other;
    mg_pair_run(pair, do_half, &halves);
    assert_int_equal(pthread_getcpuclockid(halves.by[1], &other), 0);
    double wall = seconds(CLOCK_MONOTONIC);
    double cpu = seconds(CLOCK_THREAD_CPUTIME_ID) + seconds(other);
    for (int i = 0; i < 10; i++) {
        struct timespec step = {.tv_nsec = 30000000};
        mg_pair_run(pair, do_half, &halves);
        nanosleep(&step, NULL);
    }
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_THREAD_CPUTIME_ID) + seconds(other) - cpu;
    if (!(cpu < 0.05 * wall))
        fail_msg("%g of %g s", cpu, wall);
    mg_pair_destroy(pair);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_halves_are_done),
        cmocka_unit_test(waiting_takes_no_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
