// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The matrix product: right, and the same bits for every instruction set of this machine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>

// The variants are static: this test looks inside, under names of its own.
#define mg_packed_init product_under_test_init
#define mg_packed_finish product_under_test_finish
#define mg_product_add product_under_test_add
#include "model/product.c" // NOLINT(bugprone-suspicious-include)
#include "model/random.h"

enum { ROWS_MAX = 20, OUTPUTS_MAX = 70, INPUTS_MAX = 90, STRIDE = 100 };

static float weight[OUTPUTS_MAX * STRIDE], x[ROWS_MAX * STRIDE];

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
    for (uint32_t i = 0; i < OUTPUTS_MAX * STRIDE; i++)
        weight[i] = unit(i);
    for (uint32_t i = 0; i < ROWS_MAX * STRIDE; i++)
        x[i] = unit(100000 + i);
    return 0;
}

typedef void product(const struct mg_packed *, int, const float *, int, float *, int);

// Columns 3 .. of the weights, and y not zero before.
static void
run(product *variant, int rows, int outputs, int inputs, float *y)
{
    struct mg_packed packed;
    assert_int_equal(mg_packed_init(&packed, weight, outputs, STRIDE, 3, inputs), 0);
    for (int i = 0; i < rows * STRIDE; i++)
        y[i] = 0.25f;
    variant(&packed, rows, x, STRIDE, y, STRIDE);
    mg_packed_finish(&packed);
}

static const int SHAPES[][3] = {{1, 1, 1},   {6, 16, 90},  {7, 17, 33},
                                {13, 70, 5}, {20, 64, 64}, {5, 48, 89}};

static void
products_are_right(void **unused)
{
    (void)unused;
    float y[ROWS_MAX * STRIDE];
    for (size_t s = 0; s < sizeof SHAPES / sizeof SHAPES[0]; s++) {
        int rows = SHAPES[s][0], outputs = SHAPES[s][1], inputs = SHAPES[s][2];
        run(mg_product_add, rows, outputs, inputs, y);
        for (int r = 0; r < rows; r++)
            for (int o = 0; o < STRIDE; o++) {
                double sum = 0.25;
                for (int k = 0; k < inputs && o < outputs; k++)
                    sum +=
                        (double)x[r * STRIDE + k] * (double)weight[o * STRIDE + 3 + k];
                // Sums of up to 90 terms under 0.25: rounding stays below 1e-5.
                assert_true(fabs((double)y[r * STRIDE + o] - sum) < 1e-5);
            }
    }
}

static void
variants_give_the_same_bits(void **unused)
{
    (void)unused;
    float y[ROWS_MAX * STRIDE], other[ROWS_MAX * STRIDE];
    for (size_t s = 0; s < sizeof SHAPES / sizeof SHAPES[0]; s++) {
        int rows = SHAPES[s][0], outputs = SHAPES[s][1], inputs = SHAPES[s][2];
        size_t bytes = (size_t)rows * STRIDE * sizeof *y;
        run(product_4, rows, outputs, inputs, y);
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2")) {
            run(product_8, rows, outputs, inputs, other);
            assert_memory_equal(y, other, bytes);
        }
        if (__builtin_cpu_supports("avx512f")) {
            run(product_16, rows, outputs, inputs, other);
            assert_memory_equal(y, other, bytes);
        }
#endif
        run(mg_product_add, rows, outputs, inputs, other);
        assert_memory_equal(y, other, bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_right),
        cmocka_unit_test(variants_give_the_same_bits),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
