// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The appraisal of a piece: figures that tell whether it lives, and whether it copies.
#ifndef MG_TRAINER_APPRAISAL_H
#define MG_TRAINER_APPRAISAL_H

#include <jansson.h>

#include "trainer/corpus.h"
#include "trainer/texture.h"

// All numbers are doubles, so that they have one table, and a median.
struct mg_appraisal {
    // Against a corpus, in whatever key:
    double likeness;       // trainer/similarity.h: mean cosine, 0..1
    double copied_steps;   // trainer/copies.h: the longest passage taken over
    double copied_changes; // changes in it
    double copied_at;      // the step of the piece where it starts
    double original_at;    // the step of the other where it starts
    char *original;        // name of that piece, UTF-8, or NULL: none; owned
    // By itself, trainer/texture.h:
    double silence;         // share of the steps
    double longest_silence; // steps
    double longest_note;    // steps
    double notes_per_step;  // that sound
    double onsets_per_bar;  // of four quarters, as below
    double repeated;        // share of the bars that sound: those heard before
};

// The window for likeness: 64 steps as in mg-similarity, or the half of it, or of that, ...
// so that at least half of the pieces are as long.
int mg_appraisal_window(const struct mg_corpus *corpus);

// Appraises a piece of at least `window` steps against a corpus.  The same figures for any
// number of threads.  The caller calls mg_appraisal_finish().  Returns 0 or -ENOMEM.
int mg_appraisal_measure(const struct mg_roll *roll, const struct mg_corpus *corpus,
                         int window, int threads, struct mg_appraisal *appraisal);

// The figures of mg_texture_add() alone, on that many steps a quarter; the rest is zeroed.
struct mg_appraisal mg_appraisal_of(const struct mg_texture *texture,
                                    int steps_per_quarter);

// The median of each figure of `count` appraisals; no original.  count > 0.
struct mg_appraisal mg_appraisal_median(const struct mg_appraisal *appraisals,
                                        int count);

// As an object of a sample table; the caller owns the reference.
json_t *mg_appraisal_to_json(const struct mg_appraisal *appraisal);

// Returns false where a figure is missing or no number; *appraisal is then zeroed.
bool mg_appraisal_from_json(const json_t *object, struct mg_appraisal *appraisal);

void mg_appraisal_finish(struct mg_appraisal *appraisal); // takes a zeroed struct

#endif
