// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The real-time core: scenes that follow each other, controls, readiness, the ledger.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/stage.h"

enum { STEP = 6000, BAR = 8 * STEP }; // of the stage's own scene

static const struct mg_rt_config CONFIG = {0};

// Key 60 is struck at every step.
static void
score(int64_t step, uint8_t *cells)
{
    (void)step;
    cells[60] = MG_DECIDED_PLAY | MG_DECIDED_ARTICULATE;
    cells[64] = MG_DECIDED_PLAY;
}

static void
open_rolling(struct mg_stage *stage)
{
    mg_stage_open(stage, &CONFIG, score);
    mg_stage_cycles(stage, 2);
    stage->transport.rolling = true;
}

static void
run_to(struct mg_stage *stage, uint32_t frame)
{
    while (stage->transport.frame < frame)
        mg_stage_cycle(stage);
}

static void
close_quiet(struct mg_stage *stage)
{
    stage->transport.rolling = false;
    mg_stage_cycle(stage);
    assert_int_equal(stage->sounding, 0);
    assert_int_equal(stage->faults, 0);
    mg_stage_close(stage);
}

// Frame and velocity of the first note-on of the last cycle; false: there was none.
static bool
note_on(const struct mg_stage *stage, uint32_t *frame, int *channel, int *velocity)
{
    for (int i = 0; i < stage->out_count; i++)
        if ((stage->out[i].data[0] & 0xf0) == 0x90) {
            *frame = stage->transport.frame - stage->frames + stage->out[i].frame;
            *channel = stage->out[i].data[0] & 0x0f;
            *velocity = stage->out[i].data[2];
            return true;
        }
    return false;
}

// The next note-on from the present frame on.
static uint32_t
next_on(struct mg_stage *stage, int *channel, int *velocity)
{
    uint32_t frame = 0;
    do
        mg_stage_cycle(stage);
    while (!note_on(stage, &frame, channel, velocity));
    return frame;
}

// Offered in the middle of a bar, another preset begins on the next bar line, on its own
// channel, grid and tempo, with no step left out; the old one comes back.
static void
test_scene_at_bar(void **state)
{
    (void)state;
    const uint32_t cycles[] = {64, 8192, 20000};
    for (int i = 0; i < 3; i++) {
        static struct mg_stage stage;
        struct mg_scene other;
        int channel, velocity;
        mg_stage_make_scene(&other, 4, 120, 9); // 6000 frames a step, too
        mg_stage_open(&stage, &CONFIG, score);
        mg_stage_cycles(&stage, 2);
        stage.frames = cycles[i];
        stage.transport.rolling = true;
        run_to(&stage, 3 * STEP);
        mg_rt_offer(stage.rt, &other);
        while (!stage.retired) {
            mg_stage_cycle(&stage);
            assert_true(stage.transport.frame < 4 * BAR);
        }
        assert_ptr_equal(stage.retired, &stage.scene);
        assert_ptr_equal(stage.asked, &other);
        for (int step = 0; step < 40; step++) {
            uint32_t frame = next_on(&stage, &channel, &velocity);
            assert_int_equal(frame % STEP, 0);
            assert_int_equal(channel, 9);
        }
        const struct mg_counters *counters = &stage.rt->counters;
        assert_int_equal(mg_count_get(&counters->scenes), 1);
        assert_int_equal(mg_count_get(&counters->skipped_steps), 0);
        if (cycles[i] < STEP) // the composer of the stage answers between cycles
            assert_int_equal(mg_count_get(&counters->late_steps), 0);
        close_quiet(&stage);
    }
}

// The first notes of the new one stand on the bar line itself.
static void
test_scene_exactly(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_scene other;
    int channel = 3, velocity;
    uint32_t frame = 0;
    mg_stage_make_scene(&other, 3, 90, 9);
    open_rolling(&stage);
    run_to(&stage, BAR + 100);
    mg_rt_offer(stage.rt, &other);
    while (channel == 3)
        frame = next_on(&stage, &channel, &velocity);
    assert_int_equal(frame, 2 * BAR);
    assert_int_equal(stage.decided, 24); // 8 quarters are 24 of its steps
    double step = 60.0 * 48000 / (90 * 3);
    for (int k = 1; k < 30; k++) {
        frame = next_on(&stage, &channel, &velocity);
        assert_int_equal(frame, (uint32_t)(2 * BAR + k * step + 0.5));
    }
    close_quiet(&stage);
}

