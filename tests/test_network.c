// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network at play against its double-precision reference: features, and each step.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/activation.h"
#include "model/features.h"
#include "model/hearing.h"
#include "model/network.h"
#include "model/recall.h"
#include "tests/fixture.h"
#include "tests/reference.h"
#include "trainer/model_reader.h"

static void
features_match(void **unused)
{
    (void)unused;
    enum { F = MG_FEATURES_OF_FULL };
    struct mg_roll roll;
    struct mg_recall recall = {0};
    uint16_t heard[88];
    mg_fixture_roll(&roll, 21, 88, MG_FIXTURE_STEPS, 3);
    float *real = calloc(88 * F, sizeof *real);
    float *seed = calloc(88 * F, sizeof *seed);
    for (int t = 0; t < MG_FIXTURE_STEPS; t++) {
        mg_recall_listen(&recall, 88, mg_roll_row(&roll, t), heard);
        mg_features(MG_FEATURE_SET_FULL, 21, 88, heard, mg_beat_of(t), real);
        mg_features(MG_FEATURE_SET_SEED, 21, 88, heard, mg_beat_of(t), seed);
        for (int n = 0; n < 88; n++) {
            double expected[F];
            mg_reference_features(F, &roll, n, t, expected);
            for (int f = 0; f < F; f++)
                assert_true(fabs((double)real[n * F + f] - expected[f]) < 1e-6);
            assert_memory_equal(&seed[n * MG_FEATURES_OF_SEED], &real[n * F],
                                MG_FEATURES_OF_SEED * sizeof *seed);
        }
    }
    free(seed);
    free(real);
    mg_roll_finish(&roll);
}

static void
activations_match(void **unused)
{
    (void)unused;
    for (int i = -5840; i < 5840; i++) {
        double x = 0.0137 * i;
        double e = exp((double)(float)x);
        assert_true(fabs((double)mg_exp((float)x) / e - 1) < 2e-7);
        assert_true(fabs((double)mg_sigmoid((float)x) - 1 / (1 + 1 / e)) < 2e-7);
        assert_true(fabs((double)mg_tanh((float)x) - tanh((double)(float)x)) < 3e-7);
        double y = (double)(float)e;
        assert_true(fabs((double)mg_log((float)e) - log(y)) <= 2e-7 * fabs(log(y)));
    }
}

// What the first layer gets of the features, against features times weights.
static void
check_hearing(const struct mg_kernel *kernel)
{
    struct mg_model *model = mg_fixture_model(&mg_fixture_odd, 11);
    const struct mg_lstm *lstm = &model->layout.time[0];
    int N = mg_fixture_odd.notes, H = lstm->units, F = lstm->inputs;
    struct mg_gate_weights none = {0};
    struct mg_panels panels;
    struct mg_hearing hearing;
    struct mg_roll roll;
    struct mg_recall recall = {0};
    uint16_t heard[MG_NOTES_MAX];
    mg_fixture_roll(&roll, mg_fixture_odd.lowest_note, N, MG_FIXTURE_STEPS, 12);
    assert_int_equal(mg_panels_init(&panels, H, MG_PANEL_FP32, 64, &none, &none), 0);
    assert_int_equal(mg_hearing_init(&hearing, &model->layout, model->weights, &panels),
                     0);
    float *x = calloc((size_t)N * (size_t)F, sizeof *x);
    float *sums = calloc(MG_PANEL_COLUMNS, sizeof *sums);
    float *gates = calloc(4 * (size_t)H, sizeof *gates);
    float *expected = calloc((size_t)panels.width, sizeof *expected);
    for (int t = 0; t < MG_FIXTURE_STEPS; t++) {
        mg_recall_listen(&recall, N, mg_roll_row(&roll, t), heard);
        mg_features(mg_fixture_odd.feature_set, mg_fixture_odd.lowest_note, N, heard,
                    mg_beat_of(t), x);
        mg_hearing_listen(&hearing, heard, 7, N);
        mg_hearing_listen(&hearing, heard, 0, 7);
        for (int n = 0; n < N; n++) {
            for (int j = 0; j < 4 * H; j++) {
                gates[j] = model->weights[lstm->bias + (size_t)j];
                for (int f = 0; f < F; f++)
                    gates[j] += x[n * F + f] *
                                model->weights[lstm->weight_ih + (size_t)(j * F + f)];
            }
            mg_panels_arrange(&panels, gates, 1, expected);
            for (int p = 0; p < panels.count; p++) {
                mg_hearing_sums(&hearing, kernel, mg_beat_of(t), p, n, n + 1, sums);
                for (int j = 0; j < mg_panels_columns(&panels, p); j++)
                    assert_true(fabsf(sums[j] - expected[p * MG_PANEL_COLUMNS + j]) <
                                2e-5f);
            }
        }
    }
    free(expected);
    free(gates);
    free(sums);
    free(x);
    mg_roll_finish(&roll);
    mg_hearing_finish(&hearing);
    mg_panels_finish(&panels);
    mg_model_destroy(model);
}

