// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The table of kernels.
#include "model/kernel.h"

const struct mg_kernel *const mg_kernels[] = {
#ifdef __x86_64__
    &mg_kernel_avx512,   &mg_kernel_avx512_bf16,   &mg_kernel_avx512_widened,
    &mg_kernel_avx2,     &mg_kernel_avx2_bf16,
#endif
    &mg_kernel_portable, &mg_kernel_portable_bf16, NULL};

enum mg_panel_words
mg_kernel_words(const struct mg_kernel *kernel)
{
    return kernel->precision == MG_PRECISION_BF16 ? MG_PANEL_PAIRS : MG_PANEL_FP32;
}

const struct mg_kernel *
mg_kernel_pick(enum mg_precision precision)
{
    const struct mg_kernel *const *k = mg_kernels;
    while ((*k)->precision != precision || !(*k)->runs_here())
        k++; // the portable ones run anywhere
    return *k;
}
