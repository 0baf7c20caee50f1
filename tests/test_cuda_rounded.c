// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What TF32 and bf16 factors do to what a GPU computes, against the CPU in fp32, and whole
// trainings on both.
//
// Each case runs on the stand-in, and again on a GPU where there is one.  The stand-in cuts
// off the bits that TF32 does not have; a GPU may round, which is half as bad.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>

#include "tests/twins.h"

enum { SHAPES = 8 };

// The largest error of one factor: TF32 has 10 bits after the first, cut off; bf16 has 7,
// rounded.  Errors of a product's factors add up, those of its terms do not know of each
// other, and a derivative passes through some products that each add theirs: 4 of the
// largest error hold it all.
static const struct rounding {
    const char *name;
    enum mg_precision precision;
    double unit;
} TF32 = {"TF32", MG_PRECISION_FP32, 0x1p-10},
  BF16 = {"bf16", MG_PRECISION_BF16, 0x1p-8};

struct play {
    enum mg_player player;
    const struct rounding *rounding;
};

static const struct play STAND_IN_TF32 = {MG_PLAYER_STAND_IN, &TF32};
static const struct play STAND_IN_BF16 = {MG_PLAYER_STAND_IN, &BF16};
static const struct play GPU_TF32 = {MG_PLAYER_GPU, &TF32};
static const struct play GPU_BF16 = {MG_PLAYER_GPU, &BF16};

static const struct play *
call_player(void **state)
{
    const struct play *play = *state;
    if (!mg_twins_call(play->player))
        skip();
    return play;
}

static void
gradients_are_near(void **state)
{
    const struct play *play = call_player(state);
    double tolerance = 4 * play->rounding->unit, worst = 0.0, worst_loss = 0.0;
    for (uint64_t seed = 100; seed < 100 + SHAPES; seed++) {
        struct mg_twins t;
        struct mg_loss cpu[8], gpu[8];
        mg_twins_init(&t, seed, MG_METHOD_ADAM, 0, play->rounding->precision);
        mg_twins_gradient(&t, 0.3f, 0, true, cpu, gpu);
        double difference = mg_twins_difference(t.gpu.gradient, t.cpu.gradient,
                                                t.cpu.model->layout.parameters);
        worst = fmax(worst, difference);
        for (int b = 0; b < t.batch; b++) {
            double all = cpu[b].play + cpu[b].articulate;
            worst_loss =
                fmax(worst_loss, fabs(gpu[b].play + gpu[b].articulate - all) / all);
        }
        mg_twins_finish(&t);
    }
    print_message("%s: gradients differ by %.1e, losses by %.1e at the most\n",
                  play->rounding->name, worst, worst_loss);
    assert_true(worst < tolerance);
    assert_true(worst_loss < tolerance);
}

// 200 updates on, the roundings of each have grown to 0.01 % in TF32 and 0.12 % in bf16 (no more
// with other seeds); with twice the rate they would be 0.7 and 1.5 %, for Adam makes a whole step
// of a derivative that is all rounding.
static void
curves_agree(void **state)
{
    const struct play *play = call_player(state);
    struct mg_twin_curves curves;
    mg_twins_train(play->rounding->precision, &curves);
    print_message("%s: from %.2f to %.2f nats, %.1e apart at the most; scores %.4f on "
                  "the CPU, %.4f\n",
                  play->rounding->name, curves.first, curves.last, curves.apart,
                  curves.cpu_score, curves.gpu_score);
    assert_true(curves.last < 0.9 * curves.first);
    assert_true(curves.apart < 0.005);
    assert_true(fabs(curves.cpu_score - curves.gpu_score) < 0.005 * curves.cpu_score);
}

int
main(void)
{
#define CASE(name, play)                                                               \
    {                                                                                  \
#name " (" #play ")", name, NULL, NULL, (void *)&(play)                        \
    }
    const struct CMUnitTest tests[] = {
        CASE(gradients_are_near, STAND_IN_TF32),
        CASE(gradients_are_near, STAND_IN_BF16),
        CASE(curves_agree, STAND_IN_TF32),
        CASE(curves_agree, STAND_IN_BF16),
        CASE(gradients_are_near, GPU_TF32),
        CASE(gradients_are_near, GPU_BF16),
        CASE(curves_agree, GPU_TF32),
        CASE(curves_agree, GPU_BF16),
    };
#undef CASE
    return cmocka_run_group_tests(tests, NULL, NULL);
}
