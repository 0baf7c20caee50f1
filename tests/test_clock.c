// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The clock: every step in exactly one cycle at its exact frame, whatever the transport
// says.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/clock.h"

enum { RATE = 48000 };

// A timebase master that says where the frame is, in 4/4, its ticks rounded down.
static struct mg_transport
master(uint32_t frame, double bpm, double ticks_per_beat)
{
    double beats = frame * bpm / (60.0 * RATE);
    double whole = floor(beats);
    return (struct mg_transport){
        .rolling = true,
        .frame = frame,
        .has_bbt = true,
        .bar = (int32_t)(whole / 4.0) + 1,
        .beat = (int32_t)fmod(whole, 4.0) + 1,
        .tick = floor((beats - whole) * ticks_per_beat),
        .bar_start_tick = floor(whole / 4.0) * 4.0 * ticks_per_beat,
        .ticks_per_beat = ticks_per_beat,
        .beats_per_minute = bpm,
        .beats_per_bar = 4,
        .beat_type = 4,
    };
}

// Odd rates, tempos and cycles: the k-th step at round(k * 60 * rate / (bpm * spq)).
static void
test_own_tempo(void **state)
{
    (void)state;
    const double tempos[] = {120, 97.3, 33.3, 999, 1};
    const uint32_t cycles[] = {64, 1024, 17, 8192, 441};
    for (int i = 0; i < 25; i++) {
        double bpm = tempos[i % 5];
        uint32_t frames = cycles[i / 5];
        uint32_t rate = i % 2 ? 44100 : 48000;
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 4, bpm);
        struct mg_transport t = {.rolling = true};
        int64_t next = 0;
        for (; t.frame < 3000000; t.frame += frames) {
            mg_clock_advance(&clock, &t, frames, rate, &out);
            assert_int_equal(out.moved, t.frame == 0);
            for (int k = 0; k < out.count; k++, next++) {
                double due = floor((double)next * 60.0 * rate / (bpm * 4) + 0.5);
                assert_int_equal(out.steps[k].step, next);
                assert_int_equal(t.frame + out.steps[k].frame, (int64_t)due);
            }
        }
        assert_int_equal(next,
                         (int64_t)ceil((t.frame - 0.5) * bpm * 4 / (60.0 * rate)));
    }
}

// Ticks rounded down, coarse and fine: no step is lost or doubled, and each is within a
// tick.
static void
test_master(void **state)
{
    (void)state;
    const double resolutions[] = {24, 96, 960, 1920};
    const double tempos[] = {120, 61.7, 240.01};
    for (int i = 0; i < 12; i++) {
        double bpm = tempos[i % 3];
        double ticks = resolutions[i / 3];
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 2, 77); // its own tempo must not matter
        int64_t next = 0;
        for (uint32_t frame = 0; frame < 5000000; frame += 256) {
            struct mg_transport t = master(frame, bpm, ticks);
            mg_clock_advance(&clock, &t, 256, RATE, &out);
            assert_int_equal(out.moved, frame == 0);
            for (int k = 0; k < out.count; k++, next++) {
                double due = (double)next * 30.0 * RATE / bpm;
                double tick_frames = 60.0 * RATE / (bpm * ticks);
                assert_int_equal(out.steps[k].step, next);
                assert_true(fabs(frame + out.steps[k].frame - due) <=
                            tick_frames + 1.0);
            }
        }
        assert_true(next > 2 * 100 * bpm / 60);
    }
}

// With exact positions (or none to round) each step is on its exact frame.
static void
test_master_exact(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 77);
    int64_t next = 0;
    for (uint32_t frame = 0; frame < 5000000; frame += 64) {
        struct mg_transport t = master(frame, 120, 1920);
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        for (int k = 0; k < out.count; k++, next++)
            assert_int_equal(frame + out.steps[k].frame, next * 12000);
    }
    assert_int_equal(next, (5000000 + 11999) / 12000);
}

// Runs cycles of 64 frames and returns how many steps fell; *last: the last one.
static int
run(struct mg_clock *clock, struct mg_transport *t, int cycles, int64_t *last)
{
    struct mg_clock_cycle out;
    int steps = 0;
    for (int i = 0; i < cycles; i++) {
        mg_clock_advance(clock, t, 64, RATE, &out);
        for (int k = 0; k < out.count; k++)
            *last = out.steps[k].step;
        steps += out.count;
        t->frame += 64;
    }
    return steps;
}

