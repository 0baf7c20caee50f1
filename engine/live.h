// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A live performance: what wakes the main thread, and what it does until the music ends.
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
    int pipe;                         // what signals and the driver say, a byte each
    bool lost;                        // the server or the sound card went away
};

// Opens the pipe, and takes SIGINT, SIGTERM and SIGHUP to end the performance.  One
// performance a process.  Returns 0 or -errno with one line in *error.  Main thread, as all
// below.
int mg_live_open(struct mg_live *live, GError **error);

// Gives the signals back: they end the program at once.
void mg_live_close(struct mg_live *live);

// The driver's `notify`; any thread but real time.
void mg_live_notify(void *context, enum mg_driver_event event);

// Locks the program's memory as far as that is allowed.
void mg_live_lock_memory(void);

// Plays until a signal, the end of the driver, or the end of the time.
void mg_live_play(struct mg_live *live);

// Sends the note-offs and waits until they are heard, for less than a second.
void mg_live_quiet(struct mg_live *live);

#endif
