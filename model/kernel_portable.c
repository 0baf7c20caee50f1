// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The kernels of any machine: vectors of 4, which the compiler has for SSE2 and NEON.
#include <stdint.h>

#include "model/kernel.h"
#ifdef __ARM_NEON
#include <arm_neon.h>
#endif

#define INLINE inline __attribute__((always_inline))
#define TARGET
enum { LANES = 4, VECTORS = 2 };
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));
typedef uint32_t words __attribute__((vector_size(sizeof(vector))));

static INLINE vector
all(float x)
{
    return (vector){x, x, x, x};
}

static INLINE vector
fused(vector x, vector y, vector z)
{
#ifdef __ARM_FEATURE_FMA
    return (vector)vfmaq_f32((float32x4_t)z, (float32x4_t)x, (float32x4_t)y);
#else
    return x * y + z;
#endif
}

// The lanes of x where `mask` is all ones, else those of y.
static INLINE vector
choose(words mask, vector x, vector y)
{
    return (vector)(((words)x & mask) | ((words)y & ~mask));
}

static INLINE vector
between(float low, vector x, float high)
{
    x = choose((words)(x > low), x, all(low));
    return choose((words)(x < high), x, all(high));
}

#include "model/kernel_loops.h"

static bool
runs_here(void)
{
    return true;
}

const struct mg_kernel mg_kernel_portable = {
    .name = "portable",
    .precision = MG_PRECISION_FP32,
    .stripe = STRIPE,
    .input_bytes = 4,
    .runs_here = runs_here,
    .round = keep_inputs,
    .sums = fp32_sums,
    .sums_across = fp32_sums_across,
    .listed_sums = listed_sums,
    .cells = cells,
    .cells_up = cells_up,
    .cells_down = cells_down,
};

const struct mg_kernel mg_kernel_portable_bf16 = {
    .name = "portable",
    .precision = MG_PRECISION_BF16,
    .stripe = STRIPE,
    .input_bytes = 4,
    .runs_here = runs_here,
    .round = keep_inputs,
    .of_blocks = &mg_kernel_portable,
    .sums = widened_row_sums,
    .listed_sums = listed_sums,
    .cells = cells,
    .cells_up = cells_up,
    .cells_down = cells_down,
};
