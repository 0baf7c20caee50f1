// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sequencer events to MIDI messages, and back.
//
// The coder is libasound's: made with snd_midi_event_new(MG_ALSA_EVENT_BYTES), with
// running status off.  Nothing here allocates or waits.  Real-time thread.
#ifndef MG_IO_ALSA_EVENT_H
#define MG_IO_ALSA_EVENT_H

#include <alsa/asoundlib.h>
#include <stdbool.h>

#include "io/cycle.h"

enum {
    MG_ALSA_EVENT_MESSAGES = 4, // a registered parameter with its value: 4 controllers
    MG_ALSA_EVENT_BYTES = 3 * MG_ALSA_EVENT_MESSAGES,
};

// Writes the messages that an event stands for, at frame `frame`.  Returns their number:
// 0 for what is no message of 1..3 bytes.
int mg_alsa_event_decode(snd_midi_event_t *coder, const snd_seq_event_t *event,
                         uint32_t frame,
                         struct mg_midi_event messages[MG_ALSA_EVENT_MESSAGES]);

// Makes an event, with neither time nor address.  Returns false for what is no complete
// message of 1..3 bytes.
bool mg_alsa_event_encode(snd_midi_event_t *coder, const struct mg_midi_event *message,
                          snd_seq_event_t *event);

#endif
