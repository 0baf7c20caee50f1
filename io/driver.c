// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What all drivers share: calls through the table.
#include "io/driver_table.h"

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

int
mg_driver_close(struct mg_driver *driver)
{
    return driver ? driver->table->close(driver) : 0;
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
