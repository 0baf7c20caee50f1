// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The products and cells of every kernel that runs on this machine against double
// precision, and those that promise it against each other to the bit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/bf16.h"
#include "model/product.h"
#include "model/random.h"

enum { ROWS_MAX = 20, UNITS_MAX = 40, INPUTS_MAX = 90, WIDTH_MAX = 200 };

static float weight[2][MG_GATES * UNITS_MAX * INPUTS_MAX];
static float x[ROWS_MAX * 2 * INPUTS_MAX], start[WIDTH_MAX];

static float
unit(uint32_t at)
{
    struct mg_random r = mg_random_at(1, MG_RANDOM_WEIGHTS, at, 0, 0);
    return mg_random_unit(r.word[0]) - 0.5f;
}

static int
fill(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < MG_GATES * UNITS_MAX * INPUTS_MAX; i++) {
        weight[0][i] = unit(i);
        weight[1][i] = unit(i + 1000000);
    }
    for (uint32_t i = 0; i < ROWS_MAX * 2 * INPUTS_MAX; i++)
        x[i] = unit(2000000 + i);
    for (uint32_t i = 0; i < WIDTH_MAX; i++)
        start[i] = unit(3000000 + i);
    return 0;
}

// Rows, units, inputs of the first matrix and of the second.  Last panels of one to four
// vectors, every number of rows a block can have, K odd and even.
struct shape {
    int rows, units, a, b;
};
static const struct shape SHAPES[] = {{1, 1, 1, 0},    {1, 16, 90, 7},  {1, 37, 8, 33},
                                      {2, 37, 33, 11}, {3, 17, 5, 5},   {4, 7, 64, 1},
                                      {5, 40, 0, 89},  {7, 30, 41, 90}, {13, 9, 12, 0},
                                      {20, 32, 90, 90}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

// All sums, (rows, width of the panels), with matrix columns 1 .. of a longer row.
static int
run(const struct mg_kernel *kernel, const struct shape *s, float *out)
{
    struct mg_product product;
    struct mg_gate_weights a = {weight[0] + 1, INPUTS_MAX, s->a};
    struct mg_gate_weights b = {weight[1], INPUTS_MAX, s->b};
    if (s->a == INPUTS_MAX)
        a.values--;
    assert_int_equal(mg_product_init(&product, kernel, s->rows, s->units, &a, &b), 0);
    for (int r = 0; r < s->rows; r++) {
        mg_product_take(&product, r, 0, s->a, x + r * INPUTS_MAX);
        mg_product_take(&product, r, s->a, s->b, x + (ROWS_MAX + r) * INPUTS_MAX);
    }
    // In two parts, as two threads would.
    mg_product_run(&product, s->rows / 3, s->rows, start, out);
    mg_product_run(&product, 0, s->rows / 3, start, out);
    int width = product.panels.width;
    mg_product_finish(&product);
    return width;
}

static double
rounded(bool round, float value)
{
    return (double)(round ? mg_bf16_value(mg_bf16(value)) : value);
}

static double
dot(const struct mg_kernel *kernel, int count, const float *w, const float *values)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum += rounded(kernel->precision == MG_PRECISION_BF16, w[k]) *
               rounded(kernel->input_bytes == 2, values[k]);
    return sum;
}

// Where mg_panels puts gate g of a unit, by its description.
static int
column_of(const struct shape *s, int g, int u)
{
    int first = u / MG_PANEL_UNITS * MG_PANEL_UNITS;
    int units = s->units - first < MG_PANEL_UNITS ? s->units - first : MG_PANEL_UNITS;
    return MG_GATES * first + g * units + u - first;
}

static void
check_sums(const struct mg_kernel *kernel, const struct shape *s)
{
    float y[ROWS_MAX * WIDTH_MAX];
    int width = run(kernel, s, y), offset = s->a == INPUTS_MAX ? 0 : 1;
    for (int r = 0; r < s->rows; r++)
        for (int g = 0; g < MG_GATES; g++)
            for (int u = 0; u < s->units; u++) {
                int row = (g * s->units + u) * INPUTS_MAX, at = column_of(s, g, u);
                double sum = (double)start[at];
                sum += dot(kernel, s->a, weight[0] + row + offset, x + r * INPUTS_MAX);
                sum +=
                    dot(kernel, s->b, weight[1] + row, x + (ROWS_MAX + r) * INPUTS_MAX);
                // Up to 180 terms below 0.25: rounding stays below 1e-5.
                if (!(fabs((double)y[r * width + at] - sum) < 1e-5))
                    fail_msg("%s, precision %d, K %d + %d: row %d gate %d unit %d: "
                             "%g, not %g",
                             kernel->name, kernel->precision, s->a, s->b, r, g, u,
                             (double)y[r * width + at], sum);
            }
}

