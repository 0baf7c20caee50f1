// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The state matrix: snapping, repeated notes, and the way to notes and back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <string.h>

#include "model/roll.h"
#include "tests/fixture.h"

enum { PLAY = MG_CELL_PLAY, STRUCK = MG_CELL_PLAY | MG_CELL_ARTICULATE, TICKS = 480 };

// Column of one key as a string: '.' silence, 'o' struck, '-' held.
static void
assert_column(const struct mg_roll *roll, int note, const char *expected)
{
    char column[64] = "";
    for (int t = 0; t < roll->steps; t++) {
        uint8_t cell = mg_roll_row(roll, t)[note];
        column[t] = cell == STRUCK ? 'o' : cell == PLAY ? '-' : cell == 0 ? '.' : '?';
    }
    assert_string_equal(column, expected);
}

static void
onsets_snap_to_the_nearest_step(void **unused)
{
    (void)unused;
    assert_int_equal(mg_roll_step_of(0, TICKS, 2), 0);
    assert_int_equal(mg_roll_step_of(119, TICKS, 2), 0);
    assert_int_equal(mg_roll_step_of(120, TICKS, 2), 1); // a half rounds up
    assert_int_equal(mg_roll_step_of(241, TICKS, 2), 1);
    assert_int_equal(mg_roll_step_of(1000000000000, TICKS, 2), 4166666667);
    assert_int_equal(mg_roll_step_of(32, 96, 3), 1);
}

static void
notes_become_cells(void **unused)
{
    (void)unused;
    struct mg_roll roll;
    assert_int_equal(mg_roll_init(&roll, 60, 2, 8), 0);
    assert_int_equal(mg_roll_add(&roll, 60, 0, 480, TICKS, 2), 1);
    assert_int_equal(mg_roll_add(&roll, 60, 480, 960, TICKS, 2), 1); // struck again
    assert_int_equal(mg_roll_add(&roll, 61, 250, 260, TICKS, 2), 1); // short: one step
    assert_int_equal(mg_roll_add(&roll, 61, 1440, 99999, TICKS, 2),
                     1); // cut at the end
    assert_column(&roll, 0, "o-o-....");
    assert_column(&roll, 1, ".o....o-");
    assert_int_equal(mg_roll_add(&roll, 59, 0, 480, TICKS, 2), 0);
    assert_int_equal(mg_roll_add(&roll, 62, 0, 480, TICKS, 2), 0);
    assert_int_equal(mg_roll_add(&roll, 60, 8 * 240, 9 * 240, TICKS, 2), 0);
    mg_roll_finish(&roll);
}

static void
a_later_note_cuts_an_earlier_one(void **unused)
{
    (void)unused;
    struct mg_roll roll;
    assert_int_equal(mg_roll_init(&roll, 60, 1, 8), 0);
    mg_roll_add(&roll, 60, 0, 8, 1, 1);
    mg_roll_add(&roll, 60, 2, 4, 1, 1);
    assert_column(&roll, 0, "o-o-....");
    mg_roll_finish(&roll);
}

static void
notes_come_back(void **unused)
{
    (void)unused;
    struct mg_roll roll, copy;
    mg_fixture_roll(&roll, 21, 88, 50, 1);
    assert_int_equal(mg_roll_init(&copy, 21, 88, 50), 0);
    int notes = 0;
    for (int n = 0; n < 88; n++)
        for (int onset = 0, end; mg_roll_next_note(&roll, n, &onset, &end);
             onset = end) {
            mg_roll_add(&copy, 21 + n, onset * 240, end * 240, TICKS, 2);
            notes++;
        }
    assert_true(notes > 100);
    assert_memory_equal(roll.cells, copy.cells, 50 * 88);
    mg_roll_finish(&copy);
    mg_roll_finish(&roll);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(onsets_snap_to_the_nearest_step),
        cmocka_unit_test(notes_become_cells),
        cmocka_unit_test(a_later_note_cuts_an_earlier_one),
        cmocka_unit_test(notes_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
