// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A piece as one piano plays it: one track, one channel, one tempo.
#ifndef MG_TRAINER_FLATTEN_H
#define MG_TRAINER_FLATTEN_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "io/smf.h"

// What flattening left out or changed.
struct mg_flattened {
    int notes;         // in the result
    int drum_notes;    // left out
    int doubled_notes; // struck at the tick at which the key is struck already: left out
    int cut_notes;     // still sounded when their key was struck again: end there
    int off_grid_onsets; // of the result, off the sixteenth grid of the file's own quarters
    int tempos; // different tempos the music is played at; 1: ticks as they were
    uint32_t us_per_quarter; // the one tempo of the result
};

// Merges tracks and channels of `in` into one.  Channel 10 is left out unless
// keep_drums.  A key that is struck while it sounds is struck again: the earlier note
// ends there.  The tempo is the one most of the music's real time is played at;
// elsewhere ticks move so that every note keeps its real time, rounded once.  Metres
// stay, at their new ticks.  out: ends with mg_smf_finish(); its report is that of
// `in`.  Returns 0, or -ERANGE with one line in *error when the result is too long;
// *out is then zeroed.  Pure.  Any thread but real time.
int mg_flatten(const struct mg_smf *in, bool keep_drums, struct mg_smf *out,
               struct mg_flattened *flattened, GError **error);

#endif
