// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The kernels of AVX2 and FMA: 6 rows x 16 columns of sums in 12 of 16 registers.
#include "model/kernel.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <stdint.h>

#define INLINE inline __attribute__((always_inline))
#define TARGET __attribute__((target("avx2,fma")))
enum { LANES = 8, VECTORS = 2 };
typedef __m256 vector;
typedef uint32_t words __attribute__((vector_size(sizeof(vector))));

TARGET static INLINE vector
all(float x)
{
    return _mm256_set1_ps(x);
}

TARGET static INLINE vector
fused(vector x, vector y, vector z)
{
    return _mm256_fmadd_ps(x, y, z);
}

TARGET static INLINE vector
between(float low, vector x, float high)
{
    return _mm256_min_ps(_mm256_max_ps(x, all(low)), all(high));
}

#include "model/kernel_loops.h"

static bool
runs_here(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const struct mg_kernel mg_kernel_avx2 = {
    .name = "avx2",
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

const struct mg_kernel mg_kernel_avx2_bf16 = {
    .name = "avx2",
    .precision = MG_PRECISION_BF16,
    .stripe = STRIPE,
    .input_bytes = 4,
    .runs_here = runs_here,
    .round = keep_inputs,
    .of_blocks = &mg_kernel_avx2,
    .sums = widened_row_sums,
    .listed_sums = listed_sums,
    .cells = cells,
    .cells_up = cells_up,
    .cells_down = cells_down,
};
#endif
