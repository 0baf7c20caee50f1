// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The composer's thread: it sleeps until it is asked for something.
#include "engine/composer_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "engine/priority.h"

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

// One post is enough, and out of freewheel nobody takes them.
static void
say_decided(struct mg_composer_thread *thread)
{
    int posts = 0;
    sem_getvalue(&thread->decided, &posts);
    if (posts <= 0)
        sem_post(&thread->decided);
}

static void *
run(void *context)
{
    struct mg_composer_thread *thread = context;
    while (!ends(thread)) {
        if (sem_wait(thread->wake) != 0)
            continue;
        while (!ends(thread) && mg_composer_work(thread->composer))
            say_decided(thread);
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
mg_composer_thread_set_below(struct mg_composer_thread *thread, int sound)
{
    mg_priority_set_below(thread->thread, sound);
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
