// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Coming back: closing a driver whose server is gone, and opening it again.
#include "engine/reconnect.h"

#include <errno.h>

// A server that has just come is heard within this.
static const int64_t RETRY_US = 250000;

// What a thread that is in a call of the sound system is given.
static const int64_t END_US = 500000;

// A closing JACK client was seen to hang for 37 s.  Meanwhile no other can be opened in
// this process; in a new one it can.
static const int64_t HUNG_US = 40000000;

struct mg_reconnect {
    struct mg_driver *gone;
    mg_reconnect_fn *open;
    void *context;
    char **connections;
    GThread *thread;

    GMutex mutex;
    GCond changed;
    bool is_cancelled;        // by the main thread
    bool has_ended;           // by the thread
    struct mg_driver *driver; // that was opened
};

// Returns whether it was cancelled meanwhile.
static bool
nap(struct mg_reconnect *reconnect)
{
    int64_t end_us = g_get_monotonic_time() + RETRY_US;
    g_mutex_lock(&reconnect->mutex);
    while (!reconnect->is_cancelled &&
           g_cond_wait_until(&reconnect->changed, &reconnect->mutex, end_us))
        continue;
    bool cancelled = reconnect->is_cancelled;
    g_mutex_unlock(&reconnect->mutex);
    return cancelled;
}

static struct mg_driver *
open_again(struct mg_reconnect *reconnect, bool is_hung)
{
    int64_t hopeless_us = g_get_monotonic_time() + HUNG_US;
    do {
        struct mg_driver *driver;
        int code = reconnect->open(reconnect->context, reconnect->connections, &driver);
        if (code == 0)
            return driver;
    } while (!nap(reconnect) && !(is_hung && g_get_monotonic_time() >= hopeless_us));
    return NULL;
}

static void *
run(void *context)
{
    struct mg_reconnect *reconnect = context;
    bool is_hung = mg_driver_close(reconnect->gone) != 0;
    struct mg_driver *driver = open_again(reconnect, is_hung);
    g_mutex_lock(&reconnect->mutex);
    reconnect->driver = driver;
    reconnect->has_ended = true;
    g_cond_signal(&reconnect->changed);
    g_mutex_unlock(&reconnect->mutex);
    return NULL;
}

struct mg_reconnect *
mg_reconnect_start(struct mg_driver *gone, mg_reconnect_fn *open, void *context)
{
    struct mg_reconnect *reconnect = g_new0(struct mg_reconnect, 1);
    reconnect->gone = gone;
    reconnect->open = open;
    reconnect->context = context;
    reconnect->connections = gone ? mg_driver_connections(gone) : NULL;
    g_mutex_init(&reconnect->mutex);
    g_cond_init(&reconnect->changed);
    reconnect->thread = g_thread_new("reconnect", run, reconnect);
    return reconnect;
}

bool
mg_reconnect_has_ended(struct mg_reconnect *reconnect)
{
    g_mutex_lock(&reconnect->mutex);
    bool ended = reconnect->has_ended;
    g_mutex_unlock(&reconnect->mutex);
    return ended;
}

// Cancels, and waits for END_US.
static bool
wait_ended(struct mg_reconnect *reconnect)
{
    int64_t end_us = g_get_monotonic_time() + END_US;
    g_mutex_lock(&reconnect->mutex);
    reconnect->is_cancelled = true;
    g_cond_signal(&reconnect->changed);
    while (!reconnect->has_ended &&
           g_cond_wait_until(&reconnect->changed, &reconnect->mutex, end_us))
        continue;
    bool ended = reconnect->has_ended;
    g_mutex_unlock(&reconnect->mutex);
    return ended;
}

int
mg_reconnect_end(struct mg_reconnect *reconnect, struct mg_driver **driver)
{
    *driver = NULL;
    if (!wait_ended(reconnect)) {
        g_thread_unref(reconnect->thread);
        return -ETIMEDOUT;
    }
    g_thread_join(reconnect->thread);
    *driver = reconnect->driver;
    g_strfreev(reconnect->connections);
    g_cond_clear(&reconnect->changed);
    g_mutex_clear(&reconnect->mutex);
    g_free(reconnect);
    return 0;
}
