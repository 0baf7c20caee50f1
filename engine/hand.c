// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI 1.0 channel voice messages, as far as keys go.
#include "engine/hand.h"

// Bytes of a channel message by its high nibble, 0x8 to 0xe.
static const uint8_t SIZES[] = {3, 3, 3, 3, 2, 2, 3};

enum { ALL_SOUND_OFF = 120, ALL_NOTES_OFF = 123 };

static enum mg_hand_kind
kind_of(const uint8_t *data)
{
    switch (data[0] & 0xf0) {
    case 0x80:
        return MG_HAND_LET_GO;
    case 0x90:
        return data[2] ? MG_HAND_STRIKE : MG_HAND_LET_GO;
    case 0xb0:
        return data[1] == ALL_SOUND_OFF || data[1] == ALL_NOTES_OFF ? MG_HAND_ALL_OFF
                                                                    : MG_HAND_OTHER;
    default:
        return MG_HAND_OTHER;
    }
}

MG_RT struct mg_hand_event
mg_hand_parse(const struct mg_midi_event *event)
{
    struct mg_hand_event hand = {.kind = MG_HAND_BAD};
    const uint8_t *data = event->data;
    if (event->size < 1 || event->size > 3 || data[0] < 0x80)
        return hand;
    for (int i = 1; i < event->size; i++)
        if (data[i] >= 0x80)
            return hand;
    if (data[0] >= 0xf0) { // system messages say nothing about keys
        hand.kind = MG_HAND_OTHER;
        return hand;
    }
    if (event->size != SIZES[(data[0] >> 4) - 8])
        return hand;
    hand.kind = kind_of(data);
    hand.channel = data[0] & 0x0f;
    hand.key = data[1];
    hand.velocity = event->size == 3 ? data[2] : 0;
    return hand;
}
