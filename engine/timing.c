// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How long something takes.
#include "engine/timing.h"

void
mg_timing_add(struct mg_timing *timing, uint32_t us)
{
    uint32_t bin = us / MG_TIMING_BIN_US;
    timing->bins[bin < MG_TIMING_BINS ? bin : MG_TIMING_BINS - 1]++;
    timing->count++;
    timing->max_us = us > timing->max_us ? us : timing->max_us;
    uint32_t decayed_us = timing->recent_us - timing->recent_us / 64;
    timing->recent_us = us > decayed_us ? us : decayed_us;
}

uint32_t
mg_timing_quantile(const struct mg_timing *timing, double part)
{
    double wanted = part * (double)timing->count;
    uint64_t seen = 0;
    for (uint32_t bin = 0; bin < MG_TIMING_BINS - 1; bin++) {
        uint32_t upper_us = (bin + 1) * MG_TIMING_BIN_US;
        seen += timing->bins[bin];
        if (seen > 0 && (double)seen >= wanted)
            return upper_us < timing->max_us ? upper_us : timing->max_us;
    }
    return timing->max_us;
}
