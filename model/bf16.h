// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// bfloat16: the upper half of an fp32 number.
#ifndef MG_MODEL_BF16_H
#define MG_MODEL_BF16_H

#include <stdint.h>
#include <string.h>

#include "model/host_device.h"

// The nearest bf16, to even where two are as near.  Finite in, finite or infinite out.
MG_HOST_DEVICE static inline uint16_t
mg_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

MG_HOST_DEVICE static inline float
mg_bf16_value(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