static void
test_frozen_bbt(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_transport t = master(0, 120, 1920); // bar 1 beat 1 for ever
    int64_t last = -1;
    mg_clock_init(&clock, 2, 60);
    assert_int_equal(run(&clock, &t, 48000 * 10 / 64, &last), 40); // at its tempo
    assert_int_equal(last, 39);
    t.frame = 48000 * 100; // relocated: the frame says where
    run(&clock, &t, 1, &last);
    assert_int_equal(last, 400);
}

static void
test_bbt_missing_after_locate(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 60);
    uint32_t frame = 0;
    for (; frame < 64000; frame += 64) {
        struct mg_transport t = master(frame, 120, 1920);
        mg_clock_advance(&clock, &t, 64, RATE, &out);
    }
    frame = 12000 * 20;
    struct mg_transport t = master(frame, 120, 1920);
    t.has_bbt = false;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_true(out.moved);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.steps[0].step, 20); // by the last tempo
    t = master(frame + 64, 120, 1920);
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_false(out.moved); // and it was right
}

static void
test_small_jumps(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    int64_t next = 0;
    mg_clock_init(&clock, 2, 120);
    struct mg_transport t = {.rolling = true};
    for (int i = 0; i < 20000;
         i++) { // now and then a cycle is left out, or comes twice
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        assert_int_equal(out.moved, i == 0);
        for (int k = 0; k < out.count; k++)
            assert_int_equal(out.steps[k].step, next++);
        t.frame += i % 100 == 99 ? 640 : i % 100 == 49 ? (uint32_t)-64 : 64;
    }
    assert_true(next > 100);
}

static void
test_locates(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 120);
    struct mg_transport t = {.rolling = false, .frame = 12001 * 7};
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_int_equal(out.next, 7); // 7 frames late: still that step
    t.frame = 12000 * 7 + 6000;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_int_equal(out.next, 8);
    assert_int_equal(out.count, 0);
    assert_false(out.moved || out.stopped);
    t.rolling = true;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_true(out.moved);
    t.frame += 64;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_false(out.moved);
    t.frame = 0;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_true(out.moved);
    assert_int_equal(out.next, 0);
    assert_int_equal(out.count, 1);
    t.rolling = false;
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_true(out.stopped);
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_false(out.stopped);
}

// Loops so short that each jump looks like a slip of the clock add up to a relocation.
static void
test_tiny_loop(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    int moves = 0;
    mg_clock_init(&clock, 2, 120);
    for (int i = 0; i < 10000; i++) {
        struct mg_transport t = {.rolling = true,
                                 .frame = 11000 + 64 * (uint32_t)(i % 10)};
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        moves += out.moved;
        assert_int_equal(out.count, 0);
        assert_int_equal(out.next, 1);
    }
    assert_int_equal(moves, 1);
}

// Small steps back add up, too: the next step is never more than a step and a bit away.
static void
test_creeps_back(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 120);
    for (uint32_t frame = 120000; frame > 1000; frame -= 500) {
        struct mg_transport t = {.rolling = true, .frame = frame};
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        assert_true(out.next * 12000 - (int64_t)frame <= 12000 + 2 * 960);
    }
}

// Steps that a jump went past are not struck together: the last of them stands for all.
static void
test_no_stack(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    struct mg_transport t = {.rolling = true};
    int64_t last = -1;
    mg_clock_init(&clock, 24, 999); // a step every 120 frames
    for (int i = 0; i < 1000; i++) {
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        assert_int_equal(out.moved, i == 0);
        for (int k = 0; k < out.count; k++) {
            assert_true(out.steps[k].step > last);
            assert_true(k == 0 || out.steps[k].frame > out.steps[k - 1].frame);
            last = out.steps[k].step;
        }
        if (i % 100 == 51)
            assert_int_equal(out.skipped, 4); // 600 frames, five steps: one is struck
        t.frame += i % 100 == 50 ? 64 + 600 : 64;
    }
}

// A tempo in dotted quarters a minute, in 6/8: the distance covered tells.
static void
test_tempo_unit(void **state)
{
    (void)state;
    for (int in_beats = 0; in_beats < 2; in_beats++) {
        struct mg_clock clock;
        struct mg_clock_cycle out;
        int64_t next = 0;
        mg_clock_init(&clock, 2, 120);
        for (uint32_t frame = 0; frame < 2000000; frame += 256) {
            // 240 eighths a minute: a step is an eighth, 12000 frames.
            struct mg_transport t = master(frame, 240, 1920);
            t.beat_type = 8;
            t.beats_per_minute = in_beats ? 240 : 120;
            mg_clock_advance(&clock, &t, 256, RATE, &out);
            for (int k = 0; k < out.count; k++, next++) {
                assert_int_equal(out.steps[k].step, next);
                assert_true(abs((int)(frame + out.steps[k].frame - next * 12000)) <= 8);
            }
        }
        assert_int_equal(next, 167);
        assert_int_equal(clock.tempo_in_beats, in_beats);
    }
}

