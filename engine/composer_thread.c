// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer's thread: it sleeps, and decides as late as it safely can, so that what
// the hand just did still counts.
#include "engine/composer_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

// Kept back for a busy machine: the scheduler of a loaded desktop hands out slices of a
// few milliseconds, and several may go by.
enum { RESERVE_US = 30000 };

// While it waits it looks for a relocation this often.
enum { NAP_US = 10000 };

struct mg_composer_thread {
    struct mg_composer *composer;
    sem_t *wake;
    sem_t decided;
    _Atomic bool ends; // relaxed: `wake` is posted after it
    pthread_t thread;
};

static bool
ends(struct mg_composer_thread *thread)
{
    return atomic_load_explicit(&thread->ends, memory_order_relaxed);
}

static void
nap(int64_t us)
{
    struct timespec time = {.tv_sec = 0, .tv_nsec = (us < NAP_US ? us : NAP_US) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

// One post is enough, and out of freewheel nobody takes them.
static void
say_decided(struct mg_composer_thread *thread)
{
    int posts = 0;
    sem_getvalue(&thread->decided, &posts);
    if (posts <= 0)
        sem_post(&thread->decided);
}

// Decides what is due, when it is time.
static void
serve(struct mg_composer_thread *thread)
{
    struct mg_composer *composer = thread->composer;
    while (mg_composer_listen(composer) && !ends(thread)) {
        int64_t own_us = 3 * (int64_t)mg_composer_timing(composer)->recent_us;
        int64_t spare_us = mg_composer_spare_us(composer) - own_us - RESERVE_US;
        if (spare_us > 0) {
            nap(spare_us);
            continue;
        }
        mg_composer_decide(composer);
        say_decided(thread);
    }
}

static void *
run(void *context)
{
    struct mg_composer_thread *thread = context;
    while (!ends(thread)) {
        if (sem_wait(thread->wake) == 0)
            serve(thread);
    }
    return NULL;
}

struct mg_composer_thread *
mg_composer_thread_start(struct mg_composer *composer, sem_t *wake, GError **error)
{
    struct mg_composer_thread *thread = g_new0(struct mg_composer_thread, 1);
    thread->composer = composer;
    thread->wake = wake;
    sem_init(&thread->decided, 0, 0);
    int code = pthread_create(&thread->thread, NULL, run, thread);
    if (code != 0) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(code),
                    "cannot start the composer's thread: %s", g_strerror(code));
        sem_destroy(&thread->decided);
        g_free(thread);
        return NULL;
    }
    return thread;
}

void
mg_composer_thread_stop(struct mg_composer_thread *thread)
{
    if (!thread)
        return;
    atomic_store_explicit(&thread->ends, true, memory_order_relaxed);
    sem_post(thread->wake);
    pthread_join(thread->thread, NULL);
    sem_destroy(&thread->decided);
    g_free(thread);
}

bool
mg_composer_thread_wait(void *context)
{
    struct mg_composer_thread *thread = context;
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    int code;
    do
        code = sem_timedwait(&thread->decided, &until);
    while (code != 0 && errno == EINTR);
    return code == 0;
}
