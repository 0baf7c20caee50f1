// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The messages between the threads: fixed size, copied whole, no pointer in any of
// them.
//
//     rt -> composer   struct mg_request    where the music starts, what the hand plays
//     composer -> rt   struct mg_decision   the cells of one step
//     rt -> main       struct mg_played     what was sent, for the recorder
//
// A generation is one run through a stretch of steps: each start and each relocation
// opens a new one, and decisions of an older one are dropped.
#ifndef MG_ENGINE_MSG_H
#define MG_ENGINE_MSG_H

#include <stdbool.h>
#include <stdint.h>

enum { MG_KEYS = 128, MG_CHANNELS = 16 };

// Beside the bits of enum mg_cell (model/roll.h): the hand plays this key, so that it
// belongs to the music but is not sent.  Real-time code names no model, so the two bits
// it reads are said again here; the composer asserts that they are the same.
enum mg_decided {
    MG_DECIDED_PLAY = 1,
    MG_DECIDED_ARTICULATE = 2,
    MG_DECIDED_HELD = 4,
};

enum mg_request_type {
    MG_REQUEST_START,   // a generation opens at `step`: decide that one now
    MG_REQUEST_REACHED, // `step` has sounded: decide the next one
    MG_REQUEST_HEARD,   // the hand struck or let go of `key`
};

struct mg_request {
    enum mg_request_type type;
    uint32_t generation; // START, REACHED
    int64_t step;        // START, REACHED
    uint32_t next_in_us; // REACHED: real time until step + 1 falls due
    bool fresh;          // START: the network begins anew; else it keeps its memory
    uint8_t key;         // HEARD: MIDI number
    bool on;             // HEARD
};

struct mg_decision {
    uint32_t generation;
    int64_t step;
    uint8_t cells[MG_KEYS]; // enum mg_decided bits by MIDI number
};

struct mg_played {
    int64_t frame; // since the first roll
    uint8_t data[3];
};

#endif