static void
hearing_matches(void **unused)
{
    (void)unused;
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++)
        if ((*k)->runs_here())
            check_hearing(*k);
}

// fp32 sums of up to 117 terms of size 1, in two dozen layers and steps: 1e-5 is a
// hundred rounding errors; a wrong index is off by 0.01.  A bf16 number is right to 1 in
// 512.
static const double TOLERANCE = 1e-5, BF16_TOLERANCE = 0.02;

static void
steps_match_with(const struct mg_shape *shape, const struct mg_kernel *kernel)
{
    struct mg_model *model = mg_fixture_model(shape, 1);
    double *weights = mg_fixture_weights(model);
    struct mg_roll roll;
    mg_fixture_roll(&roll, shape->lowest_note, shape->notes, MG_FIXTURE_STEPS, 2);
    size_t count = MG_FIXTURE_STEPS * 2 * (size_t)shape->notes;
    double *expected = calloc(count, sizeof *expected);
    float *z = calloc(count, sizeof *z);
    mg_reference_run(&model->layout, weights, &roll, NULL, 0, expected);
    struct mg_network_config config = {.kernel = kernel};
    mg_fixture_play(model, &config, &roll, z);
    double bound = kernel->precision == MG_PRECISION_FP32 ? TOLERANCE : BF16_TOLERANCE;
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)mg_sigmoid(z[i]) - expected[i]) < bound))
            fail_msg("%s, precision %d: P %zu is %g, not %g", kernel->name,
                     kernel->precision, i, (double)mg_sigmoid(z[i]), expected[i]);
    free(z);
    free(expected);
    mg_roll_finish(&roll);
    free(weights);
    mg_model_destroy(model);
}

static void
steps_match(void **unused)
{
    (void)unused;
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++)
        if ((*k)->runs_here()) {
            steps_match_with(&mg_fixture_small, *k);
            steps_match_with(&mg_fixture_recalling, *k);
            steps_match_with(&mg_fixture_odd, *k);
        }
}

// The worse order: the second half first.
static void
run_backwards(void *self, void (*job)(void *context, int half), void *context)
{
    ++*(int *)self;
    job(context, 1);
    job(context, 0);
}

// Not on the number of threads, and in fp32 not on whether AVX-512 is there.
static void
bits_do_not_depend_on_the_machine(void **unused)
{
    (void)unused;
    struct mg_model *model = mg_fixture_model(&mg_fixture_odd, 1);
    struct mg_roll roll;
    int runs = 0;
    mg_fixture_roll(&roll, mg_fixture_odd.lowest_note, mg_fixture_odd.notes,
                    MG_FIXTURE_STEPS, 2);
    size_t bytes = MG_FIXTURE_STEPS * 2 * (size_t)mg_fixture_odd.notes * sizeof(float);
    float *one = malloc(bytes), *other = malloc(bytes);
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        struct mg_network_config alone = {.kernel = *k};
        struct mg_network_config pair = {.kernel = *k, .pair = {run_backwards, &runs}};
        if (!(*k)->runs_here())
            continue;
        mg_fixture_play(model, &alone, &roll, one);
        mg_fixture_play(model, &pair, &roll, other);
        assert_memory_equal(one, other, bytes);
    }
    assert_true(runs >= 2 * MG_FIXTURE_STEPS);
