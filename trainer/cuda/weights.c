// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The norm in double and in a fixed order, as on the CPU; then each weight by itself.
#include "trainer/cuda/weights.h"

#include <math.h>

#include "trainer/cuda/kernels.h"

// The squares are summed by so many threads, then by their root.
enum { SUMS_ROOT = 128, SUMS = SUMS_ROOT * SUMS_ROOT };

// Where the sums of each level start.
enum { LEVEL_1 = SUMS, LEVEL_2 = SUMS + SUMS_ROOT, LEVELS = SUMS + SUMS_ROOT + 1 };

void
mg_cuda_weights_init(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                     size_t count)
{
    *weights = (struct mg_cuda_weights){
        .count = count,
        .values = mg_cuda_zeros(cuda, count, sizeof(float)),
        .gradient = mg_cuda_zeros(cuda, count, sizeof(float)),
        .gradient2 = mg_cuda_zeros(cuda, count, sizeof(float)),
        .other = mg_cuda_zeros(cuda, count, sizeof(float)),
        .sums = mg_cuda_zeros(cuda, LEVELS, sizeof(double)),
    };
}

void
mg_cuda_weights_finish(struct mg_cuda_weights *weights)
{
    cudaFree(weights->sums);
    cudaFree(weights->other);
    cudaFree(weights->gradient2);
    cudaFree(weights->gradient);
    cudaFree(weights->values);
    *weights = (struct mg_cuda_weights){0};
}

static void
copy(struct mg_cuda *cuda, void *to, const void *from, size_t bytes,
     enum cudaMemcpyKind kind)
{
    if (!cuda->status)
        mg_cuda_try(cuda, cudaMemcpyAsync(to, from, bytes, kind, cuda->stream));
}

void
mg_cuda_weights_load(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                     const float *values, const struct mg_optimizer *optimizer)
{
    size_t bytes = weights->count * sizeof(float);
    copy(cuda, weights->values, values, bytes, cudaMemcpyHostToDevice);
    copy(cuda, weights->gradient2, optimizer->gradient2, bytes, cudaMemcpyHostToDevice);
    copy(cuda, weights->other, optimizer->other, bytes, cudaMemcpyHostToDevice);
    mg_cuda_wait(cuda);
}

void
mg_cuda_weights_store(const struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                      float *values, struct mg_optimizer *optimizer)
{
    size_t bytes = weights->count * sizeof(float);
    copy(cuda, values, weights->values, bytes, cudaMemcpyDeviceToHost);
    copy(cuda, optimizer->gradient2, weights->gradient2, bytes, cudaMemcpyDeviceToHost);
    copy(cuda, optimizer->other, weights->other, bytes, cudaMemcpyDeviceToHost);
    mg_cuda_wait(cuda);
}

static void
sum_squares(struct mg_cuda_weights *weights, struct mg_cuda *cuda)
{
    double *sums = weights->sums;
    MG_CUDA_LAUNCH(cuda, squares, SUMS, .x = weights->gradient, .out = sums,
                   .count = weights->count, .stride = SUMS);
    MG_CUDA_LAUNCH(cuda, fold, SUMS_ROOT, .x = sums, .out = sums + LEVEL_1,
                   .count = SUMS_ROOT, .stride = SUMS_ROOT, .inner = SUMS_ROOT);
    MG_CUDA_LAUNCH(cuda, fold, 1, .x = sums + LEVEL_1, .out = sums + LEVEL_2,
                   .count = SUMS_ROOT, .stride = 1, .inner = 1);
}

// The factors of an update are worked out as in optimizer.c.
static void
step_adam(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
          const struct mg_optimizer *optimizer, float rate)
{
    const double beta1 = (double)0.9f, beta2 = (double)0.999f;
    double t = (double)(optimizer->updates + 1);
    double root = sqrt(1.0 - pow(beta2, t));
    MG_CUDA_LAUNCH(cuda, adam, weights->count, .weights = weights->values,
                   .gradient2 = weights->gradient2, .other = weights->other,
                   .gradient = weights->gradient, .norm2 = weights->sums + LEVEL_2,
                   .clip = optimizer->clip, .kept = mg_optimizer_kept(optimizer, rate),
                   .step = (float)((double)rate * root / (1.0 - pow(beta1, t))),
                   .epsilon = (float)((double)1e-8f * root));
}

static void
step_adadelta(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
              const struct mg_optimizer *optimizer, float rate)
{
    MG_CUDA_LAUNCH(cuda, adadelta, weights->count, .weights = weights->values,
                   .gradient2 = weights->gradient2, .other = weights->other,
                   .gradient = weights->gradient, .norm2 = weights->sums + LEVEL_2,
                   .clip = optimizer->clip, .kept = mg_optimizer_kept(optimizer, rate),
                   .rate = rate);
}

double
mg_cuda_weights_update(struct mg_cuda_weights *weights, struct mg_cuda *cuda,
                       struct mg_optimizer *optimizer, float rate)
{
    double norm2 = 0.0;
    sum_squares(weights, cuda);
    if (optimizer->method == MG_METHOD_ADAM)
        step_adam(weights, cuda, optimizer, rate);
    else
        step_adadelta(weights, cuda, optimizer, rate);
    copy(cuda, &norm2, weights->sums + LEVEL_2, sizeof norm2, cudaMemcpyDeviceToHost);
    mg_cuda_wait(cuda);
    double norm = sqrt(norm2);
    if (!cuda->status && isfinite(norm))
        optimizer->updates++;
    return norm;
}
