// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The weights of a training on the device, their gradient, and the optimiser's means.
#ifndef MG_TRAINER_CUDA_WEIGHTS_H
#define MG_TRAINER_CUDA_WEIGHTS_H

#include "trainer/cuda/device.h"
#include "trainer/optimizer.h"

struct mg_cuda_weights {
    size_t count;
    float *values;
    float *gradient;
    float *gradient2; // as those of struct mg_optimizer
    float *other;
    double *sums; // of squares, on the way to one
};

// Room for them; errors stick to the device.
void mg_cuda_weights_init(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                          size_t count);
void mg_cuda_weights_finish(struct mg_cuda_weights *weights);

// From the host and to it, done on return.  values: the model's weights.
void mg_cuda_weights_load(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                          const float *values, const struct mg_optimizer *optimizer);
void mg_cuda_weights_store(const struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                           float *values, struct mg_optimizer *optimizer);

// One update by the gradient, as mg_optimizer_update(): of `optimizer` the number of
// updates changes.  Returns the norm.
double mg_cuda_weights_update(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                              struct mg_optimizer *optimizer, float rate);

#endif
