// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The instrument as a whole: offline into a file, with a prime; and live, with its
// thread.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/instrument.h"
#include "engine/prime.h"
#include "io/offline.h"
#include "io/smf.h"
#include "tests/fixture.h"

enum { RATE = 48000, STEP_FRAMES = 6000, STEPS = 40 };

static const struct mg_shape SHAPE = {.lowest_note = 36,
                                      .notes = 48,
                                      .steps_per_quarter = 2,
                                      .time_layers = 1,
                                      .time_units = {8},
                                      .note_layers = 1,
                                      .note_units = {6}};

static char folder[] = "/tmp/mg-instrument-XXXXXX";
static char path[2][sizeof folder + 16];
static struct mg_preset preset = {
    .bpm = 240, .beats_per_bar = 4, .beat_type = 4, .channel = 5, .seed = -1};

// Composes STEPS steps after the prime into a file.
static void
compose(const struct mg_roll *prime, const char *file)
{
    GError *error = NULL;
    struct mg_instrument_options options = {.scene = {.seed = 7}};
    options.record = true;
    options.scene.prime = prime;
    struct mg_instrument *instrument = mg_instrument_create(&preset, &options, &error);
    assert_non_null(instrument);
    struct mg_driver_config config = {.run = mg_rt_run,
                                      .context = instrument->rt,
                                      .work = mg_instrument_work,
                                      .work_context = instrument,
                                      .rate_hz = RATE,
                                      .period_frames = 256};
    uint64_t steps = STEPS + (prime ? (uint64_t)prime->steps : 0);
    struct mg_offline offline = {.config = &config, .frames = steps * STEP_FRAMES};
    assert_int_equal(mg_offline_run(&offline), 0);
    mg_instrument_end(instrument, RATE);
    const struct mg_counters *counters = &instrument->rt->counters;
    assert_int_equal(mg_count_get(&counters->steps), steps);
    assert_int_equal(mg_count_get(&counters->late_steps), 0);
    assert_int_equal(mg_count_get(&counters->sounding), 0);
    assert_int_equal(mg_recorder_save(instrument->recorder, file, offline.frames, RATE,
                                      NULL, &error),
                     0);
    assert_int_equal(mg_recorder_notes(instrument->recorder),
                     mg_count_get(&counters->notes_on));
    mg_instrument_destroy(instrument);
}

// The notes of the prime are the first notes of the output, and others follow.
static void
test_prime_comes_first(void **state)
{
    (void)state;
    GError *error = NULL;
    struct mg_roll prime = {0}, all = {0};
    double bpm = 0.0;
    compose(NULL, path[0]);
    assert_int_equal(mg_prime_load(path[0], &SHAPE, &prime, &bpm, &error), 0);
    assert_true(bpm == 240.0);
    assert_int_equal(prime.steps, STEPS); // ends with its last note: the model is dense
    compose(&prime, path[1]);
    assert_int_equal(mg_prime_load(path[1], &SHAPE, &all, &bpm, &error), 0);
    assert_int_equal(all.steps, 2 * STEPS);
    for (int t = 0; t < STEPS; t++) // struck again where it was, silent where it was
        assert_memory_equal(mg_roll_row(&all, t), mg_roll_row(&prime, t), 48);
    int more = 0;
    for (int i = 0; i < STEPS * 48; i++)
        more += all.cells[STEPS * 48 + i] != 0;
    assert_true(more > STEPS);
    mg_roll_finish(&prime);
    mg_roll_finish(&all);
}

// Every note stands on the grid, on the preset's channel.
static void
test_on_the_grid(void **state)
{
    (void)state;
    struct mg_smf smf = {0};
    compose(NULL, path[0]);
    assert_int_equal(mg_smf_load(path[0], &smf, NULL), 0);
    assert_true(smf.note_count > STEPS);
    assert_int_equal(smf.end_ticks, STEPS * 240);
    for (int i = 0; i < smf.note_count; i++) {
        assert_int_equal(smf.notes[i].onset_ticks % 240, 0);
        assert_int_equal(smf.notes[i].end_ticks % 240, 0);
        assert_int_equal(smf.notes[i].channel, 4);
        assert_int_equal(smf.notes[i].velocity, 80);
    }
    mg_smf_finish(&smf);
}

static void
sleep_us(long us)
{
    struct timespec time = {.tv_nsec = us * 1000};
    nanosleep(&time, NULL);
}

