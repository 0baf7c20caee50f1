// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Factors: values as products take them.
#ifndef MG_TRAINER_CUDA_FACTOR_H
#define MG_TRAINER_CUDA_FACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/bf16.h"

MG_HOST_DEVICE static inline void
put_factor(void *factors, size_t at, float value, bool bf16)
{
    if (bf16)
        ((uint16_t *)factors)[at] = mg_bf16(value);
    else
        ((float *)factors)[at] = value;
}

MG_HOST_DEVICE static inline void
copy_factor(void *factors, size_t to, size_t from, bool bf16)
{
    if (bf16)
        ((uint16_t *)factors)[to] = ((const uint16_t *)factors)[from];
    else
        ((float *)factors)[to] = ((const float *)factors)[from];
}

#endif
