// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Two semaphores: one says that a job is there, the other that it is done.  What a job
// is stands in the struct before the one and is not touched before the other.
#include "engine/pair.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/priority.h"

// Looked out for before sleeping: waking takes some 50 us, and a composer that does one
// step after the other comes back within this, once it has done the note axis; an
// instrument that waits for its next step spends a five-hundredth of it.
enum { LOOK_US = 500 };

struct mg_pair {
    pthread_t thread;
    sem_t there;
    sem_t done;
    void (*job)(void *context, int half); // NULL: the end
    void *context;
};

static void
wait_for(sem_t *semaphore)
{
    for (int64_t until = g_get_monotonic_time() + LOOK_US;
         g_get_monotonic_time() < until;)
        if (sem_trywait(semaphore) == 0)
            return;
    while (sem_wait(semaphore) != 0 && errno == EINTR)
        continue;
}

static void *
work(void *argument)
{
    struct mg_pair *pair = argument;
    for (;;) {
        wait_for(&pair->there);
        if (!pair->job)
            return NULL;
        pair->job(pair->context, 1);
        sem_post(&pair->done);
    }
}

struct mg_pair *
mg_pair_create(void)
{
    struct mg_pair *pair = calloc(1, sizeof *pair);
    if (!pair)
        return NULL;
    sem_init(&pair->there, 0, 0);
    sem_init(&pair->done, 0, 0);
    if (pthread_create(&pair->thread, NULL, work, pair) != 0) {
        sem_destroy(&pair->there);
        sem_destroy(&pair->done);
        free(pair);
        return NULL;
    }
    return pair;
}

void
mg_pair_set_below(struct mg_pair *pair, int sound)
{
    mg_priority_set_below(pair->thread, sound);
}

void
mg_pair_destroy(struct mg_pair *pair)
{
    if (!pair)
        return;
    pair->job = NULL;
    sem_post(&pair->there);
    pthread_join(pair->thread, NULL);
    sem_destroy(&pair->there);
    sem_destroy(&pair->done);
    free(pair);
}

void
mg_pair_run(void *self, void (*job)(void *context, int half), void *context)
{
    struct mg_pair *pair = self;
    pair->job = job;
    pair->context = context;
    sem_post(&pair->there);
    job(context, 0);
    wait_for(&pair->done);
}
