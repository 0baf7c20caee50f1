// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ring: full and empty, the wrap of its counters, and whole messages between two
// threads.
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "engine/ring.h"

enum { MESSAGES = 400000 };

struct message {
    uint64_t number;
    uint64_t copies[16]; // a torn message would hold two numbers
};

static void
test_full_and_empty(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    int value = 7;
    assert_int_equal(mg_ring_init(&ring, sizeof value, 4), 0);
    assert_false(mg_ring_pop(&ring, &value));
    for (int i = 0; i < 4; i++)
        assert_true(mg_ring_push(&ring, &i));
    assert_false(mg_ring_push(&ring, &value));
    for (int i = 0; i < 4; i++) {
        assert_true(mg_ring_pop(&ring, &value));
        assert_int_equal(value, i);
    }
    assert_false(mg_ring_pop(&ring, &value));
    mg_ring_finish(&ring);
}

static void
test_counters_wrap(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    int value = 0;
    assert_int_equal(mg_ring_init(&ring, sizeof value, 2), 0);
    atomic_store(&ring.written, UINT32_MAX - 2);
    atomic_store(&ring.taken, UINT32_MAX - 2);
    for (int i = 0; i < 10; i++) {
        assert_true(mg_ring_push(&ring, &i));
        assert_true(mg_ring_push(&ring, &i));
        assert_false(mg_ring_push(&ring, &i));
        assert_true(mg_ring_pop(&ring, &value));
        assert_int_equal(value, i);
        assert_true(mg_ring_pop(&ring, &value));
        assert_false(mg_ring_pop(&ring, &value));
    }
    mg_ring_finish(&ring);
}

static void *
produce(void *context)
{
    struct mg_ring *ring = context;
    for (uint64_t i = 0; i < MESSAGES; i++) {
        struct message message = {.number = i};
        for (int k = 0; k < 16; k++)
            message.copies[k] = i;
        while (!mg_ring_push(ring, &message))
            sched_yield();
    }
    return NULL;
}

static void
test_two_threads(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct message message;
    pthread_t thread;
    int torn = 0;
    assert_int_equal(mg_ring_init(&ring, sizeof message, 8), 0);
    assert_int_equal(pthread_create(&thread, NULL, produce, &ring), 0);
    for (uint64_t i = 0; i < MESSAGES; i++) {
        while (!mg_ring_pop(&ring, &message))
            sched_yield();
        torn += message.number != i;
        for (int k = 0; k < 16; k++)
            torn += message.copies[k] != i;
    }
    pthread_join(thread, NULL);
    assert_int_equal(torn, 0);
    assert_false(mg_ring_pop(&ring, &message));
    mg_ring_finish(&ring);
}

static long
page_faults(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

// The first use of a slot takes no page fault: the real-time thread would pay for it.
static void
test_pages_are_there(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct message message = {0};
    assert_int_equal(mg_ring_init(&ring, sizeof message, 4096), 0); // 136 pages
    long before = page_faults();
    while (mg_ring_push(&ring, &message))
        continue;
    assert_in_range(page_faults() - before, 0, 8);
    mg_ring_finish(&ring);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_and_empty),
        cmocka_unit_test(test_counters_wrap),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_pages_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