// With its own thread, in real time; then in freewheel, where rt waits.
static void
test_thread_keeps_up(void **state)
{
    (void)state;
    GError *error = NULL;
    struct mg_midi_event out[256];
    struct mg_instrument_options options = {.scene = {.seed = 7}};
    struct mg_instrument *instrument = mg_instrument_create(&preset, &options, &error);
    assert_non_null(instrument);
    assert_int_equal(mg_instrument_start(instrument, &error), 0);
    struct mg_cycle cycle = {
        .frames = 480, .rate_hz = RATE, .out = out, .out_capacity = 256};
    for (int i = 0; i < 5000 && !mg_rt_ready(instrument->rt, &cycle.transport); i++) {
        mg_rt_run(instrument->rt, &cycle); // stopped, until the first step is decided
        sleep_us(1000);
    }
    assert_true(mg_rt_ready(instrument->rt, &cycle.transport));
    cycle.transport.rolling = true;
    for (int i = 0; i < 125; i++) { // ten steps of 125 ms
        mg_rt_run(instrument->rt, &cycle);
        cycle.transport.frame += cycle.frames;
        sleep_us(10000);
    }
    const struct mg_counters *counters = &instrument->rt->counters;
    assert_int_equal(mg_count_get(&counters->steps), 10);
    assert_int_equal(mg_count_get(&counters->late_steps), 0);
    cycle.freewheel = true;
    for (int i = 0; i < 25000; i++) { // 2,000 steps as fast as it can
        mg_rt_run(instrument->rt, &cycle);
        cycle.transport.frame += cycle.frames;
    }
    assert_int_equal(mg_count_get(&counters->steps), 2010);
    assert_int_equal(mg_count_get(&counters->late_steps), 0);
    mg_rt_command(instrument->rt, MG_RT_QUIT);
    mg_rt_run(instrument->rt, &cycle);
    assert_true(mg_rt_is_quiet(instrument->rt));
    assert_int_equal(mg_count_get(&counters->notes_on),
                     mg_count_get(&counters->notes_off));
    mg_instrument_destroy(instrument);
}

static int
set_up(void **state)
{
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        preset.control[i] = mg_control_table[i].initial;
    preset.control[MG_CONTROL_LONGEST] = 1000;
    preset.control[MG_CONTROL_VELOCITY] = 80;
    preset.control[MG_CONTROL_ACCENT] = 0;
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    for (int i = 0; i < 2; i++)
        snprintf(path[i], sizeof path[i], "%s/%d.mid", folder, i);
    preset.model = mg_fixture_model(&SHAPE, 3);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    mg_model_destroy(preset.model);
    unlink(path[0]);
    unlink(path[1]);
    return rmdir(folder);
}

// Presets that follow each other for long: each begins, each is freed (the address
// sanitizer sees the one that is not), nothing is stuck and no step is missed.
static void
test_many_changes(void **state)
{
    (void)state;
    enum { CHANGES = 300, FRAMES = 1024 };
    GError *error = NULL;
    struct mg_instrument_options options = {.scene = {.seed = 7}};
    struct mg_instrument *instrument = mg_instrument_create(&preset, &options, &error);
    assert_non_null(instrument);
    static struct mg_midi_event out[MG_DRIVER_OUT_MAX];
    struct mg_cycle cycle = {.frames = FRAMES,
                             .rate_hz = RATE,
                             .out = out,
                             .out_capacity = MG_DRIVER_OUT_MAX};
    const struct mg_counters *counters = &instrument->rt->counters;
    int done = 0;
    for (int i = 0; done < CHANGES && i < 200 * CHANGES; i++) {
        if (!mg_instrument_is_changing(instrument)) {
            assert_int_equal(mg_count_get(&counters->scenes), done);
            preset.channel = 1 + done % 16;
            assert_int_equal(mg_instrument_change(instrument, &preset, &error), 0);
            assert_int_equal(mg_instrument_change(instrument, &preset, &error), -EBUSY);
            g_clear_error(&error);
            done++;
        }
        mg_instrument_work(instrument);
        cycle.transport.rolling = i > 0;
        mg_rt_run(instrument->rt, &cycle);
        cycle.transport.frame += cycle.transport.rolling ? FRAMES : 0;
    }
    preset.channel = 5;
    assert_int_equal(done, CHANGES);
    assert_int_equal(mg_count_get(&counters->late_steps), 0);
    assert_true(mg_count_get(&counters->notes_on) > CHANGES);
    mg_instrument_end(instrument, RATE);
    assert_int_equal(mg_count_get(&counters->sounding), 0);
    mg_instrument_destroy(instrument); // one may be on its way
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prime_comes_first),
        cmocka_unit_test(test_on_the_grid),
        cmocka_unit_test(test_many_changes),
        cmocka_unit_test(test_thread_keeps_up),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
