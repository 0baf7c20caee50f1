// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI 1.0 channel voice messages, as far as keys go.
#include "engine/hand.h"

// Bytes of a channel message by its high nibble, 0x8 to 0xe.
static const uint8_t SIZES[] = {3, 3, 3, 3, 2, 2, 3};

// Controllers 124..127 (omni and mono modes) imply all notes off.
enum {
    SUSTAIN = 64,
    ALL_SOUND_OFF = 120,
    RESET_CONTROLLERS = 121,
    ALL_NOTES_OFF = 123,
    SYSTEM_RESET = 0xff,
};

static enum mg_hand_kind
kind_of_controller(int controller, int value)
{
    if (controller == SUSTAIN)
        return value >= 64 ? MG_HAND_PEDAL_DOWN : MG_HAND_PEDAL_UP;
    if (controller == RESET_CONTROLLERS)
        return MG_HAND_PEDAL_UP;
    if (controller == ALL_SOUND_OFF || controller >= ALL_NOTES_OFF)
        return MG_HAND_ALL_OFF;
    return MG_HAND_CONTROLLER;
}

static enum mg_hand_kind
kind_of(const uint8_t *data)
{
    switch (data[0] & 0xf0) {
    case 0x80:
        return MG_HAND_LET_GO;
    case 0x90:
        return data[2] ? MG_HAND_STRIKE : MG_HAND_LET_GO;
    case 0xb0:
        return kind_of_controller(data[1], data[2]);
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
    if (data[0] >= 0xf0) { // all but one say nothing about keys
        hand.kind = data[0] == SYSTEM_RESET ? MG_HAND_RESET : MG_HAND_OTHER;
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
