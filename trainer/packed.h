// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The weights of the network as the trainer multiplies by them: packed for a kernel, for
// the way up and for the way down, anew after every update.
#ifndef MG_TRAINER_PACKED_H
#define MG_TRAINER_PACKED_H

#include "model/hearing.h"
#include "model/kernel.h"
#include "model/model.h"

// One LSTM layer.  G: the width of its panels.
struct mg_packed_layer {
    const struct mg_lstm *lstm;
    bool heard;              // the first: its features are not multiplied on the way up
    struct mg_panels panels; // up: x and h, or only h, to the sums of the gates
    float *back;      // down: the sums' derivatives to those of x and h, or of h only;
                      // panels of G lines; owned
    int back_columns; // multiple of 16
    float *bias;      // (G), owned
    float *scratch;   // (2, max(G, back_columns)), owned
};

struct mg_packed {
    const struct mg_kernel *kernel;
    const struct mg_layout *layout;
    struct mg_packed_layer time[MG_LAYERS_MAX];
    struct mg_packed_layer note[MG_LAYERS_MAX];
    struct mg_hearing hearing; // its lists are not used: each thread has its own
    const float *weights;      // as taken; borrowed
};

// Room for the weights of a layout (borrowed).  NULL when memory is short.
struct mg_packed *mg_packed_create(const struct mg_layout *layout,
                                   const struct mg_kernel *kernel);
void mg_packed_destroy(struct mg_packed *packed); // takes NULL

// Takes weights (borrowed until the next), on some threads.
void mg_packed_take(struct mg_packed *packed, const float *weights, int threads);

#endif
