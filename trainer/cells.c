// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Cells, 16 at a time: the compiler makes a vector of each array below.
#include "trainer/cells.h"

#include <string.h>

#include "model/activation.h"
#include "model/clones.h"
#include "model/panels.h"

#define INLINE inline __attribute__((always_inline))

// The gates of the cells of one row.
struct gates {
    float i[MG_PANEL_UNITS], f[MG_PANEL_UNITS], g[MG_PANEL_UNITS], o[MG_PANEL_UNITS];
};

static INLINE void
load(struct gates *gates, int units, const float *row)
{
    size_t bytes = (size_t)units * sizeof *row;
    memcpy(gates->i, row, bytes);
    memcpy(gates->f, row + units, bytes);
    memcpy(gates->g, row + 2 * units, bytes);
    memcpy(gates->o, row + 3 * units, bytes);
}

static INLINE void
store(const struct gates *gates, int units, float *row)
{
    size_t bytes = (size_t)units * sizeof *row;
    memcpy(row, gates->i, bytes);
    memcpy(row + units, gates->f, bytes);
    memcpy(row + 2 * units, gates->g, bytes);
    memcpy(row + 3 * units, gates->o, bytes);
}

static INLINE void
forward(int rows, int units, float *row, const float *c_before, float *c, float *h,
        size_t stride)
{
    struct gates a = {0};
    for (int r = 0; r < rows; r++) {
        load(&a, units, row);
#pragma GCC ivdep
        for (int j = 0; j < MG_PANEL_UNITS; j++) {
            a.i[j] = mg_sigmoid(a.i[j]);
            a.f[j] = mg_sigmoid(a.f[j]);
            a.g[j] = mg_tanh(a.g[j]);
            a.o[j] = mg_sigmoid(a.o[j]);
            c[j] = a.f[j] * c_before[j] + a.i[j] * a.g[j];
            h[j] = a.o[j] * mg_tanh(c[j]);
        }
        store(&a, units, row);
        row += MG_PANEL_COLUMNS;
        c_before += stride;
        c += stride;
        h += stride;
    }
}

static INLINE void
backward(int rows, int units, float *row, const float *c_before, const float *c,
         const float *by_h, float *by_c, size_t stride)
{
    struct gates a = {0};
    for (int r = 0; r < rows; r++) {
        load(&a, units, row);
#pragma GCC ivdep
        for (int j = 0; j < MG_PANEL_UNITS; j++) {
            float squashed = mg_tanh(c[j]);
            float i = a.i[j], f = a.f[j], g = a.g[j], o = a.o[j];
            float d = by_c[j] + by_h[j] * o * (1.0f - squashed * squashed);
            by_c[j] = d * f;
            a.i[j] = d * g * i * (1.0f - i);
            a.f[j] = d * c_before[j] * f * (1.0f - f);
            a.g[j] = d * i * (1.0f - g * g);
            a.o[j] = by_h[j] * squashed * o * (1.0f - o);
        }
        store(&a, units, row);
        row += MG_PANEL_COLUMNS;
        c_before += stride;
        c += stride;
        by_h += stride;
        by_c += stride;
    }
}

// A whole panel's number of units is a constant: loads and stores are plain vectors.
MG_CLONES void
mg_cells_forward(int rows, int units, float *gates, const float *c_before, float *c,
                 float *h, size_t stride)
{
    if (units == MG_PANEL_UNITS)
        forward(rows, MG_PANEL_UNITS, gates, c_before, c, h, stride);
    else
        forward(rows, units, gates, c_before, c, h, stride);
}

MG_CLONES void
mg_cells_backward(int rows, int units, float *gates, const float *c_before,
                  const float *c, const float *by_h, float *by_c, size_t stride)
{
    if (units == MG_PANEL_UNITS)
        backward(rows, MG_PANEL_UNITS, gates, c_before, c, by_h, by_c, stride);
    else
        backward(rows, units, gates, c_before, c, by_h, by_c, stride);
}
