// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Weights and gradients, to and from what products take and give; sums; optimisers.
#include "trainer/cuda/launch.h"

#include <math.h>

#include "trainer/cuda/factor.h"
#include "trainer/cuda/kernels.h"

__device__ static void
fold(const struct mg_fold *a, uint32_t i)
{
    const double *x = a->x + (size_t)(i / a->inner) * a->outer + i % a->inner;
    double sum = 0.0;
    for (uint32_t k = 0; k < a->count; k++)
        sum += x[(size_t)k * a->stride];
    a->out[i] = sum;
}
MG_KERNEL(fold)

__device__ static void
squares(const struct mg_squares *a, uint32_t i)
{
    double sum = 0.0;
    for (size_t k = i; k < a->count; k += a->stride)
        sum += (double)a->x[k] * (double)a->x[k];
    a->out[i] = sum;
}
MG_KERNEL(squares)

__device__ static void
pack(const struct mg_pack *a, uint32_t i)
{
    uint32_t column = i % a->width, row = i / a->width;
    uint32_t gate = row / a->stride, j = row % a->stride;
    size_t from = (size_t)gate * a->H + j;
    float value = 0.0f;
    if (j < a->H && column < a->inputs)
        value = a->weight_ih[from * a->inputs + column];
    else if (j < a->H && column >= a->h && column - a->h < a->H)
        value = a->weight_hh[from * a->H + column - a->h];
    put_factor(a->packed, i, value, a->bf16);
}
MG_KERNEL(pack)

// Row `gate` of a matrix of 4H rows as the one of 4 * stride rows has it.
__device__ static const float *
sums_of(const struct mg_unpack *a, uint32_t gate)
{
    size_t row = (size_t)(gate / a->H) * a->stride + gate % a->H;
    return a->sums + row * a->width;
}

// weight_ih, weight_hh, bias, h0 and c0 follow each other.
__device__ static void
unpack(const struct mg_unpack *a, uint32_t i)
{
    uint32_t in = a->inputs, H = a->H, at = i;
    float value;
    if (at < 4 * H * in)
        value = sums_of(a, at / in)[at % in];
    else if ((at -= 4 * H * in) < 4 * H * H)
        value = sums_of(a, at / H)[a->h + at % H];
    else if ((at -= 4 * H * H) < 4 * H)
        value = sums_of(a, at)[in];
    else
        value = a->initial[(at - 4 * H) / H * a->stride + at % H];
    a->gradient[i] = value;
}
MG_KERNEL(unpack)

__device__ static void
unpack_answer(const struct mg_unpack_answer *a, uint32_t i)
{
    a->gradient[i] = i < 2 * a->H ? a->sums[i / a->H * a->width + i % a->H]
                                  : a->sums[(i - 2 * a->H) * a->width + a->H];
}
MG_KERNEL(unpack_answer)

// What the gradient is multiplied by; 0: it has no norm, and nothing is to be changed.
__device__ static float
clipped(double norm2, float clip)
{
    double norm = sqrt(norm2);
    if (!isfinite(norm))
        return 0.0f;
    return clip > 0.0f && norm > (double)clip ? (float)((double)clip / norm) : 1.0f;
}

__device__ static void
adam(const struct mg_adam *a, uint32_t i)
{
    const float beta1 = 0.9f, beta2 = 0.999f;
    float scale = clipped(*a->norm2, a->clip), g = a->gradient[i] * scale;
    if (scale == 0.0f)
        return;
    float mean = beta1 * a->other[i] + (1.0f - beta1) * g;
    float mean2 = beta2 * a->gradient2[i] + (1.0f - beta2) * g * g;
    a->other[i] = mean;
    a->gradient2[i] = mean2;
    a->weights[i] =
        a->kept * a->weights[i] - a->step * mean / (sqrtf(mean2) + a->epsilon);
}
MG_KERNEL(adam)

__device__ static void
adadelta(const struct mg_adadelta *a, uint32_t i)
{
    const float rho = 0.95f, epsilon = 1e-6f;
    float scale = clipped(*a->norm2, a->clip), g = a->gradient[i] * scale;
    if (scale == 0.0f)
        return;
    float mean2 = rho * a->gradient2[i] + (1.0f - rho) * g * g;
    float change = sqrtf((a->other[i] + epsilon) / (mean2 + epsilon)) * g;
    a->gradient2[i] = mean2;
    a->other[i] = rho * a->other[i] + (1.0f - rho) * change * change;
    a->weights[i] = a->kept * a->weights[i] - a->rate * change;
}
MG_KERNEL(adadelta)
