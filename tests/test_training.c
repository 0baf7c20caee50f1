// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Training: optimisers by hand, batches, threads, checkpoints, and that it learns.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fixture.h"
#include "trainer/checkpoint.h"
#include "trainer/evaluate.h"

enum { PIECES = 5 };

static const struct mg_settings SETTINGS = {
    .shape =
        {
            .lowest_note = 40,
            .notes = 20,
            .steps_per_quarter = 2,
            .time_layers = 2,
            .time_units = {12, 8},
            .note_layers = 1,
            .note_units = {8},
        },
    .method = MG_METHOD_ADAM,
    .learning_rate = 0.01,
    .final_rate = 1.0,
    .clip = 5.0,
    .dropout = 0.25,
    .batch = 4,
    .segment = 12,
    .transpose_low = -2,
    .transpose_high = 3,
    .seed = 7,
    .updates = 100,
};

// Pieces in the middle of the range, of 9, 18, 27 ... steps.
static void
make_corpus(struct mg_corpus *corpus)
{
    *corpus = (struct mg_corpus){.steps_per_quarter = 2, .piece_count = PIECES};
    corpus->pieces = g_new0(struct mg_piece, PIECES);
    for (int i = 0; i < PIECES; i++) {
        struct mg_piece *piece = &corpus->pieces[i];
        piece->name = g_strdup_printf("%d", i);
        mg_fixture_roll(&piece->roll, 43, 12, 9 * (i + 1), (uint64_t)i);
        piece->lowest_key = 43;
        piece->highest_key = 54;
        corpus->steps += piece->roll.steps;
    }
}

static void
start(struct mg_training *training, const struct mg_settings *settings,
      const struct mg_corpus *corpus, int threads)
{
    struct mg_model *model = mg_model_create(&settings->shape, NULL);
    assert_non_null(model);
    mg_model_randomize(model, settings->seed);
    assert_int_equal(mg_training_init(training, settings, model, corpus, threads, NULL),
                     0);
}

// The first two updates of one weight, worked out from the papers' algorithms.
static void
adam_by_hand(void **unused)
{
    (void)unused;
    struct mg_optimizer o;
    float weight = 1, gradient = 0.5f;
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADAM, 0, 1), 0);
    mg_optimizer_update(&o, 0.1f, &weight, &gradient);
    // Corrected means: m = 0.5, v = 0.25: a step of 0.1 * 0.5 / 0.5.
    assert_true(fabsf(weight - 0.9f) < 1e-6f);
    gradient = -0.25f;
    mg_optimizer_update(&o, 0.1f, &weight, &gradient);
    double m = (0.9 * 0.05 - 0.1 * 0.25) / (1 - 0.81);
    double v = (0.999 * 0.00025 + 0.001 * 0.0625) / (1 - 0.999 * 0.999);
    assert_true(fabs((double)weight - (0.9 - 0.1 * m / sqrt(v))) < 1e-6);
    mg_optimizer_finish(&o);
}

static void
adadelta_by_hand(void **unused)
{
    (void)unused;
    struct mg_optimizer o;
    float weight = 1, gradient = 2;
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADADELTA, 0, 1), 0);
    mg_optimizer_update(&o, 1, &weight, &gradient);
    double g2 = 0.05 * 4, change = sqrt(1e-6 / (g2 + 1e-6)) * 2;
    assert_true(fabs((double)weight - (1 - change)) < 1e-7);
    double x2 = 0.05 * change * change, second;
    gradient = 1;
    mg_optimizer_update(&o, 1, &weight, &gradient);
    g2 = 0.95 * g2 + 0.05;
    second = sqrt((x2 + 1e-6) / (g2 + 1e-6));
    assert_true(fabs((double)weight - (1 - change - second)) < 1e-7);
    mg_optimizer_finish(&o);
}

