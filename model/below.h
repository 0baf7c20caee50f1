// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a note is told of the chord chosen below it: its inputs on the note axis, after those
// from the time axis.
//
//   0, 1    next     play, articulate of the note below
//   2..12   near     whether the note 2..12 semitones below plays
//   13..24  class    for k = 0..11: how many notes below play whose distance is k mod 12
//
// The feature set "seed" has the first two alone, so that its note axis must keep the chord
// in its memory; with all of them a note hears every interval to it at once.
#ifndef MG_MODEL_BELOW_H
#define MG_MODEL_BELOW_H

#include <stdint.h>

#include "model/features.h"
#include "model/host_device.h"
#include "model/roll.h"

enum {
    MG_BELOW_PLAY = 0,
    MG_BELOW_ARTICULATE = 1,
    MG_BELOW_CLASS = 13,

    MG_BELOW_OF_SEED = 2,
    MG_BELOW_OF_FULL = 25,
};

// How many of them a feature set has.
static inline int
mg_below_count(enum mg_feature_set set)
{
    return set == MG_FEATURE_SET_FULL ? MG_BELOW_OF_FULL : MG_BELOW_OF_SEED;
}

// Number `which` of them for note n.  cells: (N), what is chosen, of which those below n
// count; their bits of enum mg_cell.
static inline MG_HOST_DEVICE float
mg_below(const uint16_t *cells, int n, int which)
{
    if (which == MG_BELOW_ARTICULATE)
        return n > 0 && cells[n - 1] & MG_CELL_ARTICULATE ? 1.0f : 0.0f;
    if (which < MG_BELOW_CLASS) {
        int distance = which == MG_BELOW_PLAY ? 1 : which;
        return n >= distance && cells[n - distance] & MG_CELL_PLAY ? 1.0f : 0.0f;
    }
    int k = which - MG_BELOW_CLASS, count = 0;
    for (int m = n - (k ? k : MG_PITCH_CLASSES); m >= 0; m -= MG_PITCH_CLASSES)
        count += cells[m] & MG_CELL_PLAY;
    return (float)count;
}

#endif