// xorshift64 (Marsaglia 2003): the same on every machine.
static uint64_t
next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

static double
hostile_double(uint64_t *x)
{
    static const double values[] = {NAN,   INFINITY, -INFINITY, 0,  -1,   1e-300,
                                    1e300, 1e9,      120,       4,  1920, -0.0,
                                    1e-9,  999,      1000,      64, 8,    3};
    return values[next_random(x) % (sizeof values / sizeof *values)];
}

static struct mg_transport
hostile(uint64_t *x, uint32_t frame)
{
    struct mg_transport t = master(frame, 120, 1920);
    t.rolling = next_random(x) % 16 != 0;
    t.has_bbt = next_random(x) % 4 != 0;
    double *fields[] = {&t.tick,          &t.bar_start_tick, &t.ticks_per_beat,
                        &t.beats_per_bar, &t.beat_type,      &t.beats_per_minute};
    for (int i = 0; i < 6; i++)
        if (next_random(x) % 3 == 0)
            *fields[i] = hostile_double(x);
    if (next_random(x) % 4 == 0)
        t.bar = (int32_t)next_random(x);
    if (next_random(x) % 4 == 0)
        t.beat = (int32_t)next_random(x);
    if (next_random(x) % 8 == 0)
        t.frame = (uint32_t)next_random(x);
    if (next_random(x) % 4 == 0)
        t.bbt_offset_frames = (int32_t)next_random(x);
    return t;
}

static void
test_hostile(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    uint64_t x = 88172645463325252ULL;
    uint32_t frame = 0;
    mg_clock_init(&clock, 4, 120);
    for (int i = 0; i < 500000; i++) {
        const uint32_t rates[] = {48000, 44100, 0, 8000, 192000, UINT32_MAX};
        uint32_t frames =
            next_random(&x) % 32 ? 64 : (uint32_t)next_random(&x) % 100000;
        uint32_t rate = next_random(&x) % 64 ? RATE : rates[next_random(&x) % 6];
        struct mg_transport t = hostile(&x, frame);
        mg_clock_advance(&clock, &t, frames, rate, &out);
        assert_in_range(out.count, 0, MG_CLOCK_STEPS_MAX);
        for (int k = 0; k < out.count; k++) {
            assert_true(out.steps[k].frame < frames);
            assert_true(out.steps[k].step >= 0);
            assert_true(k == 0 || (out.steps[k].step > out.steps[k - 1].step &&
                                   out.steps[k].frame >= out.steps[k - 1].frame));
        }
        frame += frames;
    }
    // A sane master again: on the grid within a bar.
    frame = 0;
    int found = 0;
    for (int i = 0; i < 2 * RATE * 4 / 64; i++, frame += 64) {
        struct mg_transport t = master(frame, 120, 1920);
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        if (frame < 2 * RATE)
            continue;
        for (int k = 0; k < out.count; k++, found++)
            assert_true(abs((int)(frame + out.steps[k].frame -
                                  out.steps[k].step * 6000)) <= 13);
    }
    assert_int_equal(found, 48);
}

// A master that never says a tempo, or nonsense: its bars are followed all the same, at
// our tempo between its words; each step falls once, within a cycle of its place.
static void
test_no_tempo(void **state)
{
    (void)state;
    const double said[] = {0, -1, (double)NAN, 1e300};
    for (int i = 0; i < 4; i++) {
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 2, 77);
        int64_t next = 0;
        for (uint32_t frame = 0; frame < 3000000; frame += 256) {
            struct mg_transport t = master(frame, 120, 1920);
            t.beats_per_minute = said[i];
            mg_clock_advance(&clock, &t, 256, RATE, &out);
            for (int k = 0; k < out.count; k++, next++) {
                assert_int_equal(out.steps[k].step, next);
                assert_true(fabs(frame + out.steps[k].frame - (double)next * 12000) <=
                            256);
            }
        }
        assert_true(next >= 249);
    }
}