static void
clipping_and_nonsense(void **unused)
{
    (void)unused;
    struct mg_optimizer o;
    float weights[2] = {0, 0}, gradient[2] = {30, 40};
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADAM, 5, 2), 0);
    assert_true(fabs(mg_optimizer_update(&o, 0.1f, weights, gradient) - 50) < 1e-4);
    assert_true(fabsf(gradient[0] - 3) < 1e-5f && fabsf(gradient[1] - 4) < 1e-5f);
    float kept[2] = {weights[0], weights[1]};
    gradient[0] = NAN;
    double norm = mg_optimizer_update(&o, 0.1f, weights, gradient);
    assert_true(isnan(norm) != 0);
    assert_memory_equal(kept, weights, sizeof kept);
    assert_int_equal(o.updates, 1);
    mg_optimizer_finish(&o);
}

// An epoch deals every piece by its length, inside its bounds and the model's range.
static void
an_epoch_is_fair(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_batches batches;
    make_corpus(&corpus);
    assert_int_equal(
        mg_batches_init(&batches, &corpus, &SETTINGS.shape, 7, 1, 12, -2, 9), 0);
    assert_int_equal(batches.card_count, 1 + 2 + 3 + 3 + 4);
    int dealt[PIECES] = {0}, first[13] = {0}, highest = -99, lowest = 99, differ = 0;
    for (int epoch = 0; epoch < 40; epoch++)
        for (int i = 0; i < 13; i++) {
            struct mg_segment s;
            mg_batches_get(&batches, epoch * 13 + i, &s);
            int piece =
                (int)(((const char *)s.roll - (const char *)&corpus.pieces[0].roll) /
                      (ptrdiff_t)sizeof(struct mg_piece));
            dealt[piece]++;
            assert_int_equal(s.steps, MIN(12, s.roll->steps));
            assert_true(s.start >= 0 && s.start + s.steps <= s.roll->steps);
            highest = MAX(highest, s.transpose);
            lowest = MIN(lowest, s.transpose);
            differ += epoch == 1 && first[i] != piece;
            first[i] = epoch == 0 ? piece : first[i];
        }
    const int expected[PIECES] = {40, 80, 120, 120, 160};
    assert_memory_equal(dealt, expected, sizeof dealt);
    assert_int_equal(lowest, -2);
    assert_int_equal(highest, 5); // key 54 may rise to 59
    assert_true(differ > 0);
    mg_batches_finish(&batches);
    mg_corpus_finish(&corpus);
}

static void
it_learns(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t;
    make_corpus(&corpus);
    struct mg_settings settings = SETTINGS;
    settings.dropout = 0;
    for (int method = 0; method < 2; method++) {
        settings.method = method ? MG_METHOD_ADAM : MG_METHOD_ADADELTA;
        settings.learning_rate = method ? 0.01 : 1;
        start(&t, &settings, &corpus, 2);
        struct mg_evaluator *e = mg_evaluator_create(&t.model->layout, 2);
        struct mg_loss before = mg_evaluator_run(e, t.model->weights, &corpus).loss;
        for (int i = 0; i < 60; i++)
            mg_training_update(&t);
        struct mg_loss after = mg_evaluator_run(e, t.model->weights, &corpus).loss;
        assert_true(after.play + after.articulate <
                    0.9 * (before.play + before.articulate));
        mg_evaluator_destroy(e);
        mg_training_finish(&t);
    }
    mg_corpus_finish(&corpus);
}

// Two threads take the same segments in another order of summing: equal but for
// rounding.
static void
threads_agree(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training one, two;
    make_corpus(&corpus);
    start(&one, &SETTINGS, &corpus, 1);
    start(&two, &SETTINGS, &corpus, 2);
    for (int i = 0; i < 5; i++) {
        struct mg_progress a = mg_training_update(&one), b = mg_training_update(&two);
        assert_true(fabs(a.loss.play - b.loss.play) < 1e-4 * a.loss.play);
    }
    mg_training_finish(&one);
    mg_training_finish(&two);
    mg_corpus_finish(&corpus);
}

