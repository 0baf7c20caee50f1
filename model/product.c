// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The matrix product: a block of rows by one panel at a time, sums held in registers.
#include "model/product.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/clones.h"

enum { ROWS = 6, ALIGNMENT = 64 };

static int
panels_of(const struct mg_packed *packed)
{
    return (packed->outputs + MG_PANEL - 1) / MG_PANEL;
}

int
mg_packed_init(struct mg_packed *packed, const float *weight, int outputs, int stride,
               int first, int inputs)
{
    *packed = (struct mg_packed){.outputs = outputs, .inputs = inputs};
    size_t panel = (size_t)inputs * MG_PANEL;
    size_t bytes = (size_t)panels_of(packed) * panel * sizeof(float);
    packed->panels = aligned_alloc(ALIGNMENT, bytes);
    if (!packed->panels)
        return -ENOMEM;
    memset(packed->panels, 0, bytes);
    for (int o = 0; o < outputs; o++)
        for (int k = 0; k < inputs; k++)
            packed->panels[(size_t)(o / MG_PANEL) * panel + (size_t)k * MG_PANEL +
                           (size_t)(o % MG_PANEL)] =
                weight[(size_t)o * (size_t)stride + (size_t)(first + k)];
    return 0;
}

void
mg_packed_finish(struct mg_packed *packed)
{
    free(packed->panels);
    *packed = (struct mg_packed){0};
}

// 64 bytes: one AVX-512 register, two of AVX2, four of SSE2 or NEON.
typedef float panel_row __attribute__((vector_size(MG_PANEL * sizeof(float))));

// ROWS rows of x against one panel: sum[r] = x[r] . panel, k rising.
static inline __attribute__((always_inline)) void
block_full(int inputs, const float *x, int x_stride, const float *panel, panel_row *sum)
{
    panel_row s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0};
    for (int k = 0; k < inputs; k++) {
        panel_row w = *(const panel_row *)(panel + (size_t)k * MG_PANEL);
        const float *a = x + k;
        s0 += a[0] * w;
        s1 += a[x_stride] * w;
        s2 += a[2 * x_stride] * w;
        s3 += a[3 * x_stride] * w;
        s4 += a[4 * x_stride] * w;
        s5 += a[5 * x_stride] * w;
    }
    sum[0] = s0, sum[1] = s1, sum[2] = s2, sum[3] = s3, sum[4] = s4, sum[5] = s5;
}

static inline __attribute__((always_inline)) void
block_one(int inputs, const float *x, const float *panel, panel_row *sum)
{
    panel_row s = {0};
    for (int k = 0; k < inputs; k++)
        s += x[k] * *(const panel_row *)(panel + (size_t)k * MG_PANEL);
    *sum = s;
}

static inline __attribute__((always_inline)) void
add_row(float *y, int outputs, const panel_row *sum)
{
    float s[MG_PANEL];
    memcpy(s, sum, sizeof s);
    for (int j = 0; j < outputs; j++)
        y[j] += s[j];
}

MG_CLONES void
mg_product_add(const struct mg_packed *weight, int rows, const float *x, int x_stride,
               float *y, int y_stride)
{
    int inputs = weight->inputs;
    for (int p = 0; p < panels_of(weight); p++) {
        const float *panel = weight->panels + (size_t)p * (size_t)inputs * MG_PANEL;
        int outputs = weight->outputs - p * MG_PANEL;
        outputs = outputs < MG_PANEL ? outputs : MG_PANEL;
        for (int r = 0; r < rows;) {
            int count = rows - r >= ROWS ? ROWS : 1;
            const float *a = x + (size_t)r * (size_t)x_stride;
            panel_row sum[ROWS];
            if (count == ROWS)
                block_full(inputs, a, x_stride, panel, sum);
            else
                block_one(inputs, a, panel, sum);
            for (int i = 0; i < count; i++, r++)
                add_row(y + (size_t)r * (size_t)y_stride + p * MG_PANEL, outputs,
                        &sum[i]);
        }
    }
}
