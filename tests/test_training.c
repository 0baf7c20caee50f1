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
    const struct mg_backend_choice choice = {
        .device = MG_DEVICE_CPU,
        .precision = MG_PRECISION_FP32,
        .threads = threads,
    };
    assert_int_equal(mg_training_init(training, settings, model, corpus, &choice, NULL),
                     0);
    training->held_out = corpus;
}

static struct mg_update
update(struct mg_training *training)
{
    struct mg_update update;
    assert_int_equal(mg_training_update(training, &update, NULL), 0);
    return update;
}

// The first two updates of one weight, worked out from the papers' algorithms.
static void
adam_by_hand(void **unused)
{
    (void)unused;
    struct mg_optimizer o;
    float weight = 1, gradient = 0.5f;
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADAM, 0, 0, 1), 0);
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
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADADELTA, 0, 0, 1), 0);
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

// A weight of no gradient decays by itself; the others decay and then move as without.
static void
decay_is_apart_from_the_gradient(void **unused)
{
    (void)unused;
    const enum mg_method methods[] = {MG_METHOD_ADAM, MG_METHOD_ADADELTA};
    for (int m = 0; m < 2; m++) {
        struct mg_optimizer with, without;
        float decayed[2] = {4, -3}, kept[2] = {4, -3};
        assert_int_equal(mg_optimizer_init(&with, methods[m], 0, 0.5f, 2), 0);
        assert_int_equal(mg_optimizer_init(&without, methods[m], 0, 0, 2), 0);
        for (int i = 0; i < 3; i++) {
            float gradient[2] = {0, 0.5f}, same[2] = {0, 0.5f}, before[2];
            memcpy(before, decayed, sizeof before);
            memcpy(kept, decayed, sizeof kept);
            mg_optimizer_update(&with, 0.1f, decayed, gradient);
            mg_optimizer_update(&without, 0.1f, kept, same);
            for (int j = 0; j < 2; j++)
                assert_true(fabsf(decayed[j] - (kept[j] - 0.05f * before[j])) < 1e-6f);
        }
        assert_true(fabsf(decayed[0] - 4 * 0.95f * 0.95f * 0.95f) < 1e-5f);
        mg_optimizer_finish(&without);
        mg_optimizer_finish(&with);
    }
}

