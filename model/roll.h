// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The state matrix of a piece: which notes play and which were struck, step by step.
#ifndef MG_MODEL_ROLL_H
#define MG_MODEL_ROLL_H

#include <stdint.h>

// One cell of the state matrix is a byte of these bits.  A cell that is articulated
// also plays.
enum mg_cell { MG_CELL_PLAY = 1, MG_CELL_ARTICULATE = 2 };

// T steps of N notes; N = notes, from MIDI number lowest_note up.
struct mg_roll {
    int lowest_note; // MIDI number of column 0
    int notes;       // N
    int steps;       // T
    uint8_t *cells;  // (T, N) of enum mg_cell bits, owned
};

// Makes an empty roll.  steps >= 0, 1 <= notes, lowest_note + notes <= 128: the caller
// has checked.  Returns 0 or -ENOMEM.  Any thread but real time.
int mg_roll_init(struct mg_roll *roll, int lowest_note, int notes, int steps);

// Frees the cells and zeroes the struct.  Takes a zeroed struct.
void mg_roll_finish(struct mg_roll *roll);

// Row t, (N).  0 <= t < steps.
uint8_t *mg_roll_row(const struct mg_roll *roll, int t);

// Sounds MIDI note `key` from the step nearest to its onset up to the one nearest to
// its end, both in ticks of a file; a half rounds up.  It always gets one step, is
// struck again where the key sounds already, and is cut at the end of the roll.  Add
// notes by rising onset: a later note cuts an earlier one that still sounds.  Returns
// 1, or 0 when the key or the onset lies outside the roll.
int mg_roll_add(struct mg_roll *roll, int key, int64_t onset_ticks, int64_t end_ticks,
                int ticks_per_quarter, int steps_per_quarter);

// The step nearest to a tick; a half rounds up.  ticks >= 0.
int64_t mg_roll_step_of(int64_t ticks, int ticks_per_quarter, int steps_per_quarter);

// Finds the next note of the column `note` at or after step *onset.  Returns 1 and sets
// *onset and *end (the step after its last), or returns 0 when there is none.
int mg_roll_next_note(const struct mg_roll *roll, int note, int *onset, int *end);

#endif
