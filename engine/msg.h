// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The messages between the threads: fixed size, copied whole.
//
//     rt -> composer     struct mg_request    what to decide, what the hand plays
//     composer -> rt     struct mg_decision   the cells of one step
//     composer -> main   struct mg_scene *    a scene that is over; main's again
//     rt -> main         struct mg_played     what was sent, for the recorder
//
// A generation is one run through a stretch of steps: each start and each relocation
// opens a new one, and decisions of an older one are dropped.  A step is decided at once
// when it is asked for, and anew whenever the hand changes before it sounds: each time
// with a higher revision, of which rt plays the last that has come.
//
// The scene in a request stays the composer's to use until MG_REQUEST_RETIRE, after
// which no request names it again.
#ifndef MG_ENGINE_MSG_H
#define MG_ENGINE_MSG_H

#include <stdbool.h>
#include <stdint.h>

enum { MG_KEYS = 128, MG_CHANNELS = 16 };

// A channel, 0..15, in a set of channels.
static inline uint16_t
mg_channel_bit(int channel)
{
    return (uint16_t)(1u << channel);
}

// Beside the bits of enum mg_cell (model/roll.h): the hand plays this key, so that it
// belongs to the music but is not sent.  Real-time code names no model, so the two bits
// it reads are said again here; the improviser asserts that they are the same.
enum mg_decided {
    MG_DECIDED_PLAY = 1,
    MG_DECIDED_ARTICULATE = 2,
    MG_DECIDED_HELD = 4,
};

enum mg_request_type {
    MG_REQUEST_START,  // a generation opens: decide its first step
    MG_REQUEST_NEXT,   // the step before has sounded: decide this one
    MG_REQUEST_HEARD,  // the hand struck or let go of `key`
    MG_REQUEST_RETIRE, // `scene` is over
};

struct mg_scene;

struct mg_request {
    enum mg_request_type type;
    uint32_t generation;    // START, NEXT
    int64_t step;           // START, NEXT: to be decided, on the scene's grid
    struct mg_scene *scene; // START, NEXT: that the step belongs to; RETIRE
    uint32_t struck;        // NEXT: revision that sounded before it; 0: none had come
    bool fresh;             // START: the network begins anew; else it keeps its memory
    uint8_t key;            // HEARD: MIDI number
    bool on;                // HEARD
};

struct mg_decision {
    uint32_t generation;
    uint32_t revision; // from 1; rises with each decision
    uint32_t heard;    // keys struck (HEARD, on) that it knows of, since the beginning
    int64_t step;
    uint8_t cells[MG_KEYS]; // enum mg_decided bits by MIDI number
};

struct mg_played {
    int64_t frame; // since the first roll
    uint8_t data[3];
};

#endif
