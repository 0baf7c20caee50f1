// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A live performance: what wakes the main thread, and what it does until the music
// ends.
//
//     init, [the driver is opened], lock_memory, take_signals, [started], play, quiet,
//     [closed]
#ifndef MG_ENGINE_LIVE_H
#define MG_ENGINE_LIVE_H

#include <glib.h>
#include <stdbool.h>

#include "engine/instrument.h"
#include "io/driver.h"

struct mg_live {
    struct mg_instrument *instrument; // the caller's, started
    struct mg_driver *driver;         // the caller's, started
    double seconds;                   // how long to play; 0: until told to stop
    void (*tend)(void *context);      // called often, in the main thread
    void *tend_context;
    int pipe;  // written to when something is told
    bool lost; // the server or the sound card went away
};

// Opens the pipe that wakes the main thread.  One performance a process.  Returns 0 or
// -errno with one line in *error.  Main thread, as all below.
int mg_live_init(struct mg_live *live, GError **error);

// The driver's `lost`; any thread but real time.
void mg_live_on_lost(void *context);

// Locks the program's memory.  Returns whether that was allowed.
bool mg_live_lock_memory(void);

// From here SIGINT, SIGTERM and SIGHUP end the performance, and SIGUSR2 is a panic.
// Until then the first three end the program at once.
void mg_live_take_signals(void);

// Waits for the driver's first cycle, for half a second at most.
void mg_live_wait_first_cycle(struct mg_live *live);

// Plays until a signal, the end of the driver, or the end of the time.
void mg_live_play(struct mg_live *live);

// Sends the note-offs and waits until they are heard, for less than a second.
void mg_live_quiet(struct mg_live *live);

#endif
