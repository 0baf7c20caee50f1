// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Flattening: what one piano plays, and that no note moves in real time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "model/random.h"
#include "trainer/flatten.h"

static struct mg_smf
song(struct mg_smf_note *notes, int count)
{
    struct mg_smf smf = {.ticks_per_quarter = 480, .notes = notes, .note_count = count};
    for (int i = 0; i < count; i++)
        smf.end_ticks = MAX(smf.end_ticks, notes[i].end_ticks);
    return smf;
}

static void
assert_note(const struct mg_smf *smf, int index, int64_t onset, int64_t end, int key)
{
    assert_true(index < smf->note_count);
    assert_int_equal(smf->notes[index].onset_ticks, onset);
    assert_int_equal(smf->notes[index].end_ticks, end);
    assert_int_equal(smf->notes[index].key, key);
    assert_int_equal(smf->notes[index].channel, 0);
    assert_int_equal(smf->notes[index].track, 0);
}

static void
one_key_has_one_string(void **unused)
{
    (void)unused;
    struct mg_smf_note notes[] = {
        {0, 480, 60, 50, 1, 1},   // struck again at 240: ends there
        {0, 100, 62, 50, 1, 1},   // doubled by the longer one below
        {0, 200, 62, 90, 2, 2},   //
        {240, 300, 60, 50, 2, 2}, // ends at 300, as its own note says
        {300, 400, 60, 50, 9, 0}, // a drum
    };
    struct mg_smf in = song(notes, 5), out;
    struct mg_flattened flattened;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    assert_int_equal(out.note_count, 3);
    assert_note(&out, 0, 0, 240, 60);
    assert_note(&out, 1, 0, 200, 62);
    assert_int_equal(out.notes[1].velocity, 90);
    assert_note(&out, 2, 240, 300, 60);
    assert_int_equal(flattened.cut_notes, 1);
    assert_int_equal(flattened.doubled_notes, 1);
    assert_int_equal(flattened.drum_notes, 1);
    assert_int_equal(flattened.tempos, 1);
    assert_int_equal(out.tempo_count, 1);
    assert_int_equal(out.tempos[0].us_per_quarter, 500000);
    mg_smf_finish(&out);
    assert_int_equal(mg_flatten(&in, true, &out, &flattened, NULL), 0);
    assert_int_equal(out.note_count, 4);
    assert_note(&out, 3, 300, 400, 60);
    assert_int_equal(flattened.drum_notes, 0);
    mg_smf_finish(&out);
}

static void
main_tempo_keeps_its_grid(void **unused)
{
    (void)unused;
    // A quarter at 1,000,000 us, eight at 250,000 (2 s: most of the time), then one at
    // 500,000: at 250,000 us the first takes four quarters, the last two.
    struct mg_smf_tempo tempos[] = {{0, 1000000}, {480, 250000}, {9 * 480, 500000}};
    struct mg_smf_metre metres[] = {{0, 4, 4}, {480, 3, 4}};
    struct mg_smf_note notes[] = {
        {0, 480, 60, 50, 0, 0},
        {480, 960, 62, 50, 0, 0},
        {9 * 480, 10 * 480, 64, 50, 0, 0},
    };
    struct mg_smf in = song(notes, 3), out;
    in.tempos = tempos;
    in.tempo_count = 3;
    in.metres = metres;
    in.metre_count = 2;
    struct mg_flattened flattened;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    assert_int_equal(flattened.tempos, 3);
    assert_int_equal(out.tempos[0].us_per_quarter, 250000);
    assert_note(&out, 0, 0, 4 * 480, 60);
    assert_note(&out, 1, 4 * 480, 5 * 480, 62);
    assert_note(&out, 2, 12 * 480, 14 * 480, 64);
    assert_int_equal(out.metres[1].at_ticks, 4 * 480);
    assert_int_equal(out.metres[1].numerator, 3);
    assert_int_equal(out.end_ticks, 14 * 480);
    mg_smf_finish(&out);
}

