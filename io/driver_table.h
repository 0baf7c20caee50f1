// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The table of functions that each driver fills in; for the drivers themselves.
#ifndef MG_IO_DRIVER_TABLE_H
#define MG_IO_DRIVER_TABLE_H

#include <stdatomic.h>

#include "io/driver.h"

// As the functions of the same names in io/driver.h.  finish, which frees the driver, runs
// on a thread of its own and may take its time.  service and connections may be NULL.
struct mg_driver_table {
    int (*start)(struct mg_driver *driver, GError **error);
    void (*service)(struct mg_driver *driver);
    void (*status)(struct mg_driver *driver, struct mg_driver_status *status);
    char **(*connections)(struct mg_driver *driver);
    void (*finish)(struct mg_driver *driver);
};

// The first member of every driver's struct.
struct mg_driver {
    const struct mg_driver_table *table;
    struct mg_driver_config config;
    atomic_bool closing; // release, acquire: run is not called any more
};

// A zeroed block of memory whose pages are there: calloc() leaves each to its first
// use, which would be in the real-time thread.  Free with free().  NULL when memory is
// short.
void *mg_driver_allocate(size_t bytes);

enum { MG_DRIVER_LET_GO = 16 }; // events of mg_driver_let_go()

// Nobody will let go of the keys that a lost keyboard held: writes all notes off, on each
// channel, at one frame.  Returns MG_DRIVER_LET_GO.  Real-time thread.
int mg_driver_let_go(struct mg_midi_event events[MG_DRIVER_LET_GO], uint32_t frame);

// The real-time priority of the calling thread, 0: none.  Asks the system: once a thread.
int mg_driver_priority(void);

// The config's rate and period, or what stands for 0.
uint32_t mg_driver_rate_hz(const struct mg_driver_config *config);
uint32_t mg_driver_period_frames(const struct mg_driver_config *config);

#endif
