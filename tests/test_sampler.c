// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The sampler against its definition in double precision: its decisions from the
// logits, and the whole choice from the reference network.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/features.h"
#include "model/random.h"
#include "model/sampler.h"
#include "tests/fixture.h"
#include "tests/reference.h"

static const struct mg_shape SHAPE = {
    .lowest_note = 21,
    .notes = 88,
    .steps_per_quarter = 2,
    .time_layers = 2,
    .time_units = {48, 40},
    .note_layers = 2,
    .note_units = {24, 16},
};
enum { N = 88 };

// A network that hears, and plays some of its notes.
static struct mg_model *
playing_model(void)
{
    struct mg_model *model = mg_model_create(&SHAPE, NULL);
    mg_model_randomize(model, 1);
    float *out = model->weights + model->layout.out_weight;
    for (uint32_t i = 0; i < 32; i++)
        out[i] =
            4.0f * mg_random_unit(mg_random_at(1, MG_RANDOM_CHOICE, i, 0, 0).word[0]) -
            2.0f;
    float *bias = model->weights + model->layout.out_bias;
    bias[0] = -2.0f;
    bias[1] = 0.0f;
    return model;
}

static double
sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

static void
uniform(const struct mg_sampling *sampling, int64_t t, int note, double u[2])
{
    struct mg_random r =
        mg_random_at(sampling->seed, MG_RANDOM_CHOICE, sampling->pass, (uint32_t)t,
                     (uint32_t)(t >> 32) << 8 | (uint32_t)note);
    for (int i = 0; i < 2; i++)
        u[i] = (double)mg_random_unit(r.word[i]);
}

// What is drawn with P(play) and P(articulate | play) of the tempered logits.
static uint8_t
choose(const struct mg_sampling *sampling, int64_t t, int note, const double p[2])
{
    double u[2];
    uniform(sampling, t, note, u);
    if (!(u[0] < pow(p[0], (double)sampling->courage)))
        return 0;
    return u[1] < p[1] ? MG_CELL_PLAY | MG_CELL_ARTICULATE : MG_CELL_PLAY;
}

// With every temperature and courage a player can set, and numbers near 0 and 1.
static void
decisions_are_right(void **unused)
{
    (void)unused;
    static const float courages[] = {0.01f, 0.3f, 1.0f, 2.5f, 40.0f};
    static const float temperatures[] = {0.05f, 0.7f, 1.0f, 3.0f};
    struct mg_model *model = playing_model();
    struct mg_network *network = mg_network_create(model);
    uint8_t row[N] = {0};
    int decisions = 0, other = 0, played = 0;
    for (int64_t t = 0; t < 400; t++) {
        struct mg_sampling sampling = {
            .seed = 3, .temperature = temperatures[t % 4], .courage = courages[t % 5]};
        mg_network_listen(network, row, mg_beat_of(t - 1));
        mg_sampler_draw(network, &sampling, t, row);
        mg_network_again(network);
        for (int n = 0; n < N; n++, decisions++) {
            float z[2];
            double p[2];
            mg_network_next_note(network, n ? row[n - 1] : 0, z);
            for (int i = 0; i < 2; i++)
                p[i] = sigmoid((double)z[i] / (double)sampling.temperature);
            other += choose(&sampling, t, n, p) != row[n];
            played += row[n] != 0;
        }
    }
    assert_true(played > decisions / 20 && played < decisions);
    assert_true(other * 10000 <= decisions);
    mg_network_destroy(network);
    mg_model_destroy(model);
}

// Against the reference network: the same choices in 9,999 of 10,000 decisions.
static void
choices_match_with(const struct mg_model *model, const struct mg_kernel *kernel)
{
    enum { STEPS = 140 };
    struct mg_network_config config = {.kernel = kernel};
    struct mg_network *network = mg_network_create_with(model, &config);
    struct mg_sampling sampling = {.seed = 4, .temperature = 1.0f, .courage = 1.0f};
    double *weights = mg_fixture_weights(model);
    double *p = calloc((size_t)STEPS * N * 2, sizeof *p);
    uint8_t silence[N] = {0};
    struct mg_roll roll;
    assert_int_equal(mg_roll_init(&roll, SHAPE.lowest_note, N, STEPS), 0);
    for (int t = 0; t < STEPS; t++) {
        mg_network_listen(network, t ? mg_roll_row(&roll, t - 1) : silence,
                          mg_beat_of(t - 1));
        mg_sampler_draw(network, &sampling, t, mg_roll_row(&roll, t));
    }
    mg_reference_run(&model->layout, weights, &roll, NULL, 0, p);
    int other = 0, played = 0;
    for (int i = 0; i < STEPS * N; i++) {
        other += choose(&sampling, i / N, i % N, p + (size_t)i * 2) != roll.cells[i];
        played += roll.cells[i] != 0;
    }
    if (other * 10000 > STEPS * N)
        fail_msg("%s: %d of %d choices differ", kernel->name, other, STEPS * N);
    assert_true(played > STEPS);
    free(p);
    free(weights);
    mg_roll_finish(&roll);
    mg_network_destroy(network);
}

static void
choices_match(void **unused)
{
    (void)unused;
    struct mg_model *model = playing_model();
    for (const struct mg_kernel *const *k = mg_kernels; *k; k++)
        if ((*k)->runs_here() && (*k)->precision == MG_PRECISION_FP32)
            choices_match_with(model, *k);
    mg_model_destroy(model);
}

static void
hand_and_mask_are_kept(void **unused)
{
    (void)unused;
    struct mg_model *model = playing_model();
    struct mg_network *network = mg_network_create(model);
    uint8_t row[N] = {0}, fixed[N] = {0}, silent[N];
    memset(silent, 1, sizeof silent);
    fixed[5] = MG_CELL_PLAY;
    fixed[60] = MG_CELL_PLAY | MG_CELL_ARTICULATE;
    struct mg_sampling sampling = {.seed = 5,
                                   .temperature = 1.0f,
                                   .courage = 0.01f,
                                   .fixed = fixed,
                                   .silent = silent};
    mg_network_listen(network, row, 15);
    mg_sampler_draw(network, &sampling, 0, row);
    assert_memory_equal(row, fixed, sizeof row);
    sampling.silent = NULL;
    mg_network_again(network);
    mg_sampler_draw(network, &sampling, 0, row);
    int played = 0;
    for (int n = 0; n < N; n++)
        played += row[n] != 0;
    assert_true(played > N / 2);
    assert_int_equal(row[5], fixed[5]);
    assert_int_equal(row[60], fixed[60]);
    mg_network_destroy(network);
    mg_model_destroy(model);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_are_right),
        cmocka_unit_test(choices_match),
        cmocka_unit_test(hand_and_mask_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