static void
tempo_of_the_end_has_no_say(void **unused)
{
    (void)unused;
    // The same tempo twice counts together; silence after the music does not count.
    struct mg_smf_tempo tempos[] = {
        {0, 600000}, {480, 700000}, {960, 600000}, {1440, 900000}};
    struct mg_smf_note notes[] = {{0, 1440, 60, 50, 0, 0}};
    struct mg_smf in = song(notes, 1), out;
    in.tempos = tempos;
    in.tempo_count = 4;
    in.end_ticks = 100000;
    struct mg_flattened flattened;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    assert_int_equal(out.tempos[0].us_per_quarter, 600000);
    assert_int_equal(flattened.tempos, 2);
    mg_smf_finish(&out);
}

enum { MANY = 500 };

static void
real_time_is_kept(void **unused)
{
    (void)unused;
    struct mg_smf_tempo tempos[MANY];
    struct mg_smf_note notes[MANY];
    double seconds[MANY]; // of the onsets, by plain summing
    double now = 0.0;
    int64_t at = 0;
    for (int i = 0; i < MANY; i++) {
        struct mg_random r = mg_random_at(5, MG_RANDOM_CHOICE, (uint32_t)i, 0, 0);
        tempos[i] = (struct mg_smf_tempo){at, 1 + r.word[0] % 1000000};
        seconds[i] = now;
        int64_t length = 1 + r.word[1] % 960;
        notes[i] = (struct mg_smf_note){at, at + length, (uint8_t)(i % 128), 64, 0, 0};
        now += (double)length * tempos[i].us_per_quarter / 480e6;
        at += length;
    }
    struct mg_smf in = song(notes, MANY), out;
    in.tempos = tempos;
    in.tempo_count = MANY;
    struct mg_flattened flattened;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    double tick = out.tempos[0].us_per_quarter / 480e6;
    int matched = 0;
    for (int i = 0; i < out.note_count; i++) {
        int j = i; // order and count stay unless short notes fall on one tick
        if (out.note_count == MANY && out.notes[i].key == notes[j].key) {
            double error = (double)out.notes[i].onset_ticks * tick - seconds[j];
            assert_true(fabs(error) < 0.5001 * tick);
            matched++;
        }
    }
    assert_true(matched > MANY * 9 / 10);
    mg_smf_finish(&out);
}

static void
off_grid_is_of_the_files_quarters(void **unused)
{
    (void)unused;
    struct mg_smf_note notes[] = {
        {0, 10, 60, 64, 0, 0},    {120, 130, 61, 64, 0, 0}, {121, 130, 62, 64, 0, 0},
        {160, 170, 63, 64, 0, 0}, {240, 250, 64, 64, 0, 0},
    };
    struct mg_smf in = song(notes, 5), out;
    struct mg_flattened flattened;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    assert_int_equal(flattened.off_grid_onsets, 2);
    mg_smf_finish(&out);
    // A sixteenth of 2.5 ticks: 2 and 3 are on the grid as well as may be.
    struct mg_smf_note coarse[] = {{2, 3, 60, 64, 0, 0},
                                   {3, 4, 61, 64, 0, 0},
                                   {4, 5, 62, 64, 0, 0},
                                   {5, 6, 63, 64, 0, 0}};
    in = song(coarse, 4);
    in.ticks_per_quarter = 10;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, NULL), 0);
    assert_int_equal(flattened.off_grid_onsets, 1);
    mg_smf_finish(&out);
}

static void
too_long_is_refused(void **unused)
{
    (void)unused;
    // 2^29 ticks at 1 us, and after them the slowest tempo for fewer seconds.
    struct mg_smf_tempo tempos[] = {{0, 1},
                                    {1 << 29, 0xffffff},
                                    {(1 << 29) + 31, 0xfffffe},
                                    {(1 << 29) + 62, 0xfffffd}};
    struct mg_smf_note notes[] = {{0, (1 << 29) + 93, 60, 50, 0, 0}};
    struct mg_smf in = song(notes, 1), out;
    in.tempos = tempos;
    in.tempo_count = 4;
    struct mg_flattened flattened;
    GError *error = NULL;
    assert_int_equal(mg_flatten(&in, false, &out, &flattened, &error), -ERANGE);
    assert_non_null(error);
    assert_null(out.notes);
    g_clear_error(&error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_has_one_string),
        cmocka_unit_test(main_tempo_keeps_its_grid),
        cmocka_unit_test(tempo_of_the_end_has_no_say),
        cmocka_unit_test(real_time_is_kept),
        cmocka_unit_test(off_grid_is_of_the_files_quarters),
        cmocka_unit_test(too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
