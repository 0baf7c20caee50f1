// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One LSTM layer along a sequence, forward and back; both axes of the network are made
// of it.
//
// A sequence has S places and R independent rows that move through it together: on the
// time axis S = T steps and R = N notes, on the note axis S = N and R = T.
#ifndef MG_TRAINER_SEQUENCE_H
#define MG_TRAINER_SEQUENCE_H

#include "model/model.h"

// What forward keeps for backward.  All owned by the workspace that made it.
struct mg_sequence {
    float *gates; // (S, R, 4H): activations; after backward the derivatives by the sums
    float *h;     // (S + 1, R, H): h[0] is the initial state
    float *c;     // (S + 1, R, H)
};

// Room for S places of R rows.  Returns 0 or -ENOMEM.
int mg_sequence_init(struct mg_sequence *sequence, const struct mg_lstm *lstm, int S,
                     int R);
void mg_sequence_finish(struct mg_sequence *sequence);

// Sets h[0] and c[0] of all rows to the learned initial state.
void mg_sequence_begin(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                       const float *weights, int R);

// Sets h[0] and c[0] to where a run over S places ended.
void mg_sequence_carry(struct mg_sequence *sequence, const struct mg_lstm *lstm, int S,
                       int R);

// x: (S, R, inputs).  Fills gates, h[1..S] and c[1..S].  One thread per sequence.
void mg_sequence_forward(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                         const float *weights, int S, int R, const float *x);

// dh: (S, R, H), the loss by h[1..S] from above; changed.  dx: (S, R, inputs), out, or
// NULL. gradient: an array laid out as the weights; the layer's part is added to.
// scratch: (R, H) values.  Takes an initial state set by mg_sequence_begin().
void mg_sequence_backward(struct mg_sequence *sequence, const struct mg_lstm *lstm,
                          const float *weights, int S, int R, const float *x, float *dh,
                          float *dx, float *gradient, float *scratch);

#endif
