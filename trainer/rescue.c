// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Open MPI's mpirun gives a process one second from SIGTERM to SIGKILL
// (odls_base_sigkill_timeout): an update of a large network takes longer.
#include "trainer/rescue.h"

#include <time.h>

#include <glib.h>

enum {
    LOOK_MS = 20,
    ORDERLY_MS = 100, // for the work in hand to end: given up, it is only made again
    OTHERS_MS = 5000,
    GIVEN_UP_MS = 40, // for the training's own thread to save the state
};

static void
sleep_look(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

// Whether the training has ended within that time.
static bool
ends_within(struct mg_rescue *r, int ms)
{
    for (; ms > 0 && !atomic_load(&r->over); ms -= LOOK_MS)
        sleep_look();
    return atomic_load(&r->over);
}

static bool
is_overdue(struct mg_rescue *r)
{
    int64_t due_us = atomic_load(&r->due_us);
    return due_us && g_get_monotonic_time() > due_us;
}

static void *
watch(void *argument)
{
    struct mg_rescue *r = argument;
    // A handler may set no more than a flag, and the thread that sleeps on it would be one
    // more to be woken in time: a look costs nothing.
    while (!*r->signal && !atomic_load(&r->over) && !is_overdue(r))
        sleep_look();
    // Rank 0 saves; the others end by themselves where it does not end them.
    if (ends_within(r, r->ranks->rank ? OTHERS_MS : ORDERLY_MS))
        return NULL;
    atomic_store(&r->ranks->give_up, true);
    if (ends_within(r, GIVEN_UP_MS) || !r->save)
        return NULL;
    pthread_mutex_lock(&r->steady);
    if (!atomic_load(&r->over))
        r->save(r->context);
    pthread_mutex_unlock(&r->steady);
    return NULL;
}

void
mg_rescue_begin(struct mg_rescue *r)
{
    pthread_mutex_init(&r->steady, NULL);
    pthread_mutex_lock(&r->steady);
    atomic_store(&r->over, false);
    // Without it a training that dies goes on from its last checkpoint.
    r->has_thread = pthread_create(&r->thread, NULL, watch, r) == 0;
}

void
mg_rescue_end(struct mg_rescue *r)
{
    if (!r->has_thread)
        return;
    atomic_store(&r->over, true);
    pthread_mutex_unlock(&r->steady);
    pthread_join(r->thread, NULL);
    r->has_thread = false;
}

// Patience begins where the work takes ten times as long as any of its kind: that is no sign
// yet, with others at work on the machine.
void
mg_rescue_open(struct mg_rescue *r, enum mg_rescue_work work)
{
    if (!r->has_thread)
        return;
    r->work = work;
    r->began_us = g_get_monotonic_time();
    int64_t usual_us = 10 * r->longest_us[work];
    if (usual_us)
        atomic_store(&r->due_us,
                     r->began_us + usual_us + 1000000 * (int64_t)r->patience_seconds);
    pthread_mutex_unlock(&r->steady);
}

void
mg_rescue_close(struct mg_rescue *r)
{
    if (!r->has_thread)
        return;
    pthread_mutex_lock(&r->steady);
    atomic_store(&r->due_us, 0);
    int64_t took_us = g_get_monotonic_time() - r->began_us;
    r->longest_us[r->work] = MAX(r->longest_us[r->work], took_us);
}