// From a 4/4 scene to one in 3/4 at the second bar: its own bars begin there, and a mute
// that is on stays on.
static void
test_scene_in_another_metre(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_scene other;
    int channel, velocity;
    mg_stage_make_scene(&other, 2, 240, 9);
    other.beats_per_bar = 3;
    mg_control_set(&other.controls, MG_CONTROL_ACCENT, 20);
    open_rolling(&stage);
    mg_control_set(&stage.scene.controls, MG_CONTROL_MUTE, 1);
    mg_rt_offer(stage.rt, &other);
    run_to(&stage, BAR + STEP + 64);
    assert_ptr_equal(stage.retired, &stage.scene);
    assert_int_equal(stage.notes_on, 0);
    mg_control_set(&other.controls, MG_CONTROL_MUTE, 0);
    for (int step = 2; step < 20; step++) {
        assert_int_equal(next_on(&stage, &channel, &velocity), BAR + step * STEP);
        assert_int_equal(velocity == 100, step % 6 == 0);
    }
    close_quiet(&stage);
}

static void
test_scene_while_stopped(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_scene other;
    int channel, velocity;
    mg_stage_make_scene(&other, 1, 60, 9);
    mg_stage_open(&stage, &CONFIG, score);
    mg_stage_cycles(&stage, 2);
    mg_rt_offer(stage.rt, &other);
    mg_stage_cycles(&stage, 3);
    assert_ptr_equal(stage.retired, &stage.scene);
    stage.transport.rolling = true;
    assert_int_equal(next_on(&stage, &channel, &velocity), 0);
    assert_int_equal(channel, 9);
    assert_int_equal(next_on(&stage, &channel, &velocity), 48000);
    close_quiet(&stage);
}

// A relocation between the question and the bar line: the old one plays on from there,
// the new one comes at the next bar line.
static void
test_scene_and_locate(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_scene other;
    int channel, velocity;
    mg_stage_make_scene(&other, 2, 240, 9);
    open_rolling(&stage);
    run_to(&stage, 5 * STEP);
    mg_rt_offer(stage.rt, &other);
    run_to(&stage, 7 * STEP + 100);
    mg_stage_cycle(&stage);
    assert_ptr_equal(stage.asked, &other);
    stage.transport.frame = 2 * BAR + 5 * STEP - 64;
    mg_stage_cycle(&stage);
    mg_stage_compose(&stage);
    assert_ptr_equal(stage.asked, &stage.scene);
    for (int i = 0; i < 3; i++) {
        next_on(&stage, &channel, &velocity);
        assert_int_equal(channel, 3);
    }
    assert_int_equal(next_on(&stage, &channel, &velocity), 3 * BAR);
    assert_int_equal(channel, 9);
    mg_stage_cycle(&stage);
    assert_ptr_equal(stage.retired, &stage.scene);
    close_quiet(&stage);
}

// --- controls ------------------------------------------------------------------------

static void
turn(struct mg_stage *stage, int controller, int value)
{
    mg_stage_play(stage, 0, 0xb2, controller, value);
    mg_stage_cycle(stage);
}

