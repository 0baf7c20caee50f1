// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The recorder: frames to exact ticks, pairs, hanging notes and files.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/msg.h"
#include "engine/recorder.h"
#include "io/smf.h"

static char folder[] = "/tmp/mg-recorder-XXXXXX";
static char path[sizeof folder + 16];

static void
send(struct mg_ring *ring, int64_t frame, int status, int key, int velocity)
{
    struct mg_played played = {frame,
                               {(uint8_t)status, (uint8_t)key, (uint8_t)velocity}};
    assert_true(mg_ring_push(ring, &played));
}

static struct mg_recorder *
open_recorder(struct mg_ring *ring, double bpm)
{
    assert_int_equal(mg_ring_init(ring, sizeof(struct mg_played), 4096), 0);
    return mg_recorder_create(bpm, ring);
}

static void
save(struct mg_recorder *recorder, uint64_t frames, struct mg_smf *smf)
{
    GError *error = NULL;
    assert_int_equal(mg_recorder_save(recorder, path, frames, 44100, NULL, &error), 0);
    assert_int_equal(mg_smf_load(path, smf, &error), 0);
    assert_int_equal(smf->ticks_per_quarter, MG_RECORDER_TICKS_PER_QUARTER);
}

// Sixteenths at odd tempos: every one on its tick, hours into the take.
static void
test_exact_ticks(void **state)
{
    (void)state;
    const double tempos[] = {120, 97.3, 33.33, 241.7};
    for (int i = 0; i < 4; i++) {
        struct mg_ring ring = {0};
        struct mg_smf smf = {0};
        struct mg_recorder *recorder = open_recorder(&ring, tempos[i]);
        int64_t first = 40000;
        for (int64_t k = first; k < first + 1000; k++) {
            double frame = floor((double)k * 15.0 * 44100 / tempos[i] + 0.5);
            send(&ring, (int64_t)frame, 0x80, 60, 64);
            send(&ring, (int64_t)frame, 0x90, 60, 1 + (int)(k % 127));
        }
        save(recorder, (uint64_t)floor(41000 * 15.0 * 44100 / tempos[i] + 0.5), &smf);
        assert_int_equal(smf.note_count, 1000);
        for (int n = 0; n < smf.note_count; n++) {
            assert_int_equal(smf.notes[n].onset_ticks, (first + n) * 120);
            assert_int_equal(smf.notes[n].end_ticks, (first + n + 1) * 120);
            assert_int_equal(smf.notes[n].velocity, 1 + (first + n) % 127);
        }
        assert_int_equal(smf.end_ticks, 41000 * 120);
        assert_int_equal(smf.tempos[0].us_per_quarter, floor(60e6 / tempos[i] + 0.5));
        mg_smf_finish(&smf);
        mg_recorder_destroy(recorder);
        mg_ring_finish(&ring);
    }
}

static void
test_pairs(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct mg_smf smf = {0};
    struct mg_recorder *recorder = open_recorder(&ring, 60); // 480 ticks a second
    send(&ring, 0, 0x90, 60, 10);
    send(&ring, 0, 0x91, 60, 20); // another channel: another note
    send(&ring, 44100, 0x81, 60, 64);
    send(&ring, 88200, 0x90, 60, 30); // struck again: ends the first
    send(&ring, 88200, 0x80, 72, 64); // nothing to end
    send(&ring, 88200, 0x92, 40, 5);
    send(&ring, 88201, 0x82, 40, 64); // shorter than a tick: gets one
    save(recorder, 3 * 44100, &smf);  // the last one hangs: ends here
    assert_int_equal(smf.note_count, 4);
    assert_int_equal(smf.end_ticks, 3 * 480);
    int ends[4] = {0};
    for (int i = 0; i < 4; i++)
        ends[i] = (int)smf.notes[i].end_ticks;
    assert_true(smf.notes[0].onset_ticks == 0 && smf.notes[1].onset_ticks == 0);
    assert_int_equal(ends[0] + ends[1], 480 + 960);
    assert_int_equal(smf.notes[2].key, 40);
    assert_int_equal(ends[2], 961);
    assert_int_equal(ends[3], 3 * 480);
    mg_smf_finish(&smf);
    mg_recorder_destroy(recorder);
    mg_ring_finish(&ring);
}

// Saved in the middle of the music: what sounds then ends there in that file only.
static void
test_saved_on_the_way(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct mg_smf smf = {0};
    struct mg_recorder *recorder = open_recorder(&ring, 60); // 480 ticks a second
    send(&ring, 0, 0x90, 60, 10);
    for (int second = 1; second <= 2; second++) {
        save(recorder, (uint64_t)second * 44100, &smf);
        assert_int_equal(smf.note_count, 1);
        assert_int_equal(smf.notes[0].end_ticks, second * 480);
        mg_smf_finish(&smf);
    }
    send(&ring, 3 * 44100, 0x80, 60, 64);
    save(recorder, 4 * 44100, &smf);
    assert_int_equal(smf.note_count, 1);
    assert_int_equal(smf.notes[0].onset_ticks, 0);
    assert_int_equal(smf.notes[0].end_ticks, 3 * 480);
    assert_int_equal(mg_recorder_notes(recorder), 1);
    mg_smf_finish(&smf);
    mg_recorder_destroy(recorder);
    mg_ring_finish(&ring);
}

// A take longer than a MIDI file can be: what fits is kept, and the rest is told.
static void
test_too_long(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct mg_smf smf = {0};
    GError *error = NULL;
    struct mg_recorder *recorder = open_recorder(&ring, 60); // 480 ticks a second
    const int64_t end = (int64_t)MG_SMF_TICKS_MAX / 480 * 44100;
    int left_out = -1;
    send(&ring, 44100, 0x90, 60, 10);
    send(&ring, 88200, 0x80, 60, 64);
    send(&ring, end - 44100, 0x90, 61, 11);
    send(&ring, end + 441000, 0x81, 61, 64); // another channel: nothing to end
    send(&ring, end + 441000, 0x80, 61, 64); // cut
    send(&ring, end + 441000, 0x90, 62, 12);
    send(&ring, end + 882000, 0x80, 62, 64);
    send(&ring, end + 882000, 0x90, 63, 12); // hangs
    assert_int_equal(mg_recorder_save(recorder, path, (uint64_t)end + 1000000, 44100,
                                      &left_out, &error),
                     0);
    assert_int_equal(left_out, 2);
    assert_int_equal(mg_smf_load(path, &smf, &error), 0);
    assert_int_equal(smf.note_count, 2);
    assert_int_equal(smf.notes[0].end_ticks, 960);
    assert_int_equal(smf.notes[1].key, 61);
    assert_int_equal(smf.notes[1].end_ticks, MG_SMF_TICKS_MAX);
    mg_smf_finish(&smf);
    mg_recorder_destroy(recorder);
    mg_ring_finish(&ring);
}

static void
test_empty_and_unwritable(void **state)
{
    (void)state;
    struct mg_ring ring = {0};
    struct mg_smf smf = {0};
    GError *error = NULL;
    struct mg_recorder *recorder = open_recorder(&ring, 120);
    save(recorder, 0, &smf);
    assert_int_equal(smf.note_count, 0);
    assert_true(mg_recorder_save(recorder, "/nonexistent/take.mid", 0, 44100, NULL,
                                 &error) < 0);
    assert_non_null(error);
    g_error_free(error);
    mg_smf_finish(&smf);
    mg_recorder_destroy(recorder);
    mg_ring_finish(&ring);
}

static int
set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/take.mid", folder);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact_ticks),          cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_saved_on_the_way),     cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_empty_and_unwritable),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
