// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the features of a step add to the sums of the first time layer.
//
// The features (model/features.h) are mostly zeros, so their product with the weights is
// a sum of few rows of the weights: with four notes sounding about ten for each note,
// where the product has 80.  Bias and beat are one row for all notes.
#ifndef MG_MODEL_HEARING_H
#define MG_MODEL_HEARING_H

#include <stdint.h>

#include "model/features.h"
#include "model/kernel.h"
#include "model/model.h"

// Rows are the columns of one panel, MG_PANEL_COLUMNS: what is added up stays in the
// first cache.
struct mg_hearing {
    enum mg_feature_set set;
    int features; // F, the inputs of the layer
    int notes;    // N
    int lowest_note;
    float *by_feature;             // (panels, F, columns): the weights; owned
    float *by_beat;                // (panels, MG_BEATS, columns): bias and beat; owned
    struct mg_feature_list *lists; // (N), of this step; owned
};

// Of a network's first time layer, packed as `panels`.  Returns 0 or -ENOMEM.
int mg_hearing_init(struct mg_hearing *hearing, const struct mg_layout *layout,
                    const float *weights, const struct mg_panels *panels);

// Takes other weights.  scratch: (2, width).
void mg_hearing_take(struct mg_hearing *hearing, const struct mg_layout *layout,
                     const float *weights, const struct mg_panels *panels,
                     float *scratch);

// Takes a zeroed struct.
void mg_hearing_finish(struct mg_hearing *hearing);

// The two below are for the notes first .. end - 1, each thread with its own; they never
// fail and never allocate.

// Once a step.  heard: (N), as of mg_features().
void mg_hearing_listen(struct mg_hearing *hearing, const uint16_t *heard, int first,
                       int end);

// The sums of panel p.  beat: 0..15; sums: (end - first, MG_PANEL_COLUMNS).
void mg_hearing_sums(const struct mg_hearing *hearing, const struct mg_kernel *kernel,
                     int beat, int p, int first, int end, float *sums);

#endif