// Varispeed: the song goes by faster or slower than its tempo says.
static void
test_varispeed(void **state)
{
    (void)state;
    const double speeds[] = {0.5, 0.9, 1.1, 2.0};
    for (int i = 0; i < 4; i++) {
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 2, 77);
        int64_t next = 0;
        for (uint32_t frame = 0; frame < 3000000; frame += 256) {
            struct mg_transport t = master((uint32_t)(frame * speeds[i]), 120, 1920);
            t.frame = frame;
            mg_clock_advance(&clock, &t, 256, RATE, &out);
            for (int k = 0; k < out.count; k++, next++) {
                double due = (double)next * 12000 / speeds[i];
                assert_int_equal(out.steps[k].step, next);
                assert_true(fabs(frame + out.steps[k].frame - due) <= 256 * 2);
            }
        }
        assert_true(next >= (int64_t)(249 * speeds[i]));
    }
}

// Another rate and cycle length on the way: the place in the song is kept by its frame.
static void
test_rate_changes(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    struct mg_transport t = {.rolling = true};
    mg_clock_init(&clock, 2, 120);
    int64_t last = -1;
    uint32_t frames = 64;
    for (int i = 0; i < 4000; i++) {
        uint32_t rate = i < 2000 ? 48000 : 96000;
        frames = i % 100 == 0 ? (frames * 7 + 13) % 2048 + 1 : frames;
        mg_clock_advance(&clock, &t, frames, rate, &out);
        for (int k = 0; k < out.count; k++) {
            if (i != 2000) // there the song jumps back to half its length
                assert_int_equal(out.steps[k].step, last + 1);
            last = out.steps[k].step;
            assert_int_equal(t.frame + out.steps[k].frame, last * rate / 4);
        }
        if (i == 2000 && out.count == 0)
            last = out.next - 1;
        t.frame += frames;
    }
    assert_true(last > 40);
}

// Bars of 4/4, 3/4, 7/8 and 6/8 in turn while rolling: no step is lost or moved, and each
// downbeat is one.
static void
test_metre_changes(void **state)
{
    (void)state;
    const int beats[] = {4, 3, 7, 6}, types[] = {4, 4, 8, 8};
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 77);
    int64_t next = 0;
    int bar = 1, downbeats = 0;
    double start = 0.0; // of the bar, in quarters
    for (uint32_t frame = 0; frame < 5000000; frame += 64) {
        double quarters = frame / 24000.0;
        double length = beats[bar % 4] * 4.0 / types[bar % 4];
        for (; quarters >= start + length; bar++) {
            start += length;
            length = beats[(bar + 1) % 4] * 4.0 / types[(bar + 1) % 4];
        }
        double in_bar = (quarters - start) * types[bar % 4] / 4.0; // in beats
        struct mg_transport t = {
            .rolling = true,
            .frame = frame,
            .has_bbt = true,
            .bar = bar,
            .beat = (int32_t)in_bar + 1,
            .tick = (in_bar - floor(in_bar)) * 1920,
            .bar_start_tick = start * types[bar % 4] / 4.0 * 1920,
            .ticks_per_beat = 1920,
            .beats_per_minute = 120,
            .beats_per_bar = beats[bar % 4],
            .beat_type = types[bar % 4],
        };
        mg_clock_advance(&clock, &t, 64, RATE, &out);
        for (int k = 0; k < out.count; k++, next++) {
            assert_int_equal(out.steps[k].step, next);
            assert_int_equal(frame + out.steps[k].frame, next * 12000);
            if (frame + out.steps[k].frame == (uint32_t)(start * 24000 + 0.5)) {
                assert_int_equal(out.steps[k].weight, MG_CLOCK_DOWNBEAT);
                downbeats++;
            }
        }
    }
    assert_int_equal(next, (5000000 + 11999) / 12000);
    assert_true(downbeats > 20);
}

// Every second step where the swing says, to the frame; and back to even.
static void
test_swing(void **state)
{
    (void)state;
    const double swings[] = {0.5, 0.58, 2.0 / 3.0, 0.75};
    for (int i = 0; i < 8; i++) {
        double swing = swings[i % 4];
        bool has_master = i >= 4;
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 2, 120);
        clock.swing = swing;
        int64_t next = 0;
        for (uint32_t frame = 0; frame < 3000000; frame += 64) {
            struct mg_transport t = has_master
                                        ? master(frame, 120, 1920)
                                        : (struct mg_transport){true, .frame = frame};
            mg_clock_advance(&clock, &t, 64, RATE, &out);
            for (int k = 0; k < out.count; k++, next++) {
                double late = next % 2 ? 2.0 * swing - 1.0 : 0.0;
                assert_int_equal(out.steps[k].step, next);
                assert_int_equal(frame + out.steps[k].frame,
                                 (int64_t)floor(((double)next + late) * 12000.0 + 0.5));
            }
        }
        assert_true(next >= 250);
    }
}

