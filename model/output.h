// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The output layer at play: the two logits of a note.
#ifndef MG_MODEL_OUTPUT_H
#define MG_MODEL_OUTPUT_H

#include "model/model.h"

struct mg_output {
    int inputs;    // rounded up to whole groups of sums
    float *weight; // (2, inputs), zeros past the last
    float bias[2];
};

// Returns 0 or -ENOMEM.
int mg_output_init(struct mg_output *output, const struct mg_model *model);

// Takes a zeroed struct.
void mg_output_finish(struct mg_output *output);

// h: of the last note layer, (inputs): past its units any finite numbers.
void mg_output_logits(const struct mg_output *output, const float *h, float logits[2]);

#endif
