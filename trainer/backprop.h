// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The whole network over a segment of a piece: probabilities, loss and gradient.
#ifndef MG_TRAINER_BACKPROP_H
#define MG_TRAINER_BACKPROP_H

#include <stdbool.h>

#include "model/roll.h"
#include "trainer/packed.h"

// T steps of a piece, moved by some semitones.  A segment that starts inside a piece
// has the true state and beat before it as its first input.
struct mg_segment {
    const struct mg_roll *roll; // as heard; may span more keys than the model; borrowed
    int start;                  // first step that is predicted
    int steps;                  // T
    int transpose;              // semitones up
    uint32_t number;            // in its batch: the place of its dropout masks
};

// Where the dropout masks of a batch come from: the same place, the same masks.
struct mg_dropout {
    float rate; // share of units dropped, 0 <= rate < 1; 0: no masks
    uint64_t seed;
    uint32_t update;
};

// Sums of the negative log-likelihood in nats.
struct mg_loss {
    double play;
    double articulate; // only where play is 1
};

struct mg_workspace;

// Room for segments of up to max_steps steps, computed by a kernel that has sums_across.
// NULL when memory is short.  A workspace serves one thread at a time.
struct mg_workspace *mg_workspace_create(const struct mg_layout *layout,
                                         const struct mg_kernel *kernel, int max_steps);
void mg_workspace_destroy(struct mg_workspace *workspace); // takes NULL

// Teacher-forced forward pass over a segment.  weights: packed for the same kernel.
// carry: the time axis goes on from where the last segment ended, else it starts from the
// learned initial state.  dropout: NULL for none. Adds to *loss.
void mg_backprop_forward(struct mg_workspace *workspace,
                         const struct mg_packed *weights,
                         const struct mg_segment *segment, bool carry,
                         const struct mg_dropout *dropout, struct mg_loss *loss);

// P(play) and P(articulate | play) of step t (0 <= t < T) of the last forward pass.
// out: (N, 2).
void mg_backprop_probabilities(const struct mg_workspace *workspace, int t, float *out);

// The gradient has parts, the layers and the output, in the order in which they are
// complete on the way back.
int mg_backprop_parts(const struct mg_layout *layout);

// Where a part (from 0) is in an array laid out as the weights, in values.
void mg_backprop_part(const struct mg_layout *layout, int part, size_t *offset,
                      size_t *count);

// Called as a part is complete.
typedef void mg_backprop_done(void *context, int part);

// Adds `scale` times the derivative of the last forward pass's loss (play + articulate) to
// what the workspace has of it.  done: or NULL.  Only once per forward pass, and not after
// carry.
void mg_backprop_backward(struct mg_workspace *workspace,
                          const struct mg_packed *weights, float scale,
                          mg_backprop_done *done, void *context);

// Moves a part of that derivative out: adds it to gradient, an array laid out as the
// weights.
void mg_backprop_give(struct mg_workspace *workspace, int part, float *gradient);

#endif
