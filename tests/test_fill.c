// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling as the MusicGuru RNN Composer does it, and bounded; and a density that is
// kept from both sides.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/fill.h"
#include "engine/timing.h"
#include "model/random.h"

static const struct mg_fill SEED = {
    .below = 2, .strength = 1.0f, .steps_per_quarter = 2};

// Courage after one more step.
static float
next(const struct mg_fill *fill, float now, int sounding)
{
    struct mg_courage courage = {.now = now, .taste = 1.0f, .target = fill->target};
    mg_fill_next(fill, &courage, sounding);
    return courage.now;
}

static void
test_gap(void **state)
{
    (void)state;
    float c = next(&SEED, 1.0f, 1);
    assert_float_equal(c, 0.98f, 1e-6);
    c = next(&SEED, c, 0);
    assert_float_equal(c, 0.96f, 1e-6);
    c = next(&SEED, c, 2); // no gap: 0.96 + 0.3 * 0.04
    assert_float_equal(c, 0.972f, 1e-6);
    assert_float_equal(next(&SEED, 1.4f, 0), 0.98f, 1e-6);
}

static void
test_strength(void **state)
{
    (void)state;
    struct mg_fill strong = SEED, never = SEED;
    strong.strength = 4.0f;
    never.strength = 0.0f;
    assert_float_equal(next(&strong, 1.0f, 1), 0.92f, 1e-6);
    assert_float_equal(next(&never, 1.0f, 0), 1.0f, 0.0f);
    assert_float_equal(next(&never, 0.5f, 0), 0.65f, 1e-6); // turned to 0 in one
}

static void
test_bounds(void **state)
{
    (void)state;
    struct mg_fill none = SEED, one = SEED;
    none.below = 0;
    one.target = 1.0f;
    struct mg_courage courage = MG_COURAGE_AT_FIRST;
    for (int i = 0; i < 10000; i++)
        mg_fill_next(&SEED, &courage, 0);
    assert_float_equal(courage.now, MG_FILL_FLOOR, 1e-6);
    for (int i = 0; i < 100; i++)
        mg_fill_next(&SEED, &courage, 9);
    assert_float_equal(courage.now, 1.0f, 1e-5);
    assert_float_equal(next(&none, 1.0f, 0), 1.0f, 0.0f); // 0: never fills
    for (int i = 0; i < 100; i++)
        mg_fill_next(&one, &courage, 128);
    assert_float_equal(courage.taste, MG_FILL_CEILING, 0.0f);
    assert_float_equal(courage.now, MG_FILL_CEILING, 1e-5);
    for (int i = 0; i < 10000; i++)
        mg_fill_next(&one, &courage, 0);
    assert_float_equal(courage.taste, MG_FILL_FLOOR, 0.0f);
    assert_float_equal(courage.now, MG_FILL_FLOOR, 0.0f);
    for (int i = 0; i < 100; i++) // the target is taken away
        mg_fill_next(&SEED, &courage, 2);
    assert_float_equal(courage.now, 1.0f, 1e-5);
}

// --- density, on a network of chances ------------------------------------------------

enum { KEYS = 88, STEPS = 4000, SETTLED = 400 };

// Chances of heavy tails: most keys are unlikely, a few are nearly sure.  What sounds
// goes on sounding, as music does.
struct chances {
    uint64_t seed;
    double likely; // logit of the middle key
    double spread; // of the logits
    double hold;   // more for a key that sounds
    bool sounds[KEYS];
    struct mg_courage courage;
};

static int
step(struct chances *chances, const struct mg_fill *fill, int t)
{
    int count = 0;
    for (int i = 0; i < KEYS; i++) {
        struct mg_random r =
            mg_random_at(chances->seed, MG_RANDOM_CHOICE, 1, (uint32_t)t, (uint32_t)i);
        double u = 1e-9 + (double)mg_random_unit(r.word[0]) * (1.0 - 2e-9);
        double logit = chances->likely + chances->spread * log(u / (1.0 - u)) +
                       (chances->sounds[i] ? chances->hold : 0.0);
        double chance = pow(1.0 / (1.0 + exp(-logit)), (double)chances->courage.now);
        chances->sounds[i] = (double)mg_random_unit(r.word[1]) < chance;
        count += chances->sounds[i];
    }
    mg_fill_next(fill, &chances->courage, count);
    return count;
}

static const struct chances NETWORKS[] = {
    {.seed = 1, .likely = -5.0, .spread = 1.0, .courage = {1.0f, 1.0f, 0.0f}},
    {.seed = 2, .likely = -4.0, .spread = 1.0, .courage = {1.0f, 1.0f, 0.0f}},
    {.seed = 3,
     .likely = -7.0,
     .spread = 1.0,
     .hold = 8.0,
     .courage = {1.0f, 1.0f, 0.0f}},
};