#ifdef __x86_64__
    if (mg_kernel_avx512.runs_here() && mg_kernel_avx2.runs_here()) {
        struct mg_network_config avx512 = {.kernel = &mg_kernel_avx512};
        struct mg_network_config avx2 = {.kernel = &mg_kernel_avx2};
        mg_fixture_play(model, &avx512, &roll, one);
        mg_fixture_play(model, &avx2, &roll, other);
        assert_memory_equal(one, other, bytes);
    }
#endif
    free(other);
    free(one);
    mg_roll_finish(&roll);
    mg_model_destroy(model);
}

// -ln of what the network gave a piece, in nats per step.  z: (T, N, 2) logits.
static double
nats_per_step(const struct mg_roll *roll, const float *z)
{
    double nats = 0;
    for (int i = 0; i < roll->steps * roll->notes; i++, z += 2) {
        int plays = roll->cells[i] & MG_CELL_PLAY;
        int articulates = roll->cells[i] & MG_CELL_ARTICULATE;
        nats += log1p(exp(plays ? -(double)z[0] : (double)z[0]));
        if (plays)
            nats += log1p(exp(articulates ? -(double)z[1] : (double)z[1]));
    }
    return nats / roll->steps;
}

// The notes of a piece that a model knows.
static void
cut(const struct mg_roll *wide, const struct mg_shape *shape, struct mg_roll *roll)
{
    assert_int_equal(mg_roll_init(roll, shape->lowest_note, shape->notes, wide->steps),
                     0);
    for (int t = 0; t < wide->steps; t++)
        memcpy(mg_roll_row(roll, t),
               mg_roll_row(wide, t) + shape->lowest_note - wide->lowest_note,
               (size_t)shape->notes);
}

// A trained network in bf16 likes a piece as much as in fp32.
static void
bf16_loses_little(void **unused)
{
    (void)unused;
    struct mg_model *model =
        mg_model_read(mg_ranks_alone(), "presets/chorale.safetensors", NULL);
    assert_non_null(model); // tests are run from the root
    const struct mg_shape *shape = &model->layout.shape;
    struct mg_piece piece;
    assert_int_equal(mg_corpus_read_piece("presets/chorale.mid", "chorale",
                                          shape->steps_per_quarter, &piece, NULL),
                     0);
    struct mg_roll roll;
    cut(&piece.roll, shape, &roll);
    float *z = calloc((size_t)roll.steps * (size_t)roll.notes * 2, sizeof *z);
    struct mg_network_config fp32 = {.precision = MG_PRECISION_FP32};
    mg_fixture_play(model, &fp32, &roll, z);
    double nats = nats_per_step(&roll, z);
    assert_true(nats > 0.1 && nats < 10);
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        struct mg_network_config config = {.kernel = *k};
        if (!(*k)->runs_here() || (*k)->precision != MG_PRECISION_BF16)
            continue;
        mg_fixture_play(model, &config, &roll, z);
        if (!(fabs(nats_per_step(&roll, z) - nats) < 0.005))
            fail_msg("%s: %g nats a step, in fp32 %g", (*k)->name,
                     nats_per_step(&roll, z), nats);
        assert_true(nats_per_step(&roll, z) != nats);
    }
    free(z);
    mg_roll_finish(&roll);
    mg_corpus_finish_piece(&piece);
    mg_model_destroy(model);
}

// Logits of the lowest note after six steps of one chord.
static void
repeat_chord(struct mg_network *network, float logits[2])
{
    static const uint8_t STATE[14] = {0, 3, 0, 1};
    for (int i = 0; i < 6; i++)
        mg_network_listen(network, STATE, 15);
    mg_network_next_note(network, 0, logits);
}

