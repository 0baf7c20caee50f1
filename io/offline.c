// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The driver without time: cycles one after the other as fast as the machine can.
#include "io/offline.h"

#include <errno.h>
#include <stdlib.h>

#include "io/driver_table.h"

// One round of work, run and sink.  Returns false when work ends the run.
static bool
turn(const struct mg_offline *offline, struct mg_cycle *cycle)
{
    const struct mg_driver_config *config = offline->config;
    if (config->work && !config->work(config->work_context))
        return false;
    cycle->out_count = 0;
    config->run(config->context, cycle);
    if (offline->sink)
        offline->sink(offline->sink_context, cycle);
    return true;
}

int
mg_offline_run(const struct mg_offline *offline)
{
    uint32_t period = mg_driver_period_frames(offline->config);
    struct mg_cycle cycle = {
        .frames = period,
        .rate_hz = mg_driver_rate_hz(offline->config),
        .out_capacity = MG_DRIVER_OUT_MAX,
    };
    cycle.out = calloc(MG_DRIVER_OUT_MAX, sizeof *cycle.out);
    if (!cycle.out)
        return -ENOMEM;
    bool going = turn(offline, &cycle);
    cycle.transport.rolling = true;
    for (uint64_t frame = 0; going && frame < offline->frames; frame += cycle.frames) {
        uint64_t left = offline->frames - frame;
        cycle.frames = left < period ? (uint32_t)left : period;
        cycle.transport.frame = (uint32_t)frame; // wraps as JACK's does
        going = turn(offline, &cycle);
    }
    free(cycle.out);
    return going ? 0 : -ECANCELED;
}
