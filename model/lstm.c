// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The LSTM cell.
#include "model/lstm.h"

#include <stddef.h>

#include "model/activation.h"
#include "model/clones.h"

MG_CLONES void
mg_lstm_cells(int rows, int H, float *gates, const float *c_before, float *c, float *h)
{
    for (int r = 0; r < rows; r++) {
        float *i = gates + (size_t)r * 4 * (size_t)H, *f = i + H, *g = f + H,
              *o = g + H;
        const float *before = c_before + (size_t)r * (size_t)H;
        float *after = c + (size_t)r * (size_t)H, *out = h + (size_t)r * (size_t)H;
#pragma GCC ivdep
        for (int j = 0; j < H; j++) {
            i[j] = mg_sigmoid(i[j]);
            f[j] = mg_sigmoid(f[j]);
            g[j] = mg_tanh(g[j]);
            o[j] = mg_sigmoid(o[j]);
            after[j] = f[j] * before[j] + i[j] * g[j];
            out[j] = o[j] * mg_tanh(after[j]);
        }
    }
}

MG_CLONES void
mg_lstm_cells_backward(int rows, int H, float *gates, const float *c_before,
                       const float *c, const float *dh, float *dc)
{
    for (int r = 0; r < rows; r++) {
        float *i = gates + (size_t)r * 4 * (size_t)H, *f = i + H, *g = f + H,
              *o = g + H;
        const float *before = c_before + (size_t)r * (size_t)H;
        const float *after = c + (size_t)r * (size_t)H,
                    *up = dh + (size_t)r * (size_t)H;
        float *carry = dc + (size_t)r * (size_t)H;
#pragma GCC ivdep
        for (int j = 0; j < H; j++) {
            float squashed = mg_tanh(after[j]);
            float d = carry[j] + up[j] * o[j] * (1.0f - squashed * squashed);
            float by_i = d * g[j] * i[j] * (1.0f - i[j]);
            float by_f = d * before[j] * f[j] * (1.0f - f[j]);
            float by_g = d * i[j] * (1.0f - g[j] * g[j]);
            carry[j] = d * f[j];
            i[j] = by_i;
            f[j] = by_f;
            g[j] = by_g;
            o[j] = up[j] * squashed * o[j] * (1.0f - o[j]);
        }
    }
}
