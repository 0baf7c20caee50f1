// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What ranks of any kind have in common: slices, the order of the sums, agreement.  Without
// MPI: the other ranks are made up.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "trainer/accord.h"
#include "trainer/backprop.h"
#include "trainer/gradient_sum.h"

enum { CALLS_MAX = 16 };

// Rank 0 or 1 of two.
struct made_up {
    struct mg_ranks base;
    double other_sum[4]; // what the other rank adds to a sum
    uint64_t first;      // what rank 0 broadcasts, where it is the other
    const float *begun[CALLS_MAX];
    size_t counts[CALLS_MAX];
    int calls;
};

static void
begin_sum(struct mg_ranks *ranks, float *values, size_t count)
{
    struct made_up *r = (struct made_up *)ranks;
    assert_true(r->calls < CALLS_MAX);
    r->begun[r->calls] = values;
    r->counts[r->calls++] = count;
}

static int
add_other(struct mg_ranks *ranks, double *values, size_t count, GError **error)
{
    (void)error;
    struct made_up *r = (struct made_up *)ranks;
    for (size_t i = 0; i < count; i++)
        values[i] += r->other_sum[i];
    return 0;
}

static int
hear_first(struct mg_ranks *ranks, void *bytes, size_t length, GError **error)
{
    (void)error;
    struct made_up *r = (struct made_up *)ranks;
    if (ranks->rank)
        memcpy(bytes, &r->first, MIN(length, sizeof r->first));
    return 0;
}

static const struct mg_ranks_ops OPS = {
    .begin_sum = begin_sum,
    .sum = add_other,
    .broadcast = hear_first,
};

static char *NAMES[] = {(char[]){"here"}, (char[]){"there"}, NULL};

static struct made_up
rank_of_two(int rank)
{
    return (struct made_up){
        .base = {.ops = &OPS, .rank = rank, .size = 2, .names = NAMES}};
}

static void
slices_are_all_of_it(void **unused)
{
    (void)unused;
    for (int size = 1; size <= 9; size++)
        for (int count = size; count <= 40; count++) {
            int next = 0;
            for (int rank = 0; rank < size; rank++) {
                struct mg_ranks ranks = {.rank = rank, .size = size};
                int first, own;
                mg_ranks_slice(&ranks, count, &first, &own);
                assert_int_equal(first, next);
                assert_in_range(own, count / size, (count + size - 1) / size);
                next += own;
            }
            assert_int_equal(next, count);
        }
}

static struct mg_model *
small_model(void)
{
    const struct mg_shape shape = {
        .lowest_note = 40,
        .notes = 12,
        .steps_per_quarter = 2,
        .time_layers = 2,
        .time_units = {5, 4},
        .note_layers = 1,
        .note_units = {3},
    };
    struct mg_model *model = mg_model_create(&shape, NULL);
    assert_non_null(model);
    mg_model_randomize(model, 1);
    return model;
}

// Parts that are complete in another order, and by halves, travel in their own, each once.
static void
parts_travel_in_order(void **unused)
{
    (void)unused;
    struct mg_model *model = small_model();
    struct made_up r = rank_of_two(0);
    struct mg_gradient_sum sum;
    float *gradient = model->weights;
    int parts = mg_backprop_parts(&model->layout);
    mg_gradient_sum_begin(&sum, &r.base, &model->layout);
    for (int part = parts - 1; part >= 0; part--) {
        size_t offset, count;
        mg_backprop_part(&model->layout, part, &offset, &count);
        assert_int_equal(r.calls, 0);
        mg_gradient_sum_ready(&sum, gradient, offset, count / 2);
        assert_int_equal(r.calls, 0);
        mg_gradient_sum_ready(&sum, gradient, offset + count / 2, count - count / 2);
    }
    assert_int_equal(r.calls, parts);
    size_t all = 0;
    for (int part = 0; part < parts; part++) {
        size_t offset, count;
        mg_backprop_part(&model->layout, part, &offset, &count);
        assert_ptr_equal(r.begun[part], gradient + offset);
        assert_int_equal(r.counts[part], count);
        all += count;
    }
    assert_int_equal(all, model->layout.parameters);
    mg_model_destroy(model);
}

static void
first_that_failed_says_so(void **unused)
{
    (void)unused;
    GError *error = NULL;
    struct made_up r = rank_of_two(1);
    assert_int_equal(mg_ranks_agree(&r.base, 0, &error), 0);
    g_set_error(&error, G_FILE_ERROR, G_FILE_ERROR_IO, "no disk");
    assert_int_equal(mg_ranks_agree(&r.base, -EIO, &error), -EIO);
    assert_string_equal(error->message, "rank 1 on there: no disk");
    r.other_sum[0] = 1; // rank 0, too
    assert_int_equal(mg_ranks_agree(&r.base, -EIO, &error), -ECANCELED);
    assert_null(error);
    assert_int_equal(mg_ranks_agree(&r.base, 0, &error), -ECANCELED);
}

static void
other_weights_are_noticed(void **unused)
{
    (void)unused;
    GError *error = NULL;
    struct mg_model *model = small_model();
    struct made_up first = rank_of_two(0), second = rank_of_two(1);
    assert_int_equal(mg_accord_weights(&first.base, model, &error), 0);
    first.other_sum[1] = 1; // what rank 1 adds where it has something else
    assert_int_equal(mg_accord_weights(&first.base, model, &error), -ESTALE);
    assert_non_null(strstr(error->message, "rank 1 on there has other weights"));
    g_clear_error(&error);
    second.first = 12345;
    assert_int_equal(mg_accord_weights(&second.base, model, &error), -ESTALE);
    assert_null(error);
    mg_model_destroy(model);
}

static void
alone_there_is_nobody_to_ask(void **unused)
{
    (void)unused;
    GError *error = NULL;
    struct mg_ranks *alone = mg_ranks_alone();
    int other = 1;
    assert_int_equal(alone->size, 1);
    assert_int_equal(mg_ranks_agree(alone, -EIO, &error), -EIO);
    assert_int_equal(mg_ranks_compare(alone, 5, &other, &error), 0);
    assert_int_equal(other, 0);
    mg_ranks_destroy(alone);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_are_all_of_it),
        cmocka_unit_test(parts_travel_in_order),
        cmocka_unit_test(first_that_failed_says_so),
        cmocka_unit_test(other_weights_are_noticed),
        cmocka_unit_test(alone_there_is_nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
