// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the features of a step add to the sums of the first time layer, without the
// features.
//
// The features (model/features.h) are mostly zeros and small counts, so their product
// with the weights is a sum of few rows of the weights.  Pitch class, context and beat
// are the same for all notes of a pitch class; each sounding note adds at the most two
// rows to each neighbour it reaches.  With four notes sounding that makes some 500 row
// additions, where the product has 88 * 80.
#ifndef MG_MODEL_HEARING_H
#define MG_MODEL_HEARING_H

#include <stdint.h>

#include "model/features.h"
#include "model/model.h"
#include "model/panels.h"

// Rows are sums in the order of the panels of the layer: `width` values.
struct mg_hearing {
    int notes; // N
    int lowest_note;
    int width;
    float *by_feature; // (MG_FEATURES, width): the weights
    float *bias;       // (width)
    float *by_class;   // (12, width): what notes of a pitch class share in this step
};

// Of a model's first time layer, packed as `panels`.  Returns 0 or -ENOMEM.
int mg_hearing_init(struct mg_hearing *hearing, const struct mg_model *model,
                    const struct mg_panels *panels);

// Takes a zeroed struct.
void mg_hearing_finish(struct mg_hearing *hearing);

// First, once a step, the part that notes of a pitch class share; then the sums of notes
// first .. end - 1, on any thread.  state: (N) of enum mg_cell bits; beat: 0..15; sums:
// (N, width), of which the rows of these notes are written.  Never fail, never allocate.
void mg_hearing_begin(struct mg_hearing *hearing, const uint8_t *state, int beat);
void mg_hearing_sums(const struct mg_hearing *hearing, const uint8_t *state, int first,
                     int end, float *sums);

#endif
