// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the chord chosen so far adds to the sums of the first note layer.
//
// The inputs of model/below.h are sums over the notes that play, of something that depends on
// their distance alone.  So is their product with the weights: one row for each note of the
// chord.
#ifndef MG_MODEL_CHORD_H
#define MG_MODEL_CHORD_H

#include <stdbool.h>

#include "model/model.h"
#include "model/panels.h"

struct mg_chord {
    int width;          // of a row
    int reach;          // semitones: no note further below is heard
    float *by_distance; // (MG_CHORD_DISTANCES + 1, width): of a note that plays; owned
    float *struck;      // (width): of the next note below, if it is struck; owned
    int count;          // notes that play
    int notes[MG_NOTES_MAX];
    bool next_struck; // the last note that was added
};

// Two octaves: further notes are heard by their pitch class, as those of the second.
enum { MG_CHORD_DISTANCES = 24 };

// Of a network's first note layer, packed as `panels`.  Returns 0 or -ENOMEM.
int mg_chord_init(struct mg_chord *chord, const struct mg_layout *layout,
                  const float *weights, const struct mg_panels *panels);

// Takes a zeroed struct.
void mg_chord_finish(struct mg_chord *chord);

// The three below never fail and never allocate.

// Nothing is chosen.
void mg_chord_begin(struct mg_chord *chord);

// Note n is chosen, the next above the last.  cell: of enum mg_cell bits.
void mg_chord_add(struct mg_chord *chord, int n, uint8_t cell);

// The sums of note n, the next to be chosen.  start, sums: (width).
void mg_chord_sums(const struct mg_chord *chord, int n, const float *start,
                   float *sums);

#endif
