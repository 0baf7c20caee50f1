// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The JACK transport: reading it, making it wait until we are ready, and being its
// timebase master.
#ifndef MG_IO_JACK_TRANSPORT_H
#define MG_IO_JACK_TRANSPORT_H

#include <jack/jack.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "io/driver_table.h"

struct mg_jack_transport {
    jack_client_t *client;
    const struct mg_driver *driver;

    // What the last cycles say: another client may take the timebase at any time.
    atomic_bool is_timebase;

    // Real-time thread only.
    bool was_rolling;
    bool was_called;        // our timebase callback, since the last cycle
    bool is_awaited;        // we were asked for a place, and were not ready
    jack_nframes_t awaited; // that place
    jack_time_t awaited_us; // since then
};

// Becomes a slow-sync client where config.ready is set, and timebase master where
// config.timebase asks for it and nobody else is.  Between opening and activation, main
// thread.  `driver` outlives the client.
void mg_jack_transport_init(struct mg_jack_transport *transport, jack_client_t *client,
                            const struct mg_driver *driver);

// The transport at the first frame of the present cycle; real-time thread.
void mg_jack_transport_read(struct mg_jack_transport *transport,
                            struct mg_transport *now);

#endif
