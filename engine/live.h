// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A live performance: what wakes the main thread, and what it does until the music
// ends.
//
//     init, [the driver is opened], lock_memory, take_signals, [started], play, quiet,
//     status, close
#ifndef MG_ENGINE_LIVE_H
#define MG_ENGINE_LIVE_H

#include <glib.h>
#include <stdbool.h>

#include "engine/instrument.h"
#include "engine/reconnect.h"
#include "io/driver.h"

// What the program that plays may want to do something about.
enum mg_live_event {
    MG_LIVE_LOST, // the server went away; it is waited for
    MG_LIVE_BACK, // a server is there (again), and the music plays on
    MG_LIVE_SAVE, // SIGUSR1: what was played so far is to be saved
};

struct mg_live {
    struct mg_instrument *instrument; // the caller's, started
    struct mg_driver *driver; // started; NULL: there is none yet, or any more.  Owned
    double seconds;           // how long to play; 0: until told to stop

    // All with `context`, in the main thread unless said otherwise.
    void (*tend)(void *context); // called often
    void (*on_event)(void *context, enum mg_live_event event);
    mg_reconnect_fn *open; // opens and starts a driver, on any thread.  NULL: where the
                           // driver ends the music ends
    void *context;

    bool lost; // the server or the sound card went away, for good

    int priority;                   // of the driver's thread, as far as it is known
    int pipe;                       // written to when something is told
    bool is_due;                    // the driver is to be looked after at once
    bool is_hung;                   // a driver, or what opens one, will never let go
    struct mg_reconnect *reconnect; // while there is no driver; owned
    struct mg_driver_status past; // of the drivers that are gone: last values and sums
};

// Opens the pipe that wakes the main thread.  One performance a process.  Returns 0 or
// -errno with one line in *error.  Main thread, as all below.
int mg_live_init(struct mg_live *live, GError **error);

// The driver's `lost`; any thread but real time.
void mg_live_on_lost(void *context);

// Locks the program's memory.  Returns whether that was allowed.
bool mg_live_lock_memory(void);

// From here SIGINT, SIGTERM and SIGHUP end the performance, SIGUSR1 saves, and SIGUSR2 is
// a panic.  Until then they end the program at once.
void mg_live_take_signals(void);

// Waits for the driver's first cycle, for half a second at most.
void mg_live_wait_first_cycle(struct mg_live *live);

// Plays until a signal, the end of the time, or that of a driver that cannot come back.
// Without a driver it begins by opening one.
void mg_live_play(struct mg_live *live);

// Sends the note-offs and waits until they are heard, for less than a second.
void mg_live_quiet(struct mg_live *live);

// The driver's status, or that of the last one, with the counts of all.  `name` is NULL
// where there is no driver.
void mg_live_status(struct mg_live *live, struct mg_driver_status *status);

// Closes what is open.  Returns 0, or -ETIMEDOUT as mg_driver_close(): what is left
// behind ends with the process.
int mg_live_close(struct mg_live *live);

#endif
