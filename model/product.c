// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The matrix product: a block of rows by one panel at a time, sums held in registers.
#include "model/product.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

// A product for vectors of W floats: the compiler spills wider ones than the machine
// has. Every sum runs over k in rising order whatever W is, so that all give the same
// bits.
// NOLINTBEGIN(bugprone-macro-parentheses): `attributes` is none that takes them
#define DEFINE_PRODUCT(name, W, attributes)                                            \
    typedef float name##_vector __attribute__((vector_size((W) * sizeof(float))));     \
                                                                                       \
    /* `count` rows of x against one panel, sums held in registers. */                 \
    static inline __attribute__((always_inline)) void name##_block(                    \
        int count, int inputs, const float *x, int x_stride, const float *panel,       \
        float *sum)                                                                    \
    {                                                                                  \
        name##_vector s[ROWS][MG_PANEL / (W)] = {0};                                   \
        for (int k = 0; k < inputs; k++) {                                             \
            const name##_vector *w =                                                   \
                (const name##_vector *)(panel + (size_t)k * MG_PANEL);                 \
            _Pragma("GCC unroll 6") for (int r = 0; r < count; r++)                    \
                _Pragma("GCC unroll 4") for (int v = 0; v < MG_PANEL / (W); v++)       \
                    s[r][v] += x[r * x_stride + k] * w[v];                             \
        }                                                                              \
        memcpy(sum, s, (size_t)count * sizeof s[0]);                                   \
    }                                                                                  \
                                                                                       \
    attributes static void name(const struct mg_packed *weight, int rows,              \
                                const float *x, int x_stride, float *y, int y_stride)  \
    {                                                                                  \
        for (int p = 0; p < panels_of(weight); p++) {                                  \
            const float *panel = panel_at(weight, p);                                  \
            for (int r = 0; r < rows;) {                                               \
                float sum[ROWS * MG_PANEL];                                            \
                int count = rows - r >= ROWS ? ROWS : 1;                               \
                const float *a = x + (size_t)r * (size_t)x_stride;                     \
                if (count == ROWS)                                                     \
                    name##_block(ROWS, weight->inputs, a, x_stride, panel, sum);       \
                else                                                                   \
                    name##_block(1, weight->inputs, a, x_stride, panel, sum);          \
                for (int i = 0; i < count; i++, r++)                                   \
                    add_sums(weight, p, sum + i * MG_PANEL,                            \
                             y + (size_t)r * (size_t)y_stride);                        \
            }                                                                          \
        }                                                                              \
    }

// NOLINTEND(bugprone-macro-parentheses)

static inline const float *
panel_at(const struct mg_packed *weight, int p)
{
    return weight->panels + (size_t)p * (size_t)weight->inputs * MG_PANEL;
}

// One row of y takes the sums of one panel; the last panel may be wider than y.
static inline __attribute__((always_inline)) void
add_sums(const struct mg_packed *weight, int p, const float *sum, float *y)
{
    int first = p * MG_PANEL, left = weight->outputs - first;
    for (int j = 0; j < (left < MG_PANEL ? left : MG_PANEL); j++)
        y[first + j] += sum[j];
}

DEFINE_PRODUCT(product_4, 4, )
#ifdef __x86_64__
DEFINE_PRODUCT(product_8, 8, __attribute__((target("avx2"))))
DEFINE_PRODUCT(product_16, 16, __attribute__((target("avx512f"))))
#endif

void
mg_product_add(const struct mg_packed *weight, int rows, const float *x, int x_stride,
               float *y, int y_stride)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f")) {
        product_16(weight, rows, x, x_stride, y, y_stride);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        product_8(weight, rows, x, x_stride, y, y_stride);
        return;
    }
#endif
    product_4(weight, rows, x, x_stride, y, y_stride);
}