static void
test_mute_and_panic(void **state)
{
    (void)state;
    static struct mg_stage stage;
    open_rolling(&stage);
    mg_controls_bind(&stage.scene.controls, MG_CONTROL_MUTE, -1, 20);
    mg_controls_bind(&stage.scene.controls, MG_CONTROL_PANIC, 2, 21);
    mg_controls_bind(&stage.scene.controls, MG_CONTROL_NEXT, -1, 22);
    run_to(&stage, STEP / 2);
    assert_int_equal(stage.sounding, 2);
    turn(&stage, 20, 127);
    assert_int_equal(stage.sounding, 0);
    run_to(&stage, 4 * STEP + STEP / 2);
    assert_int_equal(stage.sounding, 0);
    turn(&stage, 20, 0);
    run_to(&stage, 5 * STEP + STEP / 2);
    assert_int_equal(stage.sounding, 2);
    turn(&stage, 21, 127);
    assert_int_equal(stage.sounding, 0);
    run_to(&stage, 6 * STEP + STEP / 2);
    assert_int_equal(stage.sounding, 2); // once
    turn(&stage, 22, 127);
    assert_int_equal(atomic_load(&stage.rt->next_wishes), 1);
    turn(&stage, 22, 0);
    turn(&stage, 22, 127);
    assert_int_equal(atomic_load(&stage.rt->next_wishes), 2);
    assert_int_equal(atomic_load(&stage.rt->turned) & 0xffff, 0x8000 | 2 << 8 | 22);
    close_quiet(&stage);
}

static void
test_swing_and_accent(void **state)
{
    (void)state;
    static struct mg_stage stage;
    int channel, velocity;
    open_rolling(&stage);
    mg_control_set(&stage.scene.controls, MG_CONTROL_SWING, 0.625f); // exact in binary
    mg_control_set(&stage.scene.controls, MG_CONTROL_ACCENT, 20);
    int strongest = 0;
    for (uint32_t step = 0; step < 32; step++) {
        uint32_t late = step % 2 ? STEP / 4 : 0;
        assert_int_equal(next_on(&stage, &channel, &velocity), step * STEP + late);
        if (step == 0)
            strongest = velocity;
        assert_int_equal(velocity == strongest, step % 8 == 0);
        assert_true(velocity <= strongest);
    }
    close_quiet(&stage);
}

// --- MIDI clock ----------------------------------------------------------------------

// 24 pulses a quarter note at their frames, among the notes in order; a stop says so.
static void
test_clock_out(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_rt_config config = {.clock_out = true};
    const uint32_t cycles[] = {64, 1024, 8192};
    for (int i = 0; i < 3; i++) {
        mg_stage_open(&stage, &config, score);
        mg_stage_cycles(&stage, 2);
        stage.frames = cycles[i];
        stage.transport.rolling = true;
        while (stage.transport.frame < 480000) {
            uint32_t start = stage.transport.frame;
            int64_t pulses = stage.pulses;
            mg_stage_cycle(&stage);
            for (int k = 0; k < stage.out_count; k++)
                if (stage.out[k].data[0] == 0xf8)
                    assert_int_equal(start + stage.out[k].frame, pulses++ * 500);
            assert_int_equal(pulses, stage.pulses);
        }
        assert_int_equal(stage.pulses, (stage.transport.frame + 499) / 500);
        stage.transport.rolling = false;
        mg_stage_cycle(&stage);
        assert_int_equal(stage.out[stage.out_count - 1].data[0], 0xfc);
        close_quiet(&stage);
    }
}

// A master that starts between two pulses of the instrument's own time, and stops.
static void
test_clock_in(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_rt_config config = {.clock_in = true};
    mg_stage_open(&stage, &config, score);
    mg_stage_cycles(&stage, 2);
    mg_stage_play(&stage, 10, 0xfa, 0, 0);
    stage.in[0].size = 1;
    mg_stage_cycle(&stage);
    int steps = 0;
    for (uint32_t frame = 0; frame < 96000; frame += 64) { // 120 BPM from frame 100
        if (frame % 1000 <= 100 && frame % 1000 > 36) {
            mg_stage_play(&stage, 100 - frame % 1000, 0xf8, 0, 0);
            stage.in[0].size = 1;
        }
        mg_stage_cycle(&stage);
        for (int k = 0; k < stage.out_count; k++)
            if (stage.out[k].data[1] == 60 && stage.out[k].data[0] >> 4 == 9)
                assert_int_equal(frame + stage.out[k].frame, 100 + 12000 * steps++);
    }
    assert_int_equal(steps, 8);
    mg_stage_play(&stage, 10, 0xfc, 0, 0);
    stage.in[0].size = 1;
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 0);
    close_quiet(&stage);
}

