// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The whole network over a batch of segments on the device.
#ifndef MG_TRAINER_CUDA_NETWORK_H
#define MG_TRAINER_CUDA_NETWORK_H

#include "trainer/cuda/layer.h"

struct mg_cuda_network {
    struct mg_cuda *cuda; // borrowed
    struct mg_layout layout;
    int B; // segments, always so many: those that are not there have no steps
    int max_steps;
    const float *weights; // on the device, as laid out; borrowed
    float *gradient;      // the same
    struct mg_cuda_layer time[MG_LAYERS_MAX];
    struct mg_cuda_layer note[MG_LAYERS_MAX];
    struct mg_cuda_scratch scratch;
    struct mg_cuda_batch *batch; // the one in hand
    uint16_t *cells;             // (T + 1, B, N)
    float *top;                  // (N, B, T, top_width): what the output reads, and a 1
    int top_width;
    float *by_logits;       // (N, B, T, 2)
    double *losses;         // (N, B, T, 2)
    double *step_losses;    // (B, T, 2)
    double *segment_losses; // (B, 2): play and articulate
    float *between[2];      // (T * B * N, widest): the loss by what goes up, in turn
};

// Bytes of a batch of B segments.
size_t mg_cuda_batch_bytes(int B);

// Room for B segments of T steps at the most.  Returns 0, or -errno with one line in
// *error.  Finish in either case.
int mg_cuda_network_init(struct mg_cuda_network *net, struct mg_cuda *cuda,
                         const struct mg_layout *layout, int B, int T,
                         const float *weights, float *gradient, GError **error);
void mg_cuda_network_finish(struct mg_cuda_network *net);

// Puts the pass over the batch on the stream, T steps of it: probabilities and losses.
void mg_cuda_network_forward(struct mg_cuda_network *net, int T);

// The parts of the gradient, as mg_backprop_part() has them.
int mg_cuda_network_parts(const struct mg_cuda_network *net);
void mg_cuda_network_part(const struct mg_cuda_network *net, int part, size_t *offset,
                          size_t *count);

// Puts one part of the way back on the stream, after those before it.
void mg_cuda_network_backward(struct mg_cuda_network *net, int T, int part);

#endif
