// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What all drivers share: calls through the table, memory, and a close with a deadline.
#include "io/driver_table.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int
mg_driver_start(struct mg_driver *driver, GError **error)
{
    return driver->table->start(driver, error);
}

void
mg_driver_service(struct mg_driver *driver)
{
    if (driver->table->service)
        driver->table->service(driver);
}

void
mg_driver_status(struct mg_driver *driver, struct mg_driver_status *status)
{
    *status = (struct mg_driver_status){0};
    driver->table->status(driver, status);
}

char **
mg_driver_connections(struct mg_driver *driver)
{
    if (driver->table->connections)
        return driver->table->connections(driver);
    return g_new0(char *, 1);
}

uint32_t
mg_driver_rate_hz(const struct mg_driver_config *config)
{
    return config->rate_hz ? config->rate_hz : 48000;
}

uint32_t
mg_driver_period_frames(const struct mg_driver_config *config)
{
    return config->period_frames ? config->period_frames : 64;
}

void *
mg_driver_allocate(size_t bytes)
{
    // Not malloc(): with the memset() after it the compiler would make it calloc().
    static const size_t CACHE_LINE = 64;
    void *memory = NULL;
    if (posix_memalign(&memory, CACHE_LINE, bytes) != 0)
        return NULL;
    return memset(memory, 0, bytes);
}

int
mg_driver_let_go(struct mg_midi_event events[MG_DRIVER_LET_GO], uint32_t frame)
{
    enum { CONTROLLER = 0xb0, ALL_NOTES_OFF = 123 };
    for (int i = 0; i < MG_DRIVER_LET_GO; i++) {
        uint8_t status = (uint8_t)(CONTROLLER | i);
        events[i] = (struct mg_midi_event){frame, 3, {status, ALL_NOTES_OFF, 0}};
    }
    return MG_DRIVER_LET_GO;
}

int
mg_driver_priority(void)
{
    struct sched_param parameters;
    int policy;
    if (pthread_getschedparam(pthread_self(), &policy, &parameters) != 0)
        return 0;
    return parameters.sched_priority; // 0 but in a real-time policy
}

// --- closing in time -----------------------------------------------------------------

// Freed by whoever waited; left behind with the thread when that takes too long.
struct closing {
    struct mg_driver *driver;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool done;
};

static struct closing *
closing_create(struct mg_driver *driver)
{
    struct closing *closing = g_new0(struct closing, 1);
    pthread_condattr_t attributes;
    closing->driver = driver;
    pthread_mutex_init(&closing->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&closing->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return closing;
}

static void
closing_destroy(struct closing *closing)
{
    pthread_cond_destroy(&closing->changed);
    pthread_mutex_destroy(&closing->mutex);
    g_free(closing);
}

static void *
run_closing(void *context)
{
    struct closing *closing = context;
    closing->driver->table->finish(closing->driver);
    pthread_mutex_lock(&closing->mutex);
    closing->done = true;
    pthread_cond_signal(&closing->changed);
    pthread_mutex_unlock(&closing->mutex);
    return NULL;
}

// Waits until the thread is done or MG_DRIVER_CLOSE_MS have passed.
static bool
wait_done(struct closing *closing)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += MG_DRIVER_CLOSE_MS / 1000;
    until.tv_nsec += MG_DRIVER_CLOSE_MS % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&closing->mutex);
    int rc = 0;
    while (!closing->done && rc == 0)
        rc = pthread_cond_timedwait(&closing->changed, &closing->mutex, &until);
    bool done = closing->done;
    pthread_mutex_unlock(&closing->mutex);
    return done;
}

int
mg_driver_close(struct mg_driver *driver)
{
    if (!driver)
        return 0;
    atomic_store_explicit(&driver->closing, true, memory_order_release);
    struct closing *closing = closing_create(driver);
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_closing, closing) != 0) {
        driver->table->finish(driver);
    } else if (wait_done(closing)) {
        pthread_join(thread, NULL);
    } else {
        pthread_detach(thread);
        return -ETIMEDOUT;
    }
    closing_destroy(closing);
    return 0;
}