static void
sums_are_right(void **unused)
{
    (void)unused;
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++)
        for (int s = 0; s < SHAPE_COUNT && (*k)->runs_here(); s++)
            check_sums(*k, &SHAPES[s]);
}

// Inputs of cells: mostly ordinary, some far out.
static void
fill_cells(float *sums, float *c)
{
    static const float far[] = {-1e30f, -200.0f, -29.5f, 29.5f, 200.0f, 1e30f};
    for (uint32_t i = 0; i < MG_BLOCK_ROWS * MG_PANEL_COLUMNS; i++)
        sums[i] = i % 11 == 3 ? far[i % 6] : 12.0f * unit(5000000 + i);
    for (uint32_t i = 0; i < MG_BLOCK_ROWS * MG_PANEL_UNITS; i++)
        c[i] = i % 7 == 5 ? 100.0f * unit(i) : 2.0f * unit(6000000 + i);
}

static double
sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

static void
cells_are_right(void **unused)
{
    (void)unused;
    enum { UNITS = 13, ROWS = 4 };
    float sums[MG_BLOCK_ROWS * MG_PANEL_COLUMNS], used[sizeof sums / sizeof *sums];
    float before[MG_BLOCK_ROWS * MG_PANEL_UNITS], c[sizeof before / sizeof *before];
    float h[sizeof before / sizeof *before];
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        if (!(*k)->runs_here())
            continue;
        fill_cells(sums, before);
        memcpy(c, before, sizeof c);
        memcpy(used, sums, sizeof used);
        (*k)->cells(ROWS, UNITS, UNITS, used, c, h, MG_PANEL_UNITS);
        for (int r = 0; r < ROWS; r++)
            for (int u = 0; u < UNITS; u++) {
                const float *z = sums + r * MG_PANEL_COLUMNS + u;
                int at = r * MG_PANEL_UNITS + u;
                double after = sigmoid((double)z[UNITS]) * (double)before[at] +
                               sigmoid((double)z[0]) * tanh((double)z[2 * UNITS]);
                double out = sigmoid((double)z[3 * UNITS]) * tanh(after);
                // Some rounding errors of numbers up to |c| + 1.
                double bound = 5e-7 * (1 + fabs((double)before[at]));
                assert_true(fabs((double)c[at] - after) < bound);
                assert_true(fabs((double)h[at] - out) < bound);
            }
    }
}

// A cell that was not a number must not spread further than itself.
static void
cells_take_anything(void **unused)
{
    (void)unused;
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        float sums[MG_PANEL_COLUMNS] = {NAN, INFINITY, -INFINITY, NAN};
        float c[MG_PANEL_UNITS] = {0}, h[MG_PANEL_UNITS];
        sums[MG_PANEL_UNITS] = INFINITY;
        if (!(*k)->runs_here())
            continue;
        (*k)->cells(1, MG_PANEL_UNITS, MG_PANEL_UNITS, sums, c, h, MG_PANEL_UNITS);
        for (int u = 0; u < MG_PANEL_UNITS; u++)
            assert_true(isfinite(c[u]) && isfinite(h[u]));
    }
}

#ifdef __x86_64__
static void
check_bits(const struct mg_kernel *one, const struct mg_kernel *two)
{
    float y[2][ROWS_MAX * WIDTH_MAX] = {0};
    for (int s = 0; s < SHAPE_COUNT; s++) {
        run(one, &SHAPES[s], y[0]);
        run(two, &SHAPES[s], y[1]);
        assert_memory_equal(y[0], y[1], sizeof y[0]);
    }
    enum { CELLS = MG_BLOCK_ROWS * MG_PANEL_UNITS };
    float sums[2][MG_BLOCK_ROWS * MG_PANEL_COLUMNS], c[2][CELLS], h[2][CELLS];
    for (int i = 0; i < 2; i++) {
        fill_cells(sums[i], c[i]);
        (i ? two : one)
            ->cells(MG_BLOCK_ROWS, MG_PANEL_UNITS, 5, sums[i], c[i], h[i],
                    MG_PANEL_UNITS);
    }
    assert_memory_equal(c[0], c[1], sizeof c[0]);
    assert_memory_equal(h[0], h[1], sizeof h[0]);
}

static void
fused_kernels_give_the_same_bits(void **unused)
{
    (void)unused;
    if (!mg_kernel_avx2.runs_here() || !mg_kernel_avx512.runs_here())
        skip();
    check_bits(&mg_kernel_avx2, &mg_kernel_avx512);
    check_bits(&mg_kernel_avx2_bf16, &mg_kernel_avx512_widened);
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(cells_are_right),
        cmocka_unit_test(cells_take_anything),
#ifdef __x86_64__
        cmocka_unit_test(fused_kernels_give_the_same_bits),
#endif
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
