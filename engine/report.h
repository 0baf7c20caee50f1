// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The figures of a performance, for people and for scripts.
#ifndef MG_ENGINE_REPORT_H
#define MG_ENGINE_REPORT_H

#include <stdint.h>

#include "engine/instrument.h"

struct mg_report {
    const char *preset;
    const char *driver;
    uint64_t seed;
    uint64_t xruns;
    uint64_t failed_out; // events that the driver's port did not take
    uint64_t ignored_in; // events that the driver did not pass on
    uint32_t longest_cycle_us;
    uint32_t rate_hz;
    uint32_t latency_frames;
    const struct mg_instrument *instrument; // its composer's thread has ended
};

// One line, without a line break.  Free with g_free().  Main thread.
char *mg_report_text(const struct mg_report *report);

// One JSON object on one line.  Free with free().  Main thread.
char *mg_report_json(const struct mg_report *report);

#endif
