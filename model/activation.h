// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Exponential, logarithm, sigmoid and tanh in plain arithmetic.
//
// libm picks a variant by CPU, so its last bit differs between machines; these do not,
// and the compiler turns loops over them into vector code.  Relative error of exp and
// log: under 2e-7 (tests/test_network.c).
#ifndef MG_MODEL_ACTIVATION_H
#define MG_MODEL_ACTIVATION_H

#include <stdint.h>
#include <string.h>

#include "model/host_device.h"

// e^x; saturates at e^-87 (NaN too) and e^88.  After Moshier's Cephes expf:
// e^x = 2^n e^r, |r| <= ln 2 / 2, with ln 2 split in two so that r is exact.
MG_HOST_DEVICE static inline float
mg_exp(float x)
{
    x = x > -87.0f ? x : -87.0f; // NaN too
    x = x < 88.0f ? x : 88.0f;
    float shifted = x * 1.44269504f + 12582912.0f; // 1.5 * 2^23: rounds to an integer
    float n = shifted - 12582912.0f;
    float r = x - n * 0.693359375f - n * -2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

// ln x for x >= 2^-126.  After Cephes logf: x = 2^e m, sqrt(1/2) <= m < sqrt(2).
MG_HOST_DEVICE static inline float
mg_log(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    int32_t e = (bits - 0x3f3504f3) >> 23; // 0x3f3504f3: sqrt(1/2)
    bits -= e * (1 << 23);
    float m;
    memcpy(&m, &bits, sizeof m);
    m -= 1.0f;
    float p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    float y = p * m * m * m;
    y += (float)e * -2.12194440e-4f - 0.5f * m * m;
    return m + y + (float)e * 0.693359375f;
}

MG_HOST_DEVICE static inline float
mg_sigmoid(float x)
{
    return 1.0f / (1.0f + mg_exp(-x));
}

MG_HOST_DEVICE static inline float
mg_tanh(float x)
{
    return 2.0f * mg_sigmoid(2.0f * x) - 1.0f;
}

#endif
