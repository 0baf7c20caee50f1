// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the music did the last time it was where it is now: the memory of the feature set
// "full" (model/features.h).
//
// Music repeats itself, and an LSTM cannot keep the steps of whole sections.  So every
// distance back, 4 to 1023 steps, has a likeness: how much the chords of late are those that
// sounded so many steps before.  It is a running mean of |A & B| / |A | B| over the notes A
// and B that sound at both ends,
//
//     likeness(k, t) = 7/8 likeness(k, t - 1) + 1/8 |s(t) & s(t - k)| / |s(t) | s(t - k)|
//
// and the step to come is recalled from the distance k that is most alike: s(t + 1 - k).  The
// shorter of two equal ones counts.  That a phrase goes on is learned from this; that one may
// begin again, from what was played at a few usual distances.  All is done in whole numbers:
// the trainer and the instrument, on any machine, recall the same (of a piece that leaves the
// model's range the trainer hears all keys, the instrument those in range).  A change of key
// changes nothing.
#ifndef MG_MODEL_RECALL_H
#define MG_MODEL_RECALL_H

#include <stddef.h>
#include <stdint.h>

#include "model/host_device.h"
#include "model/roll.h"

enum {
    MG_RECALL_LEAST = 4,   // steps; what is nearer the network has just heard
    MG_RECALL_MOST = 1024, // steps that are kept; a power of 2
    MG_RECALL_WORDS = 2,   // of 64 notes
};

// What a note hears, 16 bits: a cell of enum mg_cell; what is recalled of the step to come;
// how sure that is, 0 to 15, alike for all notes: every two levels halve what is lacking to
// perfect likeness; and for each of eight distances whether the note played that long before
// the step to come.
enum mg_heard_bits {
    MG_HEARD_PLAY = 4,
    MG_HEARD_ARTICULATE = 8,
    MG_HEARD_LEVEL = 4,   // the number of its lowest bit
    MG_HEARD_LEVELS = 15, // the highest level
    MG_HEARD_SURE = 8,    // the level from which on the music is said to repeat itself
    MG_HEARD_AGO = 8,     // the number of the first distance's bit
    MG_DISTANCES = 8,
};

// Distance 0 .. MG_DISTANCES - 1: 12, 16, 24, 32, 48, 64, 96, 128 steps: one to sixteen bars of
// three or four quarters on the usual grids, where music likes to begin again.
static inline MG_HOST_DEVICE int
mg_recall_distance(int number)
{
    return (number % 2 ? 16 : 12) << number / 2;
}

// One step, a bit a note.
struct mg_recall_step {
    uint64_t play[MG_RECALL_WORDS];
    uint64_t articulate[MG_RECALL_WORDS];
};

// What a key hears before step t > 0 of a piece whose cells, (T, keys), already hold what is
// recalled: those bits, and what it played at the distances.
static inline MG_HOST_DEVICE uint16_t
mg_recall_before(const uint8_t *cells, int keys, int t, int key)
{
    unsigned heard = cells[(size_t)(t - 1) * (size_t)keys + (size_t)key];
    for (int d = 0; d < MG_DISTANCES; d++) {
        int then = t - mg_recall_distance(d);
        if (then >= 0 &&
            cells[(size_t)then * (size_t)keys + (size_t)key] & MG_CELL_PLAY)
            heard |= 1u << (MG_HEARD_AGO + d);
    }
    return (uint16_t)heard;
}

// Plain data: it can be copied.  All zeros: nothing was heard.
struct mg_recall {
    int64_t steps; // heard so far
    int distance;  // the step to come is recalled from; 0: it is not
    int repeating; // steps on end that it was sure, from whatever distance
    struct mg_recall_step past[MG_RECALL_MOST]; // step t at t mod MG_RECALL_MOST
    uint16_t likeness[MG_RECALL_MOST];          // by distance, 0..65535
};

// Hears a step.  state: (notes) of enum mg_cell bits; heard: (notes), out.  notes <= 128.  Never
// fails, never allocates.
void mg_recall_listen(struct mg_recall *recall, int notes, const uint8_t *state,
                      uint16_t *heard);

// Loses the thread: no distance is alike any more.  What was played is kept.
void mg_recall_lose_thread(struct mg_recall *recall);

#endif
