// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// JACK metadata: readable names and the kind of our ports, for patch bays that show
// them.
#ifndef MG_IO_JACK_NAMES_H
#define MG_IO_JACK_NAMES_H

#include <jack/jack.h>

// Sets the properties of the client and its ports; after activation.  A server without
// metadata is none the worse: failures are not told.  Main thread.
void mg_jack_names_set(jack_client_t *client, const jack_port_t *midi_in,
                       const jack_port_t *midi_out);

// Removes them again, before the client is closed.  Any thread but real time.
void mg_jack_names_clear(jack_client_t *client, const jack_port_t *midi_in,
                         const jack_port_t *midi_out);

#endif
