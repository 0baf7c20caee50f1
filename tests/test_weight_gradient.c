// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The weight gradient's product by every kernel that has it, against double precision.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "model/bf16.h"
#include "model/random.h"
#include "trainer/weight_gradient.h"

enum { CHUNKS = 2, ROWS_MAX = 33, INPUTS_MAX = 45, STRIDE = 48, PANELS = 2 };

static float input[CHUNKS][ROWS_MAX][STRIDE];
static float derivative[CHUNKS][PANELS][ROWS_MAX][MG_PANEL_COLUMNS];

// Inputs, rows of a chunk, columns of the last panel: blocks of one to six inputs, rows
// even and odd, panels of one to four vectors.
struct shape {
    int inputs, rows, columns;
};
static const struct shape SHAPES[] = {{1, 1, 16},   {6, 2, 64},   {7, 33, 32},
                                      {45, 32, 48}, {16, 17, 16}, {11, 8, 64}};
enum { SHAPE_COUNT = sizeof SHAPES / sizeof SHAPES[0] };

static float
unit(uint32_t at)
{
    return mg_random_unit(mg_random_at(1, MG_RANDOM_WEIGHTS, at, 0, 0).word[0]) - 0.5f;
}

static int
fill(void **unused)
{
    (void)unused;
    for (uint32_t i = 0; i < sizeof input / sizeof(float); i++)
        ((float *)input)[i] = unit(i);
    for (uint32_t i = 0; i < sizeof derivative / sizeof(float); i++)
        ((float *)derivative)[i] = unit(1000000 + i);
    return 0;
}

static double
rounded(const struct mg_kernel *kernel, float value)
{
    return (double)(kernel->precision == MG_PRECISION_BF16
                        ? mg_bf16_value(mg_bf16(value))
                        : value);
}

static double
expected(const struct mg_kernel *kernel, const struct shape *s, int k, int p,
         int column)
{
    double sum = 0;
    for (int c = 0; c < CHUNKS; c++)
        for (int r = 0; r < s->rows; r++)
            sum += rounded(kernel, input[c][r][k]) *
                   rounded(kernel, derivative[c][p][r][column]);
    return sum;
}

static void
check(const struct mg_kernel *kernel, const struct shape *s)
{
    struct mg_weight_gradient gradient;
    float rows[ROWS_MAX * STRIDE]; // as the kernel rounds them
    size_t words = STRIDE * (size_t)kernel->input_bytes / sizeof(float);
    assert_int_equal(
        mg_weight_gradient_init(&gradient, kernel, s->inputs, PANELS, s->rows), 0);
    for (int c = 0; c < CHUNKS; c++) {
        for (int r = 0; r < s->rows; r++)
            kernel->round(s->inputs, input[c][r], rows + (size_t)r * words);
        mg_weight_gradient_take(&gradient, s->rows, rows, words);
        for (int p = 0; p < PANELS; p++)
            mg_weight_gradient_add(&gradient, s->rows, p,
                                   p < PANELS - 1 ? MG_PANEL_COLUMNS : s->columns,
                                   derivative[c][p][0]);
    }
    for (int p = 0; p < PANELS; p++)
        for (int k = 0; k < s->inputs; k++)
            for (int j = 0; j < MG_PANEL_COLUMNS; j++) {
                bool used = p < PANELS - 1 || j < s->columns;
                double sum = used ? expected(kernel, s, k, p, j) : 0;
                double got =
                    (double)gradient.sums[(p * s->inputs + k) * MG_PANEL_COLUMNS + j];
                // Up to 66 terms below 0.25: rounding stays below 1e-5.
                if (!(fabs(got - sum) < 1e-5))
                    fail_msg("%s, %d bytes: input %d, panel %d, column %d: %g, not %g",
                             kernel->name, kernel->input_bytes, k, p, j, got, sum);
            }
    mg_weight_gradient_finish(&gradient);
}

static void
sums_are_right(void **unused)
{
    (void)unused;
    int kernels = 0;
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        if (!(*k)->sums_across || !(*k)->runs_here())
            continue;
        for (int s = 0; s < SHAPE_COUNT; s++)
            check(*k, &SHAPES[s]);
        kernels++;
    }
    assert_true(kernels > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_are_right)};
    return cmocka_run_group_tests(tests, fill, NULL);
}
