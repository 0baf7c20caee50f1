// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How hard a note is struck.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/touch.h"

static struct mg_controls controls;

static void
set(float velocity, float accent, float part)
{
    mg_control_set(&controls, MG_CONTROL_VELOCITY, velocity);
    mg_control_set(&controls, MG_CONTROL_ACCENT, accent);
    mg_control_set(&controls, MG_CONTROL_TOUCH, part);
}

static void
test_accents(void **state)
{
    (void)state;
    struct mg_touch touch = {0};
    mg_controls_init(&controls);
    set(80, 21, 1.0f);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_OFF_BEAT), 80);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_BEAT), 91);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_DOWNBEAT), 101);
    set(120, 64, 0.0f);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_DOWNBEAT), 127);
    set(1, 0, 0.0f);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_OFF_BEAT), 1);
}

// The first strike is taken as it is, and later ones move it.
static void
test_hand(void **state)
{
    (void)state;
    struct mg_touch touch = {0};
    mg_controls_init(&controls);
    set(80, 0, 0.5f);
    mg_touch_hear(&touch, 40);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_DOWNBEAT), 60);
    mg_touch_hear(&touch, 120); // once: a quarter of the way, 60
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_DOWNBEAT), 70);
    for (int i = 0; i < 8; i++)
        mg_touch_hear(&touch, 127);
    set(80, 0, 1.0f);
    assert_in_range(mg_touch_velocity(&touch, &controls, MG_CLOCK_OFF_BEAT), 120, 126);
    set(80, 0, 0.0f);
    assert_int_equal(mg_touch_velocity(&touch, &controls, MG_CLOCK_OFF_BEAT), 80);
}

// Whatever is turned and struck, it is a velocity.
static void
test_range(void **state)
{
    (void)state;
    static const int STRIKES[] = {1, 64, 127};
    mg_controls_init(&controls);
    for (int i = 0; i < 3; i++)
        for (int velocity = 0; velocity <= 127; velocity += 127)
            for (int weight = MG_CLOCK_OFF_BEAT; weight <= MG_CLOCK_DOWNBEAT;
                 weight++) {
                struct mg_touch touch = {0};
                set((float)velocity, 64, (float)(i % 2));
                mg_touch_hear(&touch, STRIKES[i]);
                assert_in_range(mg_touch_velocity(&touch, &controls,
                                                  (enum mg_clock_weight)weight),
                                1, 127);
            }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accents),
        cmocka_unit_test(test_hand),
        cmocka_unit_test(test_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
