// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What tells living music from dead: silence, notes that never end, how many notes, which
// ones, in what steps, and how much of it is repeated.
#ifndef MG_TRAINER_TEXTURE_H
#define MG_TRAINER_TEXTURE_H

#include <stdint.h>

#include "model/features.h"
#include "model/roll.h"

enum {
    MG_LEAP = 12,                   // semitones; wider ones count as this
    MG_INTERVALS = 2 * MG_LEAP + 1, // from an octave down to an octave up
};

// Counts over one or more pieces; zeroed, of none.
struct mg_texture {
    int64_t steps;
    int64_t silent_steps;
    int longest_silence; // steps
    int longest_note;    // steps, from where it is struck until it ends or is again
    int64_t sounding;    // cells that sound
    int64_t onsets;
    int64_t pitch_classes[MG_PITCH_CLASSES]; // onsets
    // From the highest key struck in a step to that in the next step with one.
    int64_t intervals[MG_INTERVALS];
    int64_t bars;          // full bars in which something sounds
    int64_t repeated_bars; // those equal, cell for cell, to an earlier bar of the piece
    int64_t bars_as_last;  // those equal to the bar just before
};

// Counts a piece in; a bar is `bar_steps` steps from the start.
void mg_texture_add(struct mg_texture *texture, const struct mg_roll *roll,
                    int bar_steps);

// A part of a whole; 0 of nothing.
double mg_texture_share(int64_t part, int64_t whole);

// Onsets in a bar of the steps there are, full or not.
double mg_texture_onsets_per_bar(const struct mg_texture *texture, int bar_steps);

// The Jensen-Shannon divergence of two histograms in bits: 0 for the same shares, 1 when
// they have nothing in common.  An empty one is 1 away from any other and 0 from itself.
double mg_texture_divergence(const int64_t *a, const int64_t *b, int bins);

#endif
