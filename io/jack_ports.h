// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// JACK connections: makes those that were asked for, when their ports are there, and no
// other; and remembers what there is.  A connection that somebody else takes away stays
// away until its port comes anew.
#ifndef MG_IO_JACK_PORTS_H
#define MG_IO_JACK_PORTS_H

#include <glib.h>
#include <jack/jack.h>
#include <stdatomic.h>

enum { MG_JACK_FRESH_MAX = 256 };

struct mg_jack_ports {
    jack_client_t *client;
    jack_port_t *midi_in; // our own
    jack_port_t *midi_out;
    char *const *wanted; // NULL-terminated, or NULL
    GHashTable *done;    // names of the ports that have been connected; main thread
    GHashTable *met;     // those of `wanted` that a port has answered to; main thread

    // Ids of newly registered ports, from JACK's notification thread to the main
    // thread.  The id is written before `written` is released, and read after it is
    // acquired.
    _Atomic jack_port_id_t fresh[MG_JACK_FRESH_MAX];
    atomic_uint written;
    unsigned read;
    atomic_bool changed; // ports came or went since the last service

    // What our ports are connected to; main thread.  A server that goes away takes its
    // clients with it one by one: those that went just now are remembered too.
    atomic_bool rewired; // since the last service
    char **connected;    // names; NULL: not looked yet
    char **gone;         // names connected before the last change; NULL: none
    int64_t gone_us;     // when that was
};

// The strings stay the caller's.  Main thread.
void mg_jack_ports_init(struct mg_jack_ports *ports, jack_client_t *client,
                        jack_port_t *midi_in, jack_port_t *midi_out,
                        char *const *wanted);
void mg_jack_ports_finish(struct mg_jack_ports *ports); // takes a zeroed struct

// A port was registered or went.  JACK's notification thread; calls nothing of JACK.
void mg_jack_ports_note(struct mg_jack_ports *ports, jack_port_id_t id, int registered);

// A connection was made or taken away, of our ports or of others.  As above.
void mg_jack_ports_note_wire(struct mg_jack_ports *ports);

// Connects what can be connected, and looks what is connected.  Each PORT is the name or an alias of MIDI ports,
// else an extended regular expression for a whole name or alias: input ports get
// midi_out, output ports are brought to midi_in.  Main thread.
void mg_jack_ports_service(struct mg_jack_ports *ports);

// What a later client has to ask for to stand where this one stands, or stood when the
// server went away: the ports connected, and what was asked for and has not come.  For
// g_strfreev().  Asks the server for nothing.  Main thread.
char **mg_jack_ports_wishes(const struct mg_jack_ports *ports);

#endif
