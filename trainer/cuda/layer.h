// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One LSTM layer along its axis on the device, forward and back, all segments at once.
//
// As in trainer/sequence.h, a layer has S places and R rows, and the inputs of a row at a
// place stand side by side; x, the 1 of the bias and h begin and end at multiples of eight
// factors, as tensor cores want them:
//
//     x (inputs) | 1 | 0 ... | h (H) | 0 ...
//
// The forward pass adds the bias in fp32 and has a weight of 0 for the 1; the gradient of
// the bias comes out with those of the weights.
#ifndef MG_TRAINER_CUDA_LAYER_H
#define MG_TRAINER_CUDA_LAYER_H

#include "model/model.h"
#include "trainer/cuda/device.h"
#include "trainer/cuda/kernels.h"

struct mg_cuda_layer {
    const struct mg_lstm *lstm; // borrowed
    uint32_t number;            // in the place of its masks
    int stride;                 // H, rounded up
    int h_at;                   // the column of h
    int width;                  // columns of the inputs
    void *inputs;               // (S + 1, R, width) factors
    float *gates;               // (S, R, 4 * stride)
    float *c;                   // (S + 1, R, stride)
    float *mask;                // (R, H)
    void *packed;               // (4 * stride, width) factors
};

// What layers use one after the other.
struct mg_cuda_scratch {
    float *ones;      // (rows)
    float *by_c;      // (rows, stride)
    float *recurrent; // (rows, stride)
    float *initial;   // (2, stride)
    float *sums;      // (4 * stride, width)
    void *by_sums;    // (S, R, 4 * stride) of bf16; NULL in fp32
};

// Room for S places of R rows; errors stick to the device.
void mg_cuda_layer_init(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                        const struct mg_lstm *lstm, uint32_t number, int S, int R);
void mg_cuda_layer_finish(struct mg_cuda_layer *layer);

// Room for the largest of some layers.  R: the most rows; places: S * R.
void mg_cuda_scratch_init(struct mg_cuda_scratch *scratch, struct mg_cuda *cuda,
                          const struct mg_cuda_layer *const *layers, int count, int R,
                          size_t places);
void mg_cuda_scratch_finish(struct mg_cuda_scratch *scratch);

// Takes the weights of a model.
void mg_cuda_layer_pack(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                        const float *weights);

// How a layer moves: S places, R rows, of which `inner` belong to one segment.
struct mg_cuda_course {
    const struct mg_cuda_batch *batch;
    int S, R, inner;
    bool carries; // its state may go on from the batch before
};

// Runs over all places.  up: where h goes; up_bf16: as what.
void mg_cuda_layer_forward(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                           const struct mg_cuda_course *course, const float *weights,
                           struct mg_cuda_rows up, bool up_bf16);

// The way back.  above: the loss by what went up; below: (S, R, h_at), the loss by x, or
// NULL; gradient: laid out as the weights, of which the layer's are set.
void mg_cuda_layer_backward(struct mg_cuda_layer *layer, struct mg_cuda *cuda,
                            const struct mg_cuda_course *course,
                            struct mg_cuda_scratch *scratch, struct mg_cuda_rows above,
                            float *below, float *gradient);

#endif
