// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How long something takes: a histogram of fixed size, good for months of steps.
#ifndef MG_ENGINE_TIMING_H
#define MG_ENGINE_TIMING_H

#include <stdint.h>

enum {
    MG_TIMING_BIN_US = 10,
    MG_TIMING_BINS = 10000, // up to 100 ms; longer ones share the last bin
};

struct mg_timing {
    uint64_t count;
    uint32_t max_us;
    uint32_t recent_us; // a maximum that forgets: it decays by 1/64 with each
    uint64_t bins[MG_TIMING_BINS];
};

void mg_timing_add(struct mg_timing *timing, uint32_t us);

// The time that `part` (0..1) of them stayed within, rounded up to a bin and never over
// the longest; 0 when there are none.
uint32_t mg_timing_quantile(const struct mg_timing *timing, double part);

#endif
