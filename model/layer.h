// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One LSTM layer at play: its weights, and the changing state of its rows.
#ifndef MG_MODEL_LAYER_H
#define MG_MODEL_LAYER_H

#include "model/model.h"
#include "model/product.h"

struct mg_layer {
    struct mg_product product; // of the inputs that are multiplied, then the layer's h
    int inputs;                // multiplied: those of the layer below, or none
    int units;                 // H
    int rows;                  // N on the time axis, 1 on the note axis
    size_t stride;             // of h and c: H rounded up to whole panels
    float *bias;               // (width): in the order of the panels
    float *sums;               // of one row, with room for whole panels
    float *initial;            // (2, stride): learned h and c
    float *h;                  // (rows, stride)
    float *c;                  // (rows, stride)
};

// Of the layer that `lstm` describes; `inputs` of its input columns, from the first on,
// are multiplied (what the others add must come with `start` below).  Starts in the
// learned initial state.  Returns 0 or -ENOMEM.
int mg_layer_init(struct mg_layer *layer, const struct mg_kernel *kernel,
                  const float *weights, const struct mg_lstm *lstm, int inputs,
                  int rows);

// Takes a zeroed struct.
void mg_layer_finish(struct mg_layer *layer);

// Every row takes the learned initial state.
void mg_layer_reset(struct mg_layer *layer);

// Advances the rows first .. end - 1, any thread, each with rows of its own; never fails,
// never allocates.  First all rows take their inputs from the layer `below` (NULL where
// inputs is 0) and their own h; then panel by panel.  start: what the sums of panel p
// begin with (bias and what is not multiplied), from row `first` on start_stride apart;
// 0: one for all.
void mg_layer_take(const struct mg_layer *layer, int first, int end,
                   const struct mg_layer *below);
void mg_layer_step_panel(struct mg_layer *layer, int p, int first, int end,
                         const float *start, size_t start_stride);

// Both, for a layer whose sums begin with its bias.
void mg_layer_step(struct mg_layer *layer, int first, int end,
                   const struct mg_layer *below);

// Advances the one row of a layer that has no other.  start: (width).
void mg_layer_step_row(struct mg_layer *layer, const struct mg_layer *below,
                       const float *start);

// What the state takes, and the state as bytes.
size_t mg_layer_state_bytes(const struct mg_layer *layer);
void mg_layer_save(const struct mg_layer *layer, void *state);
void mg_layer_restore(struct mg_layer *layer, const void *state);

#endif