static double
mean(const double *values, int count)
{
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

// The least correlation of the values with those up to 128 places later: a swing of
// whatever period stands against itself half a period later, at nearly -1.
static double
least_correlation(const double *values, int count)
{
    double middle = mean(values, count);
    double least = 1.0, power = 0.0;
    for (int i = 0; i < count; i++)
        power += (values[i] - middle) * (values[i] - middle);
    for (int lag = 1; lag <= 128; lag++) {
        double sum = 0.0;
        for (int i = lag; i < count; i++)
            sum += (values[i] - middle) * (values[i - lag] - middle);
        least = fmin(least, sum / power);
    }
    return least;
}

// The mean is within 2 % of the target, and the taste does not swing.
static void
test_density(void **state)
{
    (void)state;
    static double notes[STEPS], courage[STEPS];
    for (size_t n = 0; n < sizeof NETWORKS / sizeof NETWORKS[0]; n++)
        for (int target = 1; target <= 10; target++) {
            struct mg_fill fill = SEED;
            struct chances chances = NETWORKS[n];
            fill.target = (float)target;
            for (int t = 0; t < STEPS; t++) {
                notes[t] = step(&chances, &fill, t);
                courage[t] = (double)chances.courage.taste;
            }
            double got = mean(notes + SETTLED, STEPS - SETTLED);
            double least = least_correlation(courage + SETTLED, STEPS - SETTLED);
            assert_true(fabs(got - target) < 0.02 * target);
            assert_true(least > -0.2);
        }
}

// From a crowd on every key, and from the silence that a crowd of the player's leaves
// behind: sixteen bars later the next sixteen have the target's mean, by a quarter.
static void
test_recovery(void **state)
{
    (void)state;
    enum { BARS_16 = 128 };
    static double notes[2 * BARS_16];
    for (size_t n = 0; n < sizeof NETWORKS / sizeof NETWORKS[0]; n++)
        for (int target = 2; target <= 8; target += 2)
            for (int crowd = 0; crowd < 2; crowd++) {
                struct mg_fill fill = SEED;
                struct chances chances = NETWORKS[n];
                float bound = crowd ? MG_FILL_FLOOR : MG_FILL_CEILING;
                fill.target = (float)target;
                chances.courage = (struct mg_courage){bound, bound, fill.target};
                for (int i = 0; i < KEYS; i++)
                    chances.sounds[i] = crowd;
                for (int t = 0; t < 2 * BARS_16; t++)
                    notes[t] = step(&chances, &fill, t);
                assert_true(fabs(mean(notes + BARS_16, BARS_16) - target) <
                            0.25 * target);
            }
}

// The density turned from 4 to 8 and back: the next bars have it already, by a quarter.
static void
test_turned_density(void **state)
{
    (void)state;
    enum { BARS_4 = 32, SETTINGS = 40 };
    static double notes[BARS_4];
    const struct chances *network = &NETWORKS[1];
    struct chances chances = *network;
    struct mg_fill fill = SEED;
    double sums[2] = {0};
    for (int i = 0; i < SETTINGS; i++) {
        fill.target = i % 2 ? 8.0f : 4.0f;
        for (int t = 0; t < BARS_4; t++)
            notes[t] = step(&chances, &fill, i * BARS_4 + t);
        sums[i % 2] += mean(notes, BARS_4) / (0.5 * SETTINGS);
    }
    assert_true(fabs(sums[0] - 4.0) < 1.0 && fabs(sums[1] - 8.0) < 2.0);
}

// A rest does not change the taste for long: what gap filling does ends with the gap.
static void
test_rest(void **state)
{
    (void)state;
    struct mg_fill fill = SEED;
    fill.target = 4.0f;
    struct mg_courage courage = {1.0f, 1.0f, 4.0f};
    for (int t = 0; t < 8; t++) // a bar
        mg_fill_next(&fill, &courage, 0);
    assert_float_equal(courage.now, 0.82f, 0.001f);
    assert_float_equal(courage.taste, expf(-0.16f), 1e-5);
    for (int t = 0; t < 8; t++)
        mg_fill_next(&fill, &courage, 4);
    assert_float_equal(courage.now, courage.taste, 0.002f);
}

// Strong gap filling under a target ends rests sooner, in what is a gap for the target too.
static void
test_gap_under_target(void **state)
{
    (void)state;
    struct mg_fill strong = SEED, weak = SEED, one = SEED;
    strong.target = weak.target = 4.0f;
    one.target = 1.0f;
    strong.strength = 4.0f;
    weak.strength = 0.0f;
    assert_true(next(&strong, 1.0f, 1) < next(&weak, 1.0f, 1));
    assert_float_equal(next(&strong, 1.0f, 2), next(&weak, 1.0f, 2), 0.0f);
    assert_float_equal(next(&strong, 1.0f, 4), 1.0f, 1e-6);
    assert_float_equal(next(&one, 1.0f, 1), 1.0f, 1e-6);
    assert_true(next(&one, 1.0f, 0) < 1.0f);
}

static void
test_timing(void **state)
{
    (void)state;
    static struct mg_timing timing;
    assert_int_equal(mg_timing_quantile(&timing, 0.5), 0);
    for (uint32_t us = 1; us <= 1000; us++)
        mg_timing_add(&timing, us);
    assert_in_range(mg_timing_quantile(&timing, 0.5), 500, 510);
    assert_in_range(mg_timing_quantile(&timing, 0.99), 990, 1000);
    mg_timing_add(&timing, 5000000);
    assert_int_equal(timing.max_us, 5000000);
    assert_int_equal(mg_timing_quantile(&timing, 1.0), 5000000);
    assert_int_equal(timing.recent_us, 5000000);
    for (int i = 0; i < 1000; i++) // one outlier is forgotten
        mg_timing_add(&timing, 800);
    assert_int_equal(timing.recent_us, 800);
    assert_int_equal(timing.max_us, 5000000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap),      cmocka_unit_test(test_strength),
        cmocka_unit_test(test_bounds),   cmocka_unit_test(test_density),
        cmocka_unit_test(test_recovery), cmocka_unit_test(test_turned_density),
        cmocka_unit_test(test_rest),     cmocka_unit_test(test_gap_under_target),
        cmocka_unit_test(test_timing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
