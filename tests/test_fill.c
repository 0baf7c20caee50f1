// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling: as the MusicGuru RNN Composer does it, and bounded.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/fill.h"
#include "engine/timing.h"

static void
test_gap(void **state)
{
    (void)state;
    float c = mg_fill_next(1.0f, 1, 2);
    assert_float_equal(c, 0.98f, 1e-6);
    c = mg_fill_next(c, 0, 2);
    assert_float_equal(c, 0.96f, 1e-6);
    c = mg_fill_next(c, 2, 2); // no gap: 0.96 + 0.3 * 0.04
    assert_float_equal(c, 0.972f, 1e-6);
    assert_float_equal(mg_fill_next(1.4f, 0, 2), 0.98f, 1e-6);
}

static void
test_bounds(void **state)
{
    (void)state;
    float c = 1.0f;
    for (int i = 0; i < 10000; i++)
        c = mg_fill_next(c, 0, 2);
    assert_float_equal(c, MG_FILL_FLOOR, 1e-6);
    for (int i = 0; i < 100; i++)
        c = mg_fill_next(c, 9, 2);
    assert_float_equal(c, 1.0f, 1e-5);
    assert_float_equal(mg_fill_next(1.0f, 0, 0), 1.0f, 0.0f); // 0: never fills
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
        cmocka_unit_test(test_gap),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_timing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
