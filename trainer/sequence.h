// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One LSTM layer along a sequence, forward and back; both axes of the network are made
// of it.
//
// A sequence has S places and R independent rows that move through it together: on the
// time axis S = T steps and R = N notes, on the note axis S = N and R = T.  The inputs of
// the cells of a row at a place stand side by side, x from below, h from the place before,
// and a 1 whose weights are the bias (the forward pass has no use for it, but its gradient
// comes out with the others):
//
//     row r of place s:   x (inputs) | h (H) | 1
//
// so that each product of the layer has one matrix of K = inputs + H + 1 columns.
#ifndef MG_TRAINER_SEQUENCE_H
#define MG_TRAINER_SEQUENCE_H

#include "trainer/packed.h"
#include "trainer/weight_gradient.h"

struct mg_sequence {
    const struct mg_lstm *lstm;
    const struct mg_kernel *kernel;
    int max_places; // what there is room for
    int max_rows;
    size_t row_words; // of a row of inputs, as the kernel rounds them
    size_t stride;    // of c and h: H in whole panels
    float *inputs;    // (S + 1, R, row_words)
    float *gates;     // (panels, S, R, MG_PANEL_COLUMNS): activations; after backward
                      // the derivatives by the sums
    float *c;         // (S + 1, R, stride): c[0] is the initial state
    float *h;         // (R, stride): of the last place; the loss by it when going back
    float *by_c;      // (R, stride)
    float *by_sums;   // (R, G) as the kernel rounds them
    float *by_inputs; // (R, columns of the product down)
    float *initial;   // (2, H): the gradient of h0 and c0 so far
    int chunk;        // places whose weight gradient is taken at a time
    struct mg_weight_gradient gradient; // (K, G)
};

// Where the rows of a place are handed to, or the loss by them comes from: row r of place
// s is at values + s * place + r * row, in words.
struct mg_rows {
    float *values;
    size_t place;
    size_t row;
};

// Makes the values of a row, as a kernel's `round`.
typedef void mg_round(int count, const float *values, void *out);

// What the first layer hears: its sums begin with it.
struct mg_heard {
    struct mg_hearing hearing; // with lists of its own
    const uint16_t *cells;     // (S, R): before each step, as of mg_features()
    int64_t start;             // the first step's number
    float *sums;               // (R, MG_PANEL_COLUMNS), scratch
};

// Room for S places of R rows.  Returns 0 or -ENOMEM.
int mg_sequence_init(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                     const struct mg_kernel *kernel, int S, int R);
void mg_sequence_finish(struct mg_sequence *sequence);

// The rows of x, to be filled in before forward by the kernel's `round`.
struct mg_rows mg_sequence_inputs(const struct mg_sequence *sequence, int R);

// The state before place 0: the learned one, or that at the end of a run over S places.
void mg_sequence_begin(struct mg_sequence *sequence, const float *weights, int R);
void mg_sequence_carry(struct mg_sequence *sequence, int S, int R);

// Runs over all places.  heard: of the first layer, else NULL.  mask: (R, H), times which h
// is handed up, or NULL; up: where to, and how it is rounded there.  One thread per sequence.
void mg_sequence_forward(struct mg_sequence *sequence,
                         const struct mg_packed_layer *packed, int S, int R,
                         struct mg_heard *heard, const float *mask, struct mg_rows up,
                         mg_round *round);

// The way back.  above: the loss by what was handed up; mask: as before; below: (S, R,
// inputs), the loss by x, out; not of the first layer.  Adds to the gradients.
void mg_sequence_backward(struct mg_sequence *sequence,
                          const struct mg_packed_layer *packed, int S, int R,
                          struct mg_rows above, const float *mask, float *below);

// Adds the gradients of all runs since the last call to an array laid out as the weights.
void mg_sequence_give_gradient(struct mg_sequence *sequence, float *gradient);

#endif
