// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sequencer connections: makes those that were asked for, when their ports are there, and
// no other.  One that somebody else takes away stays away until its port comes anew.
//
// It looks and connects as a client of its own: the kernel lets one thread at a time into
// a client, and the real-time thread must not wait for this one.  Main thread.
#ifndef MG_IO_ALSA_PORTS_H
#define MG_IO_ALSA_PORTS_H

#include <alsa/asoundlib.h>
#include <glib.h>
#include <stdbool.h>

struct mg_alsa_ports {
    snd_seq_t *seq;
    snd_seq_addr_t midi_in; // our own ports
    snd_seq_addr_t midi_out;
    char *const *wanted; // NULL-terminated, or NULL
    GHashTable *done;    // addresses of the ports that have been connected
    bool is_new;         // nothing has been looked at yet
};

// Opens the client, called after the one whose ports these are, and listens to what the
// system announces.  The strings stay the caller's.  Returns 0 or what libasound returned.
int mg_alsa_ports_init(struct mg_alsa_ports *ports, const char *name,
                       snd_seq_addr_t midi_in, snd_seq_addr_t midi_out,
                       char *const *wanted);
void mg_alsa_ports_finish(struct mg_alsa_ports *ports); // takes a zeroed struct

// Connects what can be connected.  Each PORT is "CLIENT NAME:PORT NAME", else an address
// as aconnect(1) takes it: CLIENT[:NUMBER] with CLIENT a number, a name or its beginning.
// Ports that can be written to get midi_out, ports that can be read are brought to
// midi_in, but for the kernel's Midi Through, which would bring the music back.
void mg_alsa_ports_service(struct mg_alsa_ports *ports);

// Whether somebody listens to midi_out.
bool mg_alsa_ports_is_connected(const struct mg_alsa_ports *ports);

// "CLIENT NAME:PORT NAME" of each port that ours are connected to, once each:
// NULL-terminated, to be freed with g_strfreev().
char **mg_alsa_ports_connections(const struct mg_alsa_ports *ports);

#endif
