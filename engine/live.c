// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A live performance: the main thread sleeps, tends the instrument, and serves the driver
// or waits for it to come back.
#include "engine/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "io/program.h"

enum {
    TEND_MS = 20,     // the recorder's ring holds far more
    SERVICE_MS = 100, // how often the driver is looked after
    QUIET_MS = 700,   // for the note-offs; with MG_DRIVER_CLOSE_MS under 3 s
    FIRST_CYCLE_MS = 500,
    NAP_NS = 2000000,
};

// --- what wakes the main thread ------------------------------------------------------

enum { STOP = 1, LOST = 2, PANIC = 4, SAVE = 8 };

// A signal handler gets no pointer: the two variables of this file.  What was told is
// kept in bits, so that a full pipe loses nothing: it wakes main all the same.
static atomic_uint told;
static int wake_pipe = -1;

static void
tell(unsigned what)
{
    int saved = errno;
    atomic_fetch_or_explicit(&told, what, memory_order_relaxed);
    ssize_t written = write(wake_pipe, "", 1);
    (void)written;
    errno = saved;
}

static void
on_signal(int number)
{
    tell(number == SIGUSR1 ? SAVE : number == SIGUSR2 ? PANIC : STOP);
}

void
mg_live_on_lost(void *context)
{
    (void)context;
    tell(LOST);
}

int
mg_live_init(struct mg_live *live, GError **error)
{
    int ends[2];
    if (pipe(ends) != 0) {
        int code = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                    "cannot open a pipe: %s", g_strerror(code));
        return -code;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    live->pipe = ends[0];
    wake_pipe = ends[1];
    return 0;
}

void
mg_live_take_signals(void)
{
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < G_N_ELEMENTS(SIGNALS); i++)
        mg_program_take_signal(SIGNALS[i], &action);
}

static int64_t
now_ms(void)
{
    return g_get_monotonic_time() / 1000;
}

// Sleeps, then does what was told.  Returns false when the music is to end.
static bool
listen_to_pipe(struct mg_live *live, int sleep_ms)
{
    struct pollfd end = {.fd = live->pipe, .events = POLLIN};
    char bytes[64];
    if (poll(&end, 1, sleep_ms) > 0 && read(live->pipe, bytes, sizeof bytes) < 0)
        return true;
    unsigned what = atomic_exchange_explicit(&told, 0, memory_order_relaxed);
    if (what & PANIC)
        mg_rt_command(live->instrument->rt, MG_RT_PANIC);
    if (what & SAVE)
        live->on_event(live->context, MG_LIVE_SAVE);
    live->is_due = live->is_due || what & LOST;
    return !(what & STOP);
}

// --- the driver ----------------------------------------------------------------------

void
mg_live_status(struct mg_live *live, struct mg_driver_status *status)
{
    const struct mg_driver_status *past = &live->past;
    if (!live->driver) {
        *status = *past;
        return;
    }
    mg_driver_status(live->driver, status);
    status->xruns += past->xruns;
    status->ignored_in += past->ignored_in;
    status->failed_out += past->failed_out;
    if (status->longest_us < past->longest_us)
        status->longest_us = past->longest_us;
}

static void
start_reconnect(struct mg_live *live)
{
    struct mg_driver_status status;
    mg_live_status(live, &status);
    live->past = status;
    live->past.name = NULL; // the driver's
    live->past.is_connected = false;
    live->reconnect = mg_reconnect_start(live->driver, live->open, live->context);
    live->driver = NULL;
}

// What it has opened is our driver.  Returns 0, or -ETIMEDOUT as mg_reconnect_end().
static int
end_reconnect(struct mg_live *live)
{
    if (!live->reconnect)
        return 0;
    int code = mg_reconnect_end(live->reconnect, &live->driver);
    live->reconnect = NULL;
    return code;
}

// Returns false when the driver is gone for good.
static bool
look_after_driver(struct mg_live *live)
{
    struct mg_driver_status status;
    if (!live->driver) {
        if (!mg_reconnect_has_ended(live->reconnect))
            return true;
        end_reconnect(live);
        live->is_hung = live->lost = !live->driver;
        if (live->driver)
            live->on_event(live->context, MG_LIVE_BACK);
        return !live->lost;
    }
    mg_driver_service(live->driver);
    mg_driver_status(live->driver, &status);
    if (status.priority != live->priority)
        mg_instrument_set_below(live->instrument, status.priority);
    live->priority = status.priority;
    if (!status.lost)
        return true;
    live->lost = !live->open;
    if (live->lost)
        return false;
    start_reconnect(live);
    live->on_event(live->context, MG_LIVE_LOST);
    return true;
}

int
mg_live_close(struct mg_live *live)
{
    int code = mg_driver_close(live->driver);
    live->driver = NULL;
    return live->is_hung ? -ETIMEDOUT : code;
}

// --- the performance -----------------------------------------------------------------

// Page faults in the real-time thread cost milliseconds.  Where it is not allowed the
// music plays all the same.  What is allocated later is locked only where there is no
// limit that would make an allocation fail.
bool
mg_live_lock_memory(void)
{
    struct rlimit limit;
    bool unlimited =
        getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
    return mlockall(unlimited ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT) == 0;
}

void
mg_live_wait_first_cycle(struct mg_live *live)
{
    int64_t end_ms = now_ms() + FIRST_CYCLE_MS;
    struct timespec nap = {.tv_nsec = NAP_NS};
    struct mg_driver_status status;
    for (;;) {
        mg_driver_status(live->driver, &status);
        if (status.cycles > 0 || now_ms() >= end_ms)
            return;
        nanosleep(&nap, NULL);
    }
}

void
mg_live_play(struct mg_live *live)
{
    double seconds = live->seconds;
    int64_t start_ms = now_ms();
    int64_t end_ms = seconds > 0.0 ? start_ms + (int64_t)(seconds * 1000.0) : INT64_MAX;
    int64_t service_ms = start_ms;
    if (!live->driver)
        start_reconnect(live);
    for (int64_t now = start_ms; now < end_ms; now = now_ms()) {
        int64_t left = end_ms - now;
        if (!listen_to_pipe(live, left < TEND_MS ? (int)left : TEND_MS))
            return;
        live->tend(live->context);
        if (now - service_ms < SERVICE_MS && !live->is_due)
            continue;
        live->is_due = false;
        service_ms = now;
        if (!look_after_driver(live))
            return;
    }
}

// The note-offs go out, and two more cycles pass so that they are heard.  A driver that has
// come at this very moment may have struck notes already.
void
mg_live_quiet(struct mg_live *live)
{
    struct mg_rt *rt = live->instrument->rt;
    mg_rt_command(rt, MG_RT_QUIT);
    if (end_reconnect(live) != 0)
        live->is_hung = true;
    if (!live->driver || live->lost)
        return;
    int64_t end_ms = now_ms() + QUIET_MS;
    struct timespec nap = {.tv_nsec = NAP_NS};
    while (!mg_rt_is_quiet(rt) && now_ms() < end_ms)
        nanosleep(&nap, NULL);
    uint64_t cycles = mg_count_get(&rt->counters.cycles);
    while (mg_count_get(&rt->counters.cycles) < cycles + 2 && now_ms() < end_ms)
        nanosleep(&nap, NULL);
}
