// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The cells of the layers and the output, up and down.
#include "trainer/cuda/launch.h"

#include <math.h>

#include "model/activation.h"
#include "model/roll.h"
#include "trainer/cuda/factor.h"
#include "trainer/cuda/kernels.h"

// Where value j of row r of place s is.
__device__ static size_t
row_at(const struct mg_cuda_rows *rows, uint32_t s, uint32_t r)
{
    size_t row = (size_t)s * rows->place + (size_t)(r / rows->inner) * rows->segment +
                 (size_t)(r % rows->inner) * rows->row;
    return row * rows->width;
}

__device__ static void
begin(const struct mg_begin *a, uint32_t i)
{
    uint32_t r = i / a->H, j = i % a->H;
    size_t h = (size_t)r * a->width + j, c = (size_t)r * a->stride + j;
    size_t carry = a->batch ? (size_t)a->batch->carry * a->R : 0;
    if (carry) {
        copy_factor(a->h, h, carry * a->width + h, a->bf16);
        a->c[c] = a->c[carry * a->stride + c];
    } else {
        put_factor(a->h, h, a->h0[j], a->bf16);
        a->c[c] = a->c0[j];
    }
}
MG_KERNEL(begin)

__device__ static void
cells_up(const struct mg_cells_up *a, uint32_t n)
{
    uint32_t r = n / a->H, j = n % a->H;
    size_t at = (size_t)r * a->stride + j;
    float *gates = a->gates + 4 * (size_t)r * a->stride + j;
    float i = mg_sigmoid(gates[0] + a->bias[j]);
    float f = mg_sigmoid(gates[a->stride] + a->bias[a->H + j]);
    float g = mg_tanh(gates[2 * a->stride] + a->bias[2 * a->H + j]);
    float o = mg_sigmoid(gates[3 * a->stride] + a->bias[3 * a->H + j]);
    float c = f * a->c_before[at] + i * g;
    float h = o * mg_tanh(c);
    gates[0] = i;
    gates[a->stride] = f;
    gates[2 * a->stride] = g;
    gates[3 * a->stride] = o;
    a->c[at] = c;
    put_factor(a->h_next, (size_t)r * a->width + j, h, a->bf16);
    put_factor(a->up.values, row_at(&a->up, a->place, r) + j, h * a->mask[n],
               a->up_bf16);
}
MG_KERNEL(cells_up)

__device__ static void
cells_down(const struct mg_cells_down *a, uint32_t n)
{
    uint32_t r = n / a->H, j = n % a->H;
    size_t at = (size_t)r * a->stride + j, sum = 4 * (size_t)r * a->stride + j;
    const float *gates = a->gates + sum, *above = (const float *)a->above.values;
    float i = gates[0], f = gates[a->stride], g = gates[2 * a->stride];
    float o = gates[3 * a->stride], squashed = mg_tanh(a->c[at]);
    float by_h = above[row_at(&a->above, a->place, r) + j] * a->mask[n];
    if (a->recurrent)
        by_h += a->recurrent[at];
    float by_c = by_h * o * (1.0f - squashed * squashed) + a->by_c[at];
    a->by_c[at] = by_c * f;
    put_factor(a->by_sums, sum, by_c * g * i * (1.0f - i), a->bf16);
    put_factor(a->by_sums, sum + a->stride, by_c * a->c_before[at] * f * (1.0f - f),
               a->bf16);
    put_factor(a->by_sums, sum + 2 * a->stride, by_c * i * (1.0f - g * g), a->bf16);
    put_factor(a->by_sums, sum + 3 * a->stride, by_h * squashed * o * (1.0f - o),
               a->bf16);
}
MG_KERNEL(cells_down)

// -ln of the probability of y under a logit z, and its derivative.
__device__ static double
cross_entropy(float z, bool y, float *by_z)
{
    double x = (double)z, e = exp(-fabs(x));
    double softplus = log1p(e) + (x > 0.0 ? x : 0.0);
    *by_z = (float)((x > 0.0 ? 1.0 : e) / (1.0 + e) - (y ? 1.0 : 0.0));
    return softplus - (y ? x : 0.0);
}

__device__ static float
logit(const struct mg_answer *a, const float *top, uint32_t which)
{
    float z = a->bias[which];
    for (uint32_t j = 0; j < a->H; j++)
        z += a->weight[which * a->H + j] * top[j];
    return z;
}

// Steps after the end of a segment have no loss, so that nothing comes of them.
__device__ static void
answer(const struct mg_answer *a, uint32_t i)
{
    uint32_t t = i % a->T, b = i / a->T % a->B, n = i / (a->T * a->B);
    const float *top = a->top + (size_t)i * a->width;
    float *by_logits = a->by_logits + 2 * (size_t)i;
    double *losses = a->losses + 2 * (size_t)i;
    losses[0] = losses[1] = 0.0;
    by_logits[0] = by_logits[1] = 0.0f;
    if ((int32_t)t >= a->batch->segments[b].steps)
        return;
    uint16_t cell = a->cells[((size_t)(t + 1) * a->B + b) * a->N + n];
    bool play = cell & MG_CELL_PLAY;
    losses[0] = cross_entropy(logit(a, top, 0), play, &by_logits[0]);
    if (play)
        losses[1] =
            cross_entropy(logit(a, top, 1), cell & MG_CELL_ARTICULATE, &by_logits[1]);
    by_logits[0] *= a->batch->scale;
    by_logits[1] *= a->batch->scale;
}
MG_KERNEL(answer)

__device__ static void
answer_down(const struct mg_answer_down *a, uint32_t i)
{
    uint32_t row = i / a->H, j = i % a->H;
    const float *by_logits = a->by_logits + 2 * (size_t)row;
    a->by_top[(size_t)row * a->width + j] =
        by_logits[0] * a->weight[j] + by_logits[1] * a->weight[a->H + j];
}
MG_KERNEL(answer_down)