static void
network_resets(void **unused)
{
    (void)unused;
    struct mg_model *model = mg_fixture_model(&mg_fixture_recalling, 1);
    struct mg_network *network = mg_network_create(model);
    float first[2], again[2], after[2];
    repeat_chord(network, first);
    repeat_chord(network, after);
    mg_network_reset(network);
    repeat_chord(network, again);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_not_equal(first, after, sizeof first);
    mg_network_destroy(network);
    mg_model_destroy(model);
}

// Asks for every note of a step as if `cells` were chosen.  logits: (N, 2).
static void
ask_step(struct mg_network *network, const uint8_t *cells, float *logits)
{
    for (int n = 0; n < mg_network_shape(network)->notes; n++)
        mg_network_next_note(network, n ? cells[n - 1] : 0, logits + (size_t)n * 2);
}

enum { SMALL_NOTES = 14 };
static const uint8_t CHORD[SMALL_NOTES] = {0, 3, 0, 1, 0, 0, 3};
static const uint8_t OTHER_CHORD[SMALL_NOTES] = {1, 0, 0, 0, 3};

static void
notes_are_asked_again(void **unused)
{
    (void)unused;
    struct mg_model *model = mg_fixture_model(&mg_fixture_small, 1);
    struct mg_network *network = mg_network_create(model);
    float first[2 * SMALL_NOTES], other[2 * SMALL_NOTES], again[2 * SMALL_NOTES];
    float half[2];
    mg_network_listen(network, CHORD, 15);
    ask_step(network, CHORD, first);
    mg_network_again(network);
    ask_step(network, OTHER_CHORD, other);
    mg_network_again(network);
    mg_network_next_note(network, 0, half); // given up in the middle
    mg_network_again(network);
    ask_step(network, CHORD, again);
    assert_memory_equal(first, again, sizeof first);
    assert_memory_equal(first, half, sizeof half);
    assert_memory_not_equal(first, other, sizeof first);
    mg_network_destroy(network);
    mg_model_destroy(model);
}

// A state saved between steps, or when the network has listened, brings the same music.
static void
state_of_shape_is_kept(const struct mg_shape *shape)
{
    struct mg_model *model = mg_fixture_model(shape, 1);
    struct mg_network *network = mg_network_create(model);
    void *between = malloc(mg_network_state_bytes(network));
    void *listened = malloc(mg_network_state_bytes(network));
    float first[2][2 * SMALL_NOTES], later[2][2 * SMALL_NOTES];
    for (int i = 0; i < 5; i++) // something to recall
        mg_network_listen(network, i % 2 ? CHORD : OTHER_CHORD, 15);
    ask_step(network, CHORD, first[0]);

    mg_network_save(network, between);
    mg_network_listen(network, CHORD, 0);
    mg_network_save(network, listened);
    ask_step(network, CHORD, first[0]);
    mg_network_listen(network, OTHER_CHORD, 1);
    ask_step(network, CHORD, first[1]);

    mg_network_restore(network, listened);
    mg_network_listen(network, OTHER_CHORD, 1);
    ask_step(network, CHORD, later[1]);
    assert_memory_equal(first[1], later[1], sizeof first[1]);

    mg_network_restore(network, between);
    mg_network_listen(network, CHORD, 0);
    ask_step(network, CHORD, later[0]);
    mg_network_listen(network, OTHER_CHORD, 1);
    ask_step(network, CHORD, later[1]);
    assert_memory_equal(first, later, sizeof first);
    assert_memory_not_equal(first[0], first[1], sizeof first[0]);
    free(listened);
    free(between);
    mg_network_destroy(network);
    mg_model_destroy(model);
}

static void
state_is_kept(void **unused)
{
    (void)unused;
    state_of_shape_is_kept(&mg_fixture_small);
    state_of_shape_is_kept(&mg_fixture_recalling);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_match),
        cmocka_unit_test(activations_match),
        cmocka_unit_test(hearing_matches),
        cmocka_unit_test(steps_match),
        cmocka_unit_test(bits_do_not_depend_on_the_machine),
        cmocka_unit_test(bf16_loses_little),
        cmocka_unit_test(network_resets),
        cmocka_unit_test(notes_are_asked_again),
        cmocka_unit_test(state_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