static void
resume_goes_on_to_the_bit(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training whole, first, second;
    make_corpus(&corpus);
    start(&whole, &SETTINGS, &corpus, 2);
    start(&first, &SETTINGS, &corpus, 2);
    start(&second, &SETTINGS, &corpus, 2);
    for (int i = 0; i < 9; i++)
        mg_training_update(&whole);
    for (int i = 0; i < 4; i++)
        mg_training_update(&first);
    first.best_nats = 1.0 / 3.0;
    GBytes *bytes = mg_checkpoint_encode(&first);
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    assert_int_equal(mg_checkpoint_restore(&second, data, length, NULL), 0);
    assert_int_equal(second.update, 4);
    assert_true(second.best_nats == first.best_nats);
    for (int i = 0; i < 5; i++)
        mg_training_update(&second);
    assert_memory_equal(whole.model->weights, second.model->weights,
                        whole.optimizer.count * sizeof(float));
    g_bytes_unref(bytes);
    mg_training_finish(&whole);
    mg_training_finish(&first);
    mg_training_finish(&second);
    mg_corpus_finish(&corpus);
}

static void
a_wrong_checkpoint_is_refused(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t, other;
    make_corpus(&corpus);
    start(&t, &SETTINGS, &corpus, 1);
    struct mg_settings settings = SETTINGS;
    settings.batch = 5;
    start(&other, &settings, &corpus, 1);
    GBytes *bytes = mg_checkpoint_encode(&t);
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    GError *error = NULL;
    assert_int_not_equal(mg_checkpoint_restore(&other, data, length, &error), 0);
    assert_non_null(strstr(error->message, "--batch"));
    g_clear_error(&error);
    assert_int_not_equal(mg_checkpoint_restore(&t, data, length - 1, &error), 0);
    g_clear_error(&error);
    g_bytes_unref(bytes);
    mg_training_finish(&t);
    mg_training_finish(&other);
    mg_corpus_finish(&corpus);
}

// Any number of threads scores the same to the bit.
static void
scores_do_not_depend_on_threads(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    make_corpus(&corpus);
    struct mg_model *model = mg_fixture_model(&SETTINGS.shape, 1);
    struct mg_score scores[2];
    for (int i = 0; i < 2; i++) {
        struct mg_evaluator *e = mg_evaluator_create(&model->layout, 1 + 2 * i);
        scores[i] = mg_evaluator_run(e, model->weights, &corpus);
        mg_evaluator_destroy(e);
    }
    assert_memory_equal(&scores[0], &scores[1], sizeof scores[0]);
    assert_int_equal(scores[0].steps, corpus.steps);
    assert_true(scores[0].sounding > 0);
    mg_model_destroy(model);
    mg_corpus_finish(&corpus);
}

static void
holding_out_keeps_both_sides(void **unused)
{
    (void)unused;
    struct mg_corpus corpus, held_out;
    make_corpus(&corpus);
    int64_t steps = corpus.steps;
    mg_corpus_hold_out(&corpus, 3, &held_out);
    assert_true(corpus.piece_count > 0 && held_out.piece_count > 0);
    assert_int_equal(corpus.piece_count + held_out.piece_count, PIECES);
    assert_int_equal(corpus.steps + held_out.steps, steps);
    mg_corpus_finish(&corpus);
    mg_corpus_finish(&held_out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_by_hand),
        cmocka_unit_test(adadelta_by_hand),
        cmocka_unit_test(clipping_and_nonsense),
        cmocka_unit_test(an_epoch_is_fair),
        cmocka_unit_test(it_learns),
        cmocka_unit_test(threads_agree),
        cmocka_unit_test(resume_goes_on_to_the_bit),
        cmocka_unit_test(a_wrong_checkpoint_is_refused),
        cmocka_unit_test(scores_do_not_depend_on_threads),
        cmocka_unit_test(holding_out_keeps_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
