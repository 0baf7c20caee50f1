// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The hand on the keyboard: raw MIDI input to what it means for the instrument.
#ifndef MG_ENGINE_HAND_H
#define MG_ENGINE_HAND_H

#include "engine/mark.h"
#include "io/cycle.h"

enum mg_hand_kind {
    MG_HAND_OTHER,      // sound MIDI that says nothing about keys
    MG_HAND_STRIKE,     // a note-on
    MG_HAND_LET_GO,     // a note-off, or a note-on of velocity 0
    MG_HAND_PEDAL_DOWN, // sustain: what is let go from here on is held all the same
    MG_HAND_PEDAL_UP,
    MG_HAND_ALL_OFF,    // nothing is held on this channel
    MG_HAND_RESET,      // nothing is held on any channel
    MG_HAND_CONTROLLER, // any other controller: key is its number, velocity its value
    MG_HAND_BAD,        // malformed
};

struct mg_hand_event {
    enum mg_hand_kind kind;
    int channel;  // 0..15
    int key;      // 0..127
    int velocity; // 1..127 for STRIKE, 0..127 for CONTROLLER
};

// Any bytes in.  Pure.
MG_RT struct mg_hand_event mg_hand_parse(const struct mg_midi_event *event);

#endif
