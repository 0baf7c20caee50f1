// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sequencer events to MIDI messages, and back.
#include "io/alsa_event.h"

#include <string.h>

int
mg_alsa_event_decode(snd_midi_event_t *coder, const snd_seq_event_t *event,
                     uint32_t frame,
                     struct mg_midi_event messages[MG_ALSA_EVENT_MESSAGES])
{
    enum { LONGEST = 3 };
    uint8_t bytes[MG_ALSA_EVENT_BYTES];
    if (event->type == SND_SEQ_EVENT_SYSEX) // a short one would fit
        return 0;
    long size = snd_midi_event_decode(coder, bytes, sizeof bytes, event);
    int count = 0;
    // Several messages are controllers, of three bytes each.
    for (long at = 0; at < size; at += LONGEST) {
        uint8_t length = (uint8_t)(size - at < LONGEST ? size - at : LONGEST);
        messages[count] = (struct mg_midi_event){.frame = frame, .size = length};
        memcpy(messages[count++].data, bytes + at, length);
    }
    return count;
}

// What the coder would take for something else: it fills in a status byte that is missing
// and lets real-time bytes stand anywhere.
static bool
is_plain(const struct mg_midi_event *message)
{
    if (message->size < 1 || message->size > 3 || message->data[0] < 0x80)
        return false;
    for (int i = 1; i < message->size; i++)
        if (message->data[i] >= 0x80)
            return false;
    return true;
}

bool
mg_alsa_event_encode(snd_midi_event_t *coder, const struct mg_midi_event *message,
                     snd_seq_event_t *event)
{
    *event = (snd_seq_event_t){0};
    if (!is_plain(message))
        return false;
    snd_midi_event_reset_encode(coder);
    long used = snd_midi_event_encode(coder, message->data, message->size, event);
    return used == message->size && event->type != SND_SEQ_EVENT_NONE &&
           event->type != SND_SEQ_EVENT_SYSEX;
}