static void
clipping_and_nonsense(void **unused)
{
    (void)unused;
    struct mg_optimizer o;
    float weights[2] = {0, 0}, gradient[2] = {30, 40};
    assert_int_equal(mg_optimizer_init(&o, MG_METHOD_ADAM, 5, 0, 2), 0);
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

// The likelihood of the best model that knows nothing but how often a key plays and is
// struck.
static double
nats_of_frequencies(const struct mg_corpus *corpus, int notes)
{
    double cells = 0, playing = 0, struck = 0;
    for (int i = 0; i < corpus->piece_count; i++) {
        const struct mg_roll *roll = &corpus->pieces[i].roll;
        cells += (double)roll->steps * notes;
        for (int c = 0; c < roll->steps * roll->notes; c++) {
            playing += roll->cells[c] & MG_CELL_PLAY ? 1 : 0;
            struck += roll->cells[c] & MG_CELL_ARTICULATE ? 1 : 0;
        }
    }
    return -playing * log(playing / cells) -
           (cells - playing) * log(1 - playing / cells) -
           struck * log(struck / playing) -
           (playing - struck) * log(1 - struck / playing);
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
    double bound = nats_of_frequencies(&corpus, settings.shape.notes);
    for (int method = 0; method < 2; method++) {
        settings.method = method ? MG_METHOD_ADAM : MG_METHOD_ADADELTA;
        settings.learning_rate = method ? 0.01 : 10; // AdaDelta starts slowly
        start(&t, &settings, &corpus, 2);
        struct mg_evaluator *e = mg_evaluator_create(&t.model->layout, 2);
        for (int i = 0; i < 150; i++)
            update(&t);
        struct mg_loss loss = mg_evaluator_run(e, t.model->weights, &corpus, NULL).loss;
        print_message("%g nats, %g by frequencies\n", loss.play + loss.articulate,
                      bound);
        assert_true(loss.play + loss.articulate < 0.9 * bound);
        mg_evaluator_destroy(e);
        mg_training_finish(&t);
    }
    mg_corpus_finish(&corpus);
}

// The rate of 20 updates: a line up to the full one, then half a cosine whose middle is that of
// the run.
static void
the_rate_rises_and_falls(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t;
    make_corpus(&corpus);
    struct mg_settings settings = SETTINGS;
    settings.updates = 20;
    settings.warmup = 4;
    settings.final_rate = 0.5;
    start(&t, &settings, &corpus, 1);
    double rate[20];
    for (int i = 0; i < 20; i++)
        rate[i] = update(&t).learning_rate / settings.learning_rate;
    for (int i = 0; i < 4; i++) {
        double share = 0.75 + 0.25 * cos(G_PI * i / 20);
        assert_true(fabs(rate[i] - share * (i + 1) / 4) < 1e-12);
    }
    assert_true(fabs(rate[10] - 0.75) < 1e-12);
    for (int i = 5; i < 20; i++)
        assert_true(rate[i] < rate[i - 1] && rate[i] > 0.5);
    mg_training_finish(&t);
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
        struct mg_update a = update(&one), b = update(&two);
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
        update(&whole);
    for (int i = 0; i < 4; i++)
        update(&first);
    first.best.score = (struct mg_score){.steps = 3, .loss = {.play = 1.0 / 3.0}};
    first.best.update = 2;
    first.best.model->weights[1] = 0.125f;
    first.watch.rollbacks = 1;
    GBytes *bytes = mg_checkpoint_encode(&first);
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    assert_int_equal(mg_checkpoint_restore(&second, data, length, NULL), 0);
    assert_int_equal(second.update, 4);
    assert_int_equal(second.best.update, 2);
    assert_true(mg_score_nats(&second.best.score) == mg_score_nats(&first.best.score));
    assert_true(second.best.model->weights[1] == 0.125f);
    assert_int_equal(second.watch.rollbacks, 1);
    second.watch.rollbacks = 0; // the others have their full rate
    for (int i = 0; i < 5; i++)
        update(&second);
    assert_memory_equal(whole.model->weights, second.model->weights,
                        whole.optimizer.count * sizeof(float));
    g_bytes_unref(bytes);
    mg_training_finish(&whole);
    mg_training_finish(&first);
    mg_training_finish(&second);
    mg_corpus_finish(&corpus);
}

// Restoring under other settings says which; the number of updates may grow.
static void
assert_restore_held_out(const struct mg_settings *settings,
                        const struct mg_corpus *corpus,
                        const struct mg_corpus *held_out, GBytes *bytes,
                        const char *named)
{
    struct mg_training other;
    GError *error = NULL;
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    start(&other, settings, corpus, 1);
    other.held_out = held_out;
    int status = mg_checkpoint_restore(&other, data, length, &error);
    assert_int_equal(status != 0, named != NULL);
    if (named && !strstr(error->message, named))
        fail_msg("'%s' does not name %s", error->message, named);
    g_clear_error(&error);
    mg_training_finish(&other);
}

static void
assert_restore(const struct mg_settings *settings, const struct mg_corpus *corpus,
               GBytes *bytes, const char *named)
{
    assert_restore_held_out(settings, corpus, corpus, bytes, named);
}

static void
a_wrong_checkpoint_is_refused(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t;
    make_corpus(&corpus);
    struct mg_settings base = SETTINGS, s;
    base.decay = 0.1;
    start(&t, &base, &corpus, 1);
    GBytes *bytes = mg_checkpoint_encode(&t);
    s = base;
    assert_restore(&s, &corpus, bytes, NULL);
    s.updates *= 2;
    assert_restore(&s, &corpus, bytes, NULL);
    s.final_rate = 0.5;
    assert_restore(&s, &corpus, bytes, "--final-rate");
#define ASSERT_NAMED(field, value, option)                                             \
    (s = base, s.field = (value), assert_restore(&s, &corpus, bytes, option))
    ASSERT_NAMED(shape.lowest_note, 41, "--notes");
    ASSERT_NAMED(shape.notes, 21, "--notes");
    ASSERT_NAMED(shape.steps_per_quarter, 4, "--steps-per-quarter");
    ASSERT_NAMED(shape.feature_set, MG_FEATURE_SET_FULL, "--features");
    ASSERT_NAMED(shape.time_layers, 1, "--time-units");
    ASSERT_NAMED(shape.note_units[0], 9, "--note-units");
    ASSERT_NAMED(method, MG_METHOD_ADADELTA, "--optimizer");
    ASSERT_NAMED(learning_rate, 0.02, "--learning-rate");
    ASSERT_NAMED(warmup, 10, "--warmup");
    ASSERT_NAMED(clip, 1.0, "--clip");
    ASSERT_NAMED(decay, 0.0, "--decay");
    ASSERT_NAMED(dropout, 0.5, "--dropout");
    ASSERT_NAMED(batch, 5, "--batch");
    ASSERT_NAMED(segment, 11, "--segment");
    ASSERT_NAMED(transpose_low, -3, "--transpose");
    ASSERT_NAMED(seed, 8, "--seed");
#undef ASSERT_NAMED
    struct mg_corpus smaller = corpus;
    smaller.piece_count--;
    assert_restore(&base, &smaller, bytes, "another corpus");
    assert_restore_held_out(&base, &corpus, &smaller, bytes, "held-out corpus");
    s.shape.lowest_note = 41; // it may follow from the corpus
    assert_restore(&s, &smaller, bytes, "another corpus");

    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    GBytes *cut = g_bytes_new(data, length - 1);
    assert_restore(&base, &corpus, cut, "");
    g_bytes_unref(cut);
    g_bytes_unref(bytes);
    mg_training_finish(&t);
    mg_corpus_finish(&corpus);
}

// One bit anywhere: in the header (but for the space that fills it up), in the arrays at
// every 101st byte.
static void
a_changed_checkpoint_is_refused(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t;
    make_corpus(&corpus);
    start(&t, &SETTINGS, &corpus, 1);
    t.best.score = (struct mg_score){.steps = 3, .loss = {.play = 1.0}};
    gsize length;
    uint8_t *data = g_bytes_unref_to_data(mg_checkpoint_encode(&t), &length);
    size_t header = 8 + (size_t)data[0] + 256 * (size_t)data[1];
    for (size_t i = 0; i < length; i += i < header ? 1 : 101) {
        if (i < header && data[i] == ' ')
            continue;
        data[i] ^= 1;
        GError *error = NULL;
        if (mg_checkpoint_restore(&t, data, length, &error) == 0)
            fail_msg("byte %zu of %zu is not missed", i, length);
        assert_non_null(error);
        g_clear_error(&error);
        data[i] ^= 1;
    }
    assert_int_equal(mg_checkpoint_restore(&t, data, length, NULL), 0);
    g_free(data);
    mg_training_finish(&t);
    mg_corpus_finish(&corpus);
}

static void
a_score_is_given_up(void **unused)
{
    (void)unused;
    struct mg_corpus corpus;
    struct mg_training t;
    struct mg_score score;
    make_corpus(&corpus);
    start(&t, &SETTINGS, &corpus, 2);
    volatile sig_atomic_t stop = 0;
    assert_int_equal(mg_training_score(&t, &stop, &score, NULL), 0);
    assert_true(score.steps == corpus.steps && score.pieces == corpus.piece_count);
    stop = SIGTERM;
    assert_int_equal(mg_training_score(&t, &stop, &score, NULL), 0);
    assert_int_equal(score.steps, 0);
    mg_training_finish(&t);
    mg_corpus_finish(&corpus);
}

static int
doubtful_until_lost(struct mg_watch *watch, double loss, double norm)
{
    for (int i = 1; i <= 100; i++)
        if (mg_watch_update(watch, loss, norm))
            return i;
    return 0;
}

static void
a_lost_loss_is_seen(void **unused)
{
    (void)unused;
    struct mg_watch watch = {0};
    assert_int_equal(doubtful_until_lost(&watch, 10.0, 1.0), 0);
    assert_true(fabs(watch.mean - 10.0) < 1e-9);
    assert_int_equal(doubtful_until_lost(&watch, 40.9, 1.0), 0); // no explosion
    watch = (struct mg_watch){.mean = 10.0};
    assert_int_equal(doubtful_until_lost(&watch, 41.1, 1.0), 10);
    watch = (struct mg_watch){.mean = 10.0};
    assert_int_equal(doubtful_until_lost(&watch, 10.0, (double)INFINITY), 10);
    watch = (struct mg_watch){.mean = 10.0};
    assert_int_equal(doubtful_until_lost(&watch, (double)NAN, 1.0), 10);
    watch = (struct mg_watch){.mean = 10.0, .doubtful = 9};
    assert_false(mg_watch_update(&watch, 10.0, 1.0)); // one good update ends the doubt
    assert_int_equal(watch.doubtful, 0);
    watch = (struct mg_watch){0};
    assert_int_equal(doubtful_until_lost(&watch, (double)NAN, (double)NAN), 10);
    assert_true(mg_watch_score((double)NAN, (double)INFINITY));
    assert_false(mg_watch_score(1e9, (double)INFINITY));
    assert_true(mg_watch_score(41.1, 10.0));
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
        scores[i] = mg_evaluator_run(e, model->weights, &corpus, NULL);
        mg_evaluator_destroy(e);
    }
    assert_true(scores[0].loss.play == scores[1].loss.play);
    assert_true(scores[0].loss.articulate == scores[1].loss.articulate);
    assert_int_equal(scores[0].steps, scores[1].steps);
    assert_int_equal(scores[0].sounding, scores[1].sounding);
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
        cmocka_unit_test(decay_is_apart_from_the_gradient),
        cmocka_unit_test(clipping_and_nonsense),
        cmocka_unit_test(an_epoch_is_fair),
        cmocka_unit_test(it_learns),
        cmocka_unit_test(the_rate_rises_and_falls),
        cmocka_unit_test(threads_agree),
        cmocka_unit_test(resume_goes_on_to_the_bit),
        cmocka_unit_test(a_wrong_checkpoint_is_refused),
        cmocka_unit_test(a_changed_checkpoint_is_refused),
        cmocka_unit_test(a_score_is_given_up),
        cmocka_unit_test(a_lost_loss_is_seen),
        cmocka_unit_test(scores_do_not_depend_on_threads),
        cmocka_unit_test(holding_out_keeps_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
