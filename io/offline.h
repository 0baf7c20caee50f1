// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The driver without time: cycles one after the other as fast as the machine can.
#ifndef MG_IO_OFFLINE_H
#define MG_IO_OFFLINE_H

#include "io/driver.h"

struct mg_offline {
    const struct mg_driver_config *config; // run, work, rate_hz, period_frames
    uint64_t frames;                       // length of the rolling part

    // Called after each cycle with what came out; NULL: nobody listens.
    void (*sink)(void *context, const struct mg_cycle *cycle);
    void *sink_context;
};

// Calls work, run and sink in turn: first one cycle at frame 0 with the transport
// stopped (the callee prepares its first step there), then a rolling transport from
// frame 0; the last cycle may be shorter.  Nothing comes in, and freewheel is false:
// what run needs was done by work, so there is nothing to wait for.  Same callbacks,
// same cycles.  Returns 0, or -ECANCELED when work returned false, -ENOMEM.  Any thread
// but real time.
int mg_offline_run(const struct mg_offline *offline);

#endif
