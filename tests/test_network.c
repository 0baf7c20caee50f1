// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network against its double-precision reference: features, the step at play, the
// whole pass of the trainer, and the gradient of every single weight.
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
#include "trainer/backprop.h"
#include "trainer/corpus.h"
#include "trainer/model_reader.h"

#define SMALL_SIZES                                                                    \
    .lowest_note = 40, .notes = 14, .steps_per_quarter = 2, .time_layers = 2,          \
    .time_units = {7, 5}, .note_layers = 2, .note_units = {6, 3}

static const struct mg_shape SMALL = {SMALL_SIZES};

// The same with what is recalled.
static const struct mg_shape RECALLING = {SMALL_SIZES,
                                          .feature_set = MG_FEATURE_SET_FULL};

// One layer on each axis, and sizes that are no multiple of a panel or a row block.
static const struct mg_shape ODD = {
    .lowest_note = 21,
    .notes = 31,
    .steps_per_quarter = 4,
    .feature_set = MG_FEATURE_SET_FULL,
    .time_layers = 1,
    .time_units = {37},
    .note_layers = 3,
    .note_units = {19, 5, 23},
};

enum { STEPS = 14 }; // some are recalled, some are 12 after others

static void
features_match(void **unused)
{
    (void)unused;
    enum { F = MG_FEATURES_OF_FULL };
    struct mg_roll roll;
    struct mg_recall recall = {0};
    uint16_t heard[88];
    mg_fixture_roll(&roll, 21, 88, STEPS, 3);
    float *real = calloc(88 * F, sizeof *real);
    float *seed = calloc(88 * F, sizeof *seed);
    for (int t = 0; t < STEPS; t++) {
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
    struct mg_model *model = mg_fixture_model(&ODD, 11);
    const struct mg_lstm *lstm = &model->layout.time[0];
    int N = ODD.notes, H = lstm->units, F = lstm->inputs;
    struct mg_gate_weights none = {0};
    struct mg_panels panels;
    struct mg_hearing hearing;
    struct mg_roll roll;
    struct mg_recall recall = {0};
    uint16_t heard[MG_NOTES_MAX];
    mg_fixture_roll(&roll, ODD.lowest_note, N, STEPS, 12);
    assert_int_equal(mg_panels_init(&panels, H, MG_PRECISION_FP32, 64, &none, &none),
                     0);
    assert_int_equal(mg_hearing_init(&hearing, &model->layout, model->weights, &panels),
                     0);
    float *x = calloc((size_t)N * (size_t)F, sizeof *x);
    float *sums = calloc(MG_PANEL_COLUMNS, sizeof *sums);
    float *gates = calloc(4 * (size_t)H, sizeof *gates);
    float *expected = calloc((size_t)panels.width, sizeof *expected);
    for (int t = 0; t < STEPS; t++) {
        mg_recall_listen(&recall, N, mg_roll_row(&roll, t), heard);
        mg_features(ODD.feature_set, ODD.lowest_note, N, heard, mg_beat_of(t), x);
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

// Teacher-forced logits of a whole piece by one kernel.  out: (T, N, 2).
static void
run_network(const struct mg_model *model, const struct mg_network_config *config,
            const struct mg_roll *roll, float *out)
{
    struct mg_network *network = mg_network_create_with(model, config);
    uint8_t *silence = calloc((size_t)roll->notes, 1);
    for (int t = 0; t < roll->steps; t++) {
        mg_network_listen(network, t ? mg_roll_row(roll, t - 1) : silence,
                          mg_beat_of(t - 1));
        for (int n = 0; n < roll->notes; n++, out += 2)
            mg_network_next_note(network, n ? mg_roll_row(roll, t)[n - 1] : 0, out);
    }
    free(silence);
    mg_network_destroy(network);
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
    mg_fixture_roll(&roll, shape->lowest_note, shape->notes, STEPS, 2);
    size_t count = STEPS * 2 * (size_t)shape->notes;
    double *expected = calloc(count, sizeof *expected);
    float *z = calloc(count, sizeof *z);
    mg_reference_run(&model->layout, weights, &roll, NULL, 0, expected);
    struct mg_network_config config = {.kernel = kernel};
    run_network(model, &config, &roll, z);
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
            steps_match_with(&SMALL, *k);
            steps_match_with(&RECALLING, *k);
            steps_match_with(&ODD, *k);
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
    struct mg_model *model = mg_fixture_model(&ODD, 1);
    struct mg_roll roll;
    int runs = 0;
    mg_fixture_roll(&roll, ODD.lowest_note, ODD.notes, STEPS, 2);
    size_t bytes = STEPS * 2 * (size_t)ODD.notes * sizeof(float);
    float *one = malloc(bytes), *other = malloc(bytes);
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        struct mg_network_config alone = {.kernel = *k};
        struct mg_network_config pair = {.kernel = *k, .pair = {run_backwards, &runs}};
        if (!(*k)->runs_here())
            continue;
        run_network(model, &alone, &roll, one);
        run_network(model, &pair, &roll, other);
        assert_memory_equal(one, other, bytes);
    }
    assert_true(runs >= 2 * STEPS);
#ifdef __x86_64__
    if (mg_kernel_avx512.runs_here() && mg_kernel_avx2.runs_here()) {
        struct mg_network_config avx512 = {.kernel = &mg_kernel_avx512};
        struct mg_network_config avx2 = {.kernel = &mg_kernel_avx2};
        run_network(model, &avx512, &roll, one);
        run_network(model, &avx2, &roll, other);
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
    run_network(model, &fp32, &roll, z);
    double nats = nats_per_step(&roll, z);
    assert_true(nats > 0.1 && nats < 10);
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        struct mg_network_config config = {.kernel = *k};
        if (!(*k)->runs_here() || (*k)->precision != MG_PRECISION_BF16)
            continue;
        run_network(model, &config, &roll, z);
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
    struct mg_model *model = mg_fixture_model(&RECALLING, 1);
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
    struct mg_model *model = mg_fixture_model(&SMALL, 1);
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
    state_of_shape_is_kept(&SMALL);
    state_of_shape_is_kept(&RECALLING);
}

static struct mg_packed *
pack(const struct mg_model *model, const struct mg_kernel *kernel)
{
    struct mg_packed *packed = mg_packed_create(&model->layout, kernel);
    assert_non_null(packed);
    mg_packed_take(packed, model->weights, 2);
    return packed;
}

// The trainer's forward pass over a piece cut into segments that carry the state.
static void
segments_match(void **unused)
{
    (void)unused;
    struct mg_model *model = mg_fixture_model(&ODD, 4);
    double *weights = mg_fixture_weights(model);
    struct mg_roll roll, heard;
    int N = ODD.notes;
    mg_fixture_roll(&roll, ODD.lowest_note, N, STEPS, 5);
    mg_fixture_recall(&roll, &heard);
    double *expected = calloc(STEPS * 2 * (size_t)N, sizeof *expected);
    double nats = mg_reference_run(&model->layout, weights, &roll, NULL, 0, expected);

    struct mg_packed *packed = pack(model, mg_kernel_pick(MG_PRECISION_FP32));
    struct mg_workspace *workspace =
        mg_workspace_create(&model->layout, packed->kernel, 4);
    float *p = calloc(2 * (size_t)N, sizeof *p);
    struct mg_loss loss = {0};
    for (int start = 0; start < STEPS; start += 4) {
        int steps = STEPS - start < 4 ? STEPS - start : 4;
        struct mg_segment segment = {.roll = &heard, .start = start, .steps = steps};
        mg_backprop_forward(workspace, packed, &segment, start > 0, NULL, &loss);
        for (int t = 0; t < steps; t++) {
            mg_backprop_probabilities(workspace, t, p);
            for (int i = 0; i < 2 * N; i++)
                assert_true(fabs((double)p[i] - expected[(start + t) * 2 * N + i]) <
                            TOLERANCE);
        }
    }
    assert_true(fabs(loss.play + loss.articulate - nats) < 1e-5 * nats);
    free(p);
    mg_workspace_destroy(workspace);
    mg_packed_destroy(packed);
    free(expected);
    mg_roll_finish(&heard);
    mg_roll_finish(&roll);
    free(weights);
    mg_model_destroy(model);
}

// A piece that is longer than every distance: what the trainer hears of it is what the network
// hears as it plays.
static void
long_piece_matches(void **unused)
{
    (void)unused;
    enum { LONG = 160 };
    struct mg_model *model = mg_fixture_model(&RECALLING, 4);
    struct mg_roll roll, heard;
    int N = RECALLING.notes;
    mg_fixture_roll(&roll, RECALLING.lowest_note, N, LONG, 5);
    mg_fixture_recall(&roll, &heard);
    float *z = calloc(LONG * 2 * (size_t)N, sizeof *z);
    struct mg_network_config config = {.precision = MG_PRECISION_FP32};
    run_network(model, &config, &roll, z);
    struct mg_packed *packed = pack(model, mg_kernel_pick(MG_PRECISION_FP32));
    struct mg_workspace *workspace =
        mg_workspace_create(&model->layout, packed->kernel, LONG);
    float *p = calloc(2 * (size_t)N, sizeof *p);
    struct mg_loss loss = {0};
    struct mg_segment segment = {.roll = &heard, .steps = LONG};
    mg_backprop_forward(workspace, packed, &segment, false, NULL, &loss);
    for (int t = 0; t < LONG; t++) {
        mg_backprop_probabilities(workspace, t, p);
        for (int i = 0; i < 2 * N; i++)
            assert_true(fabsf(p[i] - mg_sigmoid(z[t * 2 * N + i])) < (float)TOLERANCE);
    }
    free(p);
    mg_workspace_destroy(workspace);
    mg_packed_destroy(packed);
    free(z);
    mg_roll_finish(&heard);
    mg_roll_finish(&roll);
    mg_model_destroy(model);
}

// A segment inside a transposed piece sees the same as a piece cut and moved by hand.
static void
transposed_segment_matches(void **unused)
{
    (void)unused;
    struct mg_model *model = mg_fixture_model(&SMALL, 6);
    struct mg_roll wide, cut;
    mg_fixture_roll(&wide, 0, 128, 24, 7);
    mg_roll_init(&cut, SMALL.lowest_note, SMALL.notes, 24);
    for (int t = 0; t < 24; t++)
        memcpy(mg_roll_row(&cut, t), mg_roll_row(&wide, t) + SMALL.lowest_note - 3,
               (size_t)SMALL.notes);
    struct mg_packed *packed = pack(model, mg_kernel_pick(MG_PRECISION_FP32));
    struct mg_workspace *workspace =
        mg_workspace_create(&model->layout, packed->kernel, 5);
    struct mg_loss moved = {0}, plain = {0};
    struct mg_segment a = {.roll = &wide, .start = 11, .steps = 5, .transpose = 3};
    struct mg_segment b = {.roll = &cut, .start = 11, .steps = 5};
    mg_backprop_forward(workspace, packed, &a, false, NULL, &moved);
    mg_backprop_forward(workspace, packed, &b, false, NULL, &plain);
    assert_true(moved.play > 0 && moved.play == plain.play);
    assert_true(moved.articulate == plain.articulate);
    mg_workspace_destroy(workspace);
    mg_packed_destroy(packed);
    mg_roll_finish(&cut);
    mg_roll_finish(&wide);
    mg_model_destroy(model);
}

// The gradient of one segment by a kernel, as the weights are laid out; freed by the
// caller.
static float *
gradient_of(const struct mg_model *model, const struct mg_kernel *kernel,
            const struct mg_segment *segment, const struct mg_dropout *dropout)
{
    struct mg_packed *packed = pack(model, kernel);
    struct mg_workspace *workspace =
        mg_workspace_create(&model->layout, kernel, segment->steps);
    float *gradient = calloc(model->layout.parameters, sizeof *gradient);
    struct mg_loss loss = {0};
    mg_backprop_forward(workspace, packed, segment, false, dropout, &loss);
    mg_backprop_backward(workspace, packed, 1.0f, NULL, NULL);
    for (int part = 0; part < mg_backprop_parts(&model->layout); part++)
        mg_backprop_give(workspace, part, gradient);
    mg_workspace_destroy(workspace);
    mg_packed_destroy(packed);
    return gradient;
}

// The loss of the reference, by central differences for every weight.  The step 1e-5
// leaves an error of about 1e-9 in double.  Freed by the caller.
static double *
differences(const struct mg_model *model, const struct mg_roll *roll,
            const struct mg_segment *segment, const struct mg_dropout *dropout)
{
    const struct mg_layout *layout = &model->layout;
    double *weights = mg_fixture_weights(model);
    double *out = calloc(layout->parameters, sizeof *out);
    for (size_t j = 0; j < layout->parameters; j++) {
        double kept = weights[j];
        weights[j] = kept + 1e-5;
        out[j] =
            mg_reference_run(layout, weights, roll, dropout, segment->number, NULL);
        weights[j] = kept - 1e-5;
        out[j] -=
            mg_reference_run(layout, weights, roll, dropout, segment->number, NULL);
        out[j] /= 2e-5;
        weights[j] = kept;
    }
    free(weights);
    return out;
}

// No value of a tensor is further off than a share of its largest.
static void
assert_near(const struct mg_tensor *t, const double *expected, const float *gradient,
            double share)
{
    double largest = 0, worst = 0;
    for (size_t j = t->offset; j < t->offset + t->count; j++) {
        largest = fmax(largest, fabs(expected[j]));
        worst = fmax(worst, fabs(expected[j] - (double)gradient[j]));
    }
    if (!(worst < share * largest + 1e-6))
        fail_msg("%s: off by %g where the largest is %g", t->name, worst, largest);
    assert_true(largest > 0);
}

// Every kernel that can.  The fp32 gradient has an error of some 1e-5 of its largest terms,
// which may cancel to a hundredth of their size; bf16 rounds each factor by up to 1/256.
static void
gradient_matches(const struct mg_shape *shape, float rate)
{
    struct mg_model *model = mg_fixture_model(shape, 8);
    struct mg_roll roll, heard;
    mg_fixture_roll(&roll, shape->lowest_note, shape->notes, STEPS, 9);
    mg_fixture_recall(&roll, &heard);
    struct mg_dropout dropout = {.rate = rate, .seed = 3, .update = 4};
    struct mg_segment segment = {.roll = &heard, .steps = STEPS, .number = 5};
    double *expected = differences(model, &roll, &segment, &dropout);
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++) {
        if (!(*k)->sums_across || !(*k)->runs_here())
            continue;
        double share = (*k)->precision == MG_PRECISION_BF16 ? 0.05 : 1e-3;
        float *gradient = gradient_of(model, *k, &segment, &dropout);
        print_message("%s, %d bytes\n", (*k)->name, (*k)->input_bytes);
        for (int i = 0; i < model->layout.tensor_count; i++)
            assert_near(&model->layout.tensors[i], expected, gradient, share);
        free(gradient);
    }
    free(expected);
    mg_roll_finish(&heard);
    mg_roll_finish(&roll);
    mg_model_destroy(model);
}

static void
gradients_match(void **unused)
{
    (void)unused;
    gradient_matches(&RECALLING, 0.0f);
}

static void
gradients_match_under_dropout(void **unused)
{
    (void)unused;
    gradient_matches(&SMALL, 0.5f);
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
        cmocka_unit_test(segments_match),
        cmocka_unit_test(long_piece_matches),
        cmocka_unit_test(transposed_segment_matches),
        cmocka_unit_test(gradients_match),
        cmocka_unit_test(gradients_match_under_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
