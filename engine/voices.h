// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The ledger of sounding notes, and the only place that sends notes.
//
// Every note-on that left is in the ledger until its note-off has left too.  A note-off
// that finds no room is owed, and sent at the start of the next cycle: no note hangs.
#ifndef MG_ENGINE_VOICES_H
#define MG_ENGINE_VOICES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/counters.h"
#include "engine/mark.h"
#include "engine/msg.h"
#include "engine/ring.h"
#include "io/cycle.h"

// Where notes go in this cycle.  Set anew for each.
struct mg_outlet {
    struct mg_cycle *cycle;
    int64_t first_frame;    // of the cycle, since the first roll; < 0: not yet rolled
    struct mg_ring *played; // of struct mg_played, or NULL: nobody records
    struct mg_counters *counters;
};

// One bit a channel.
struct mg_voices {
    uint16_t sounding[MG_KEYS];
    uint16_t owed[MG_KEYS]; // a subset of sounding: the note-off found no room
    int count;              // bits in sounding
    // In the ledger (engine/ledger.h), or NULL: (MG_KEYS) a copy of sounding, and what has
    // ended of late.
    _Atomic uint16_t *shown;
    _Atomic uint16_t *ended;
};

MG_RT bool mg_voices_sounds(const struct mg_voices *voices, int channel, int key);

// Sends a note-on at `frame`, after a note-off where the key sounds already.  What
// finds no room is dropped and counted.  velocity: 1..127.
MG_RT void mg_voices_on(struct mg_voices *voices, struct mg_outlet *outlet,
                        uint32_t frame, int channel, int key, int velocity);

// Sends a note-off at `frame` if the key sounds.
MG_RT void mg_voices_off(struct mg_voices *voices, struct mg_outlet *outlet,
                         uint32_t frame, int channel, int key);

// Sends a note-off for every sounding note.
MG_RT void mg_voices_release(struct mg_voices *voices, struct mg_outlet *outlet,
                             uint32_t frame);

// Sends the note-offs that are owed, at frame 0.  First thing in a cycle.
MG_RT void mg_voices_settle(struct mg_voices *voices, struct mg_outlet *outlet);

// Ends what an earlier life left sounding, at frame 0: left is (MG_KEYS) of the ledger,
// cleared as it goes.  What sounds again is its voices' to end.  Returns whether all is
// done: without room the rest is for the next cycle.
MG_RT bool mg_voices_end_left(_Atomic uint16_t *left, const struct mg_voices *ours,
                              const struct mg_voices *thru, struct mg_outlet *outlet);

#endif
