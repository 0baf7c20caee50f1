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

// The config's rate and period, or what stands for 0.
uint32_t mg_driver_rate_hz(const struct mg_driver_config *config);
uint32_t mg_driver_period_frames(const struct mg_driver_config *config);

#endif
