// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The trainer's pass against the double-precision reference and the network at play, and the
// gradient of every single weight.
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
#include "model/network.h"
#include "tests/fixture.h"
#include "tests/reference.h"
#include "trainer/backprop.h"

// As at play (tests/test_network.c).
static const double TOLERANCE = 1e-5;

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
    struct mg_model *model = mg_fixture_model(&mg_fixture_odd, 4);
    double *weights = mg_fixture_weights(model);
    struct mg_roll roll, heard;
    int N = mg_fixture_odd.notes;
    mg_fixture_roll(&roll, mg_fixture_odd.lowest_note, N, MG_FIXTURE_STEPS, 5);
    mg_fixture_recall(&roll, &heard);
    double *expected = calloc(MG_FIXTURE_STEPS * 2 * (size_t)N, sizeof *expected);
    double nats = mg_reference_run(&model->layout, weights, &roll, NULL, 0, expected);

    struct mg_packed *packed = pack(model, mg_kernel_pick(MG_PRECISION_FP32));
    struct mg_workspace *workspace =
        mg_workspace_create(&model->layout, packed->kernel, 4);
    float *p = calloc(2 * (size_t)N, sizeof *p);
    struct mg_loss loss = {0};
    for (int start = 0; start < MG_FIXTURE_STEPS; start += 4) {
        int steps = MG_FIXTURE_STEPS - start < 4 ? MG_FIXTURE_STEPS - start : 4;
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
    struct mg_model *model = mg_fixture_model(&mg_fixture_recalling, 4);
    struct mg_roll roll, heard;
    int N = mg_fixture_recalling.notes;
    mg_fixture_roll(&roll, mg_fixture_recalling.lowest_note, N, LONG, 5);
    mg_fixture_recall(&roll, &heard);
    float *z = calloc(LONG * 2 * (size_t)N, sizeof *z);
    struct mg_network_config config = {.precision = MG_PRECISION_FP32};
    mg_fixture_play(model, &config, &roll, z);
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
    struct mg_model *model = mg_fixture_model(&mg_fixture_small, 6);
    struct mg_roll wide, cut;
    mg_fixture_roll(&wide, 0, 128, 24, 7);
    mg_roll_init(&cut, mg_fixture_small.lowest_note, mg_fixture_small.notes, 24);
    for (int t = 0; t < 24; t++)
        memcpy(mg_roll_row(&cut, t),
               mg_roll_row(&wide, t) + mg_fixture_small.lowest_note - 3,
               (size_t)mg_fixture_small.notes);
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
    mg_fixture_roll(&roll, shape->lowest_note, shape->notes, MG_FIXTURE_STEPS, 9);
    mg_fixture_recall(&roll, &heard);
    struct mg_dropout dropout = {.rate = rate, .seed = 3, .update = 4};
    struct mg_segment segment = {
        .roll = &heard, .steps = MG_FIXTURE_STEPS, .number = 5};
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
    gradient_matches(&mg_fixture_recalling, 0.0f);
}

static void
gradients_match_under_dropout(void **unused)
{
    (void)unused;
    gradient_matches(&mg_fixture_small, 0.5f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_match),
        cmocka_unit_test(long_piece_matches),
        cmocka_unit_test(transposed_segment_matches),
        cmocka_unit_test(gradients_match),
        cmocka_unit_test(gradients_match_under_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
