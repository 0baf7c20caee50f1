// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The kernels of AVX-512: 6 rows x 64 columns of sums in 24 of 32 registers.
#include "model/kernel.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <stdint.h>

#include "model/bf16.h"

#define INLINE inline __attribute__((always_inline))
#define TARGET __attribute__((target("avx512f,fma")))
enum { LANES = 16, VECTORS = 4 };
typedef __m512 vector;
typedef uint32_t words __attribute__((vector_size(sizeof(vector))));

TARGET static INLINE vector
all(float x)
{
    return _mm512_set1_ps(x);
}

TARGET static INLINE vector
fused(vector x, vector y, vector z)
{
    return _mm512_fmadd_ps(x, y, z);
}

TARGET static INLINE vector
between(float low, vector x, float high)
{
    return _mm512_min_ps(_mm512_max_ps(x, all(low)), all(high));
}

// In assembly, because the intrinsic would ask for BF16 in functions that serve processors
// without it too.
TARGET static INLINE vector
dot(vector x, vector y, vector z)
{
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(z) : "v"(y), "v"(x));
    return z;
}
#define DOT dot

#include "model/kernel_loops.h"

TARGET static void
bf16_sums(const struct mg_block *block, float *sums)
{
    block_sums(PAIRS, false, block, sums);
}

TARGET static void
bf16_sums_across(const struct mg_block *block, float *sums)
{
    block_sums(PAIRS, true, block, sums);
}

static bool
runs_here(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
}

static bool
bf16_runs_here(void)
{
    return runs_here() && __builtin_cpu_supports("avx512bf16");
}

TARGET static void
round_inputs(int count, const float *values, void *inputs)
{
    uint16_t *out = inputs;
    for (int i = 0; i < count; i++)
        out[i] = mg_bf16(values[i]);
}

const struct mg_kernel mg_kernel_avx512 = {
    .name = "avx512",
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

const struct mg_kernel mg_kernel_avx512_widened = {
    .name = "avx512f",
    .precision = MG_PRECISION_BF16,
    .stripe = STRIPE,
    .input_bytes = 4,
    .runs_here = runs_here,
    .of_blocks = &mg_kernel_avx512,
    .round = keep_inputs,
    .sums = widened_row_sums,
    .listed_sums = listed_sums,
    .cells = cells,
    .cells_up = cells_up,
    .cells_down = cells_down,
};

const struct mg_kernel mg_kernel_avx512_bf16 = {
    .name = "avx512",
    .precision = MG_PRECISION_BF16,
    .stripe = STRIPE,
    .input_bytes = 2,
    .runs_here = bf16_runs_here,
    .round = round_inputs,
    .sums = bf16_sums,
    .sums_across = bf16_sums_across,
    .listed_sums = listed_sums,
    .cells = cells,
    .cells_up = cells_up,
    .cells_down = cells_down,
};
#endif
