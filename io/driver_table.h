// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The table of functions that each driver fills in; for the drivers themselves.
#ifndef MG_IO_DRIVER_TABLE_H
#define MG_IO_DRIVER_TABLE_H

#include "io/driver.h"

// As the functions of the same names in io/driver.h.
struct mg_driver_table {
    int (*start)(struct mg_driver *driver, GError **error);
    void (*service)(struct mg_driver *driver);
    void (*status)(struct mg_driver *driver, struct mg_driver_status *status);
    int (*close)(struct mg_driver *driver);
};

// The first member of every driver's struct.
struct mg_driver {
    const struct mg_driver_table *table;
    struct mg_driver_config config;
};

// A zeroed block of memory whose pages are there: calloc() leaves each to its first
// use, which would be in the real-time thread.  Free with free().  NULL when memory is
// short.
void *mg_driver_allocate(size_t bytes);

// Whether the calling thread has real-time priority.  Asks the system: once a thread.
bool mg_driver_is_realtime(void);

// Runs `finish`, which frees the driver, on a thread of its own.  Returns 0 when that
// is done, or -ETIMEDOUT after MG_DRIVER_CLOSE_MS: the thread is then left behind.
int mg_driver_finish_in_time(struct mg_driver *driver,
                             void (*finish)(struct mg_driver *driver));

// The config's rate and period, or what stands for 0.
uint32_t mg_driver_rate_hz(const struct mg_driver_config *config);
uint32_t mg_driver_period_frames(const struct mg_driver_config *config);

#endif