// A start between an even step and its swung follower plays the follower.
static void
test_swing_start(void **state)
{
    (void)state;
    struct mg_clock clock;
    struct mg_clock_cycle out;
    mg_clock_init(&clock, 2, 120);
    clock.swing = 0.75;
    struct mg_transport t = {.rolling = true, .frame = 24000 + 14000};
    mg_clock_advance(&clock, &t, 8192, RATE, &out);
    assert_int_equal(out.next, 3);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.steps[0].frame, 24000 + 18000 - t.frame);
}

static void
test_weights(void **state)
{
    (void)state;
    struct mg_clock clock;
    mg_clock_init(&clock, 2, 120); // 4/4
    for (int64_t step = 0; step < 64; step++)
        assert_int_equal(mg_clock_weight(&clock, step),
                         step % 8 == 0   ? MG_CLOCK_DOWNBEAT
                         : step % 2 == 0 ? MG_CLOCK_BEAT
                                         : MG_CLOCK_OFF_BEAT);
    mg_clock_set_metre(&clock, 3, 4);
    for (int64_t step = 0; step < 64; step++)
        assert_int_equal(mg_clock_weight(&clock, step) == MG_CLOCK_DOWNBEAT,
                         step % 6 == 0);
    // A master in 7/8 whose bar began at quarter 10: steps 20, 27, 34.
    struct mg_clock_cycle out;
    struct mg_transport t = {.rolling = true,
                             .frame = 240000,
                             .has_bbt = true,
                             .bar = 4,
                             .beat = 1,
                             .bar_start_tick = 20 * 960.0,
                             .ticks_per_beat = 960,
                             .beats_per_minute = 120,
                             .beats_per_bar = 7,
                             .beat_type = 8};
    mg_clock_advance(&clock, &t, 64, RATE, &out);
    assert_int_equal(out.steps[0].step, 20);
    assert_int_equal(out.steps[0].weight, MG_CLOCK_DOWNBEAT);
    for (int64_t step = 20; step < 48; step++)
        assert_int_equal(mg_clock_weight(&clock, step),
                         (step - 20) % 7 == 0 ? MG_CLOCK_DOWNBEAT : MG_CLOCK_BEAT);
}

// Another grid and tempo at a bar, in short cycles and in one that holds many steps:
// what was due before stays, what comes after falls on the new grid, counted from the
// bar.
static void
test_regrid(void **state)
{
    (void)state;
    const uint32_t cycles[] = {64, 8192, 100000};
    for (int i = 0; i < 3; i++) {
        struct mg_clock clock;
        struct mg_clock_cycle out;
        mg_clock_init(&clock, 2, 120);
        int64_t next = 0;
        bool changed = false;
        for (uint32_t frame = 0; frame < 1000000; frame += cycles[i]) {
            struct mg_transport t = {.rolling = true, .frame = frame};
            mg_clock_advance(&clock, &t, cycles[i], RATE, &out);
            assert_int_equal(out.moved, frame == 0);
            for (int k = 0; k < out.count; k++, next++) {
                double due = changed ? 96000.0 + (double)(next - 16) * 8000.0
                                     : (double)next * 12000.0;
                assert_int_equal(out.steps[k].step, next);
                assert_int_equal(frame + out.steps[k].frame, (int64_t)due);
                if (next == 8 && !changed) { // bar 2: sixteenths at 90 from here
                    mg_clock_regrid(&clock, 4, 90, cycles[i], RATE, k, &out);
                    changed = true;
                    next = 16;
                }
            }
        }
        assert_true(next > 100);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_tempo),
        cmocka_unit_test(test_master),
        cmocka_unit_test(test_master_exact),
        cmocka_unit_test(test_frozen_bbt),
        cmocka_unit_test(test_bbt_missing_after_locate),
        cmocka_unit_test(test_small_jumps),
        cmocka_unit_test(test_locates),
        cmocka_unit_test(test_tiny_loop),
        cmocka_unit_test(test_creeps_back),
        cmocka_unit_test(test_no_stack),
        cmocka_unit_test(test_tempo_unit),
        cmocka_unit_test(test_no_tempo),
        cmocka_unit_test(test_varispeed),
        cmocka_unit_test(test_rate_changes),
        cmocka_unit_test(test_metre_changes),
        cmocka_unit_test(test_swing),
        cmocka_unit_test(test_swing_start),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_regrid),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