// --- readiness -----------------------------------------------------------------------

static void
test_ready(void **state)
{
    (void)state;
    static struct mg_stage stage;
    struct mg_transport there = {.frame = 5 * STEP};
    mg_stage_open(&stage, &CONFIG, score);
    mg_stage_cycles(&stage, 3);
    assert_true(mg_rt_ready(stage.rt, &stage.transport));
    assert_false(mg_rt_ready(stage.rt, &there)); // not heard of yet
    stage.asleep = true;
    stage.transport = there;
    mg_stage_cycles(&stage, 3);
    assert_false(mg_rt_ready(stage.rt, &there)); // not decided yet
    stage.asleep = false;
    mg_stage_cycles(&stage, 2);
    assert_true(mg_rt_ready(stage.rt, &there));
    stage.transport.rolling = true;
    mg_stage_cycle(&stage);
    assert_int_equal(stage.sounding, 2); // on its first frame
    assert_int_equal(mg_count_get(&stage.rt->counters.delayed_steps), 0);
    close_quiet(&stage);
}

// --- the ledger ----------------------------------------------------------------------

static int
count_bits(const _Atomic uint16_t *table)
{
    int bits = 0;
    for (int key = 0; key < MG_KEYS; key++)
        for (uint16_t left = atomic_load(&table[key]); left; left &= left - 1)
            bits++;
    return bits;
}

// Killed at any moment, the ledger says what sounds; the next life ends it, as much a
// cycle as there is room for.
static void
test_inheritance(void **state)
{
    (void)state;
    static struct mg_stage stage, heir;
    struct mg_rt_config thru = {.thru = true};
    mg_stage_open(&stage, &thru, score);
    mg_stage_cycles(&stage, 2);
    stage.transport.rolling = true;
    for (int i = 0; i < 200; i++) {
        if (i == 20)
            mg_stage_play(&stage, 3, 0x95, 70, 100);
        mg_stage_cycle(&stage);
        assert_int_equal(count_bits(stage.ledger.ours) + count_bits(stage.ledger.thru),
                         stage.sounding);
    }
    assert_int_equal(stage.sounding, 3);

    mg_stage_open(&heir, &CONFIG, score);
    memcpy(&heir.ledger, &stage.ledger, sizeof heir.ledger);
    memcpy(heir.sounds, stage.sounds, sizeof heir.sounds);
    heir.sounding = stage.sounding;
    assert_int_equal(mg_ledger_inherit(&heir.ledger), 3);
    assert_int_equal(mg_ledger_inherit(&heir.ledger),
                     3); // killed again before it played
    mg_stage_cycles(&heir, 3);
    assert_int_equal(heir.sounding, 3); // nobody listens yet
    heir.out_capacity = 2;
    mg_rt_command(heir.rt, MG_RT_INHERIT);
    mg_stage_cycle(&heir);
    assert_int_equal(heir.sounding, 1);
    mg_stage_cycle(&heir);
    assert_int_equal(heir.sounding, 0);
    assert_int_equal(mg_ledger_inherit(&heir.ledger), 0);
    assert_int_equal(heir.faults, 0);
    mg_stage_close(&heir);
    mg_stage_play(&stage, 0, 0x85, 70, 0);
    close_quiet(&stage);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scene_at_bar),
        cmocka_unit_test(test_scene_exactly),
        cmocka_unit_test(test_scene_in_another_metre),
        cmocka_unit_test(test_scene_while_stopped),
        cmocka_unit_test(test_scene_and_locate),
        cmocka_unit_test(test_mute_and_panic),
        cmocka_unit_test(test_swing_and_accent),
        cmocka_unit_test(test_clock_out),
        cmocka_unit_test(test_clock_in),
        cmocka_unit_test(test_ready),
        cmocka_unit_test(test_inheritance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
