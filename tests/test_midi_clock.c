// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI clock, in and out: the steps that mg_clock places by what came in, against the
// master's.
//
// The bounds are those of the filter: its response to one late pulse is computed here
// from the bandwidth that the header names, by the formulas of the paper.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/clock.h"
#include "engine/midi_clock.h"
#include "engine/midi_clock_in.h"
#include "engine/midi_clock_out.h"

enum {
    RATE = 48000,
    STEPS_PER_QUARTER = 2,
    PULSES_PER_STEP = MG_MIDI_PULSES_PER_QUARTER / STEPS_PER_QUARTER,
    PULSES_MAX = 250000,
    STEPS_MAX = PULSES_MAX / PULSES_PER_STEP,
    MESSAGES_MAX = 4096, // a cycle
};

static const double JITTER_FRAMES = 0.002 * RATE;

// --- what the filter does, by its bandwidth ------------------------------------------

// How one pulse that comes a frame late moves the line later on.
struct response {
    double worst;     // sum of the absolute values: the bound for any jitter up to 1
    double deviation; // root of the sum of squares: what white jitter leaves
};

// Of the point `back` pulses before the one that is predicted.
static struct response
respond(int back)
{
    double omega = 2.0 * acos(-1.0) / MG_MIDI_CLOCK_IN_PERIOD;
    double next = 0.0;
    double period = 0.0;
    struct response response = {0};
    for (int k = 0; k < 2000; k++) {
        double error = (k == 0 ? 1.0 : 0.0) - next;
        next += sqrt(2.0) * omega * error + period;
        period += omega * omega * error;
        double moved = next - back * period;
        response.worst += fabs(moved);
        response.deviation += moved * moved;
    }
    response.deviation = sqrt(response.deviation);
    return response;
}

// The worst over all points of the line that a cycle of `frames` can use.
static struct response
respond_in_cycle(double frames, double pulse_frames)
{
    struct response most = {0};
    for (int back = 0; back <= (int)(frames / pulse_frames) + 1; back++) {
        struct response one = respond(back);
        most.worst = fmax(most.worst, one.worst);
        most.deviation = fmax(most.deviation, one.deviation);
    }
    return most;
}

// --- a slave, and the tape that it hears ---------------------------------------------

// The master's messages, their frames counted from the start of the test.
static struct {
    struct mg_midi_event events[PULSES_MAX];
    int count;
} tape;

static void
record(double frame, uint8_t status)
{
    assert_true(tape.count < PULSES_MAX);
    tape.events[tape.count++] = (struct mg_midi_event){
        .frame = (uint32_t)floor(frame + 0.5), .size = 1, .data = {status}};
}

struct seen {
    int64_t step;
    int64_t frame; // from the start of the test
};

static struct slave {
    struct mg_midi_clock_in in;
    struct mg_clock clock;
    struct mg_transport transport; // of the last cycle
    struct mg_clock_cycle cycle;
    uint32_t now; // the first frame of the next cycle
    int read;     // of the tape
    int moves;
    int stops;
    struct seen steps[STEPS_MAX];
    int count;
} slave;

static double
quarters_of(const struct mg_transport *t)
{
    return (t->bar - 1) * 4.0 + (t->beat - 1) + t->tick / t->ticks_per_beat;
}

static void
reset(double bpm)
{
    memset(&slave, 0, sizeof slave);
    tape.count = 0;
    mg_midi_clock_in_init(&slave.in, bpm);
    mg_clock_init(&slave.clock, STEPS_PER_QUARTER, 77); // its own tempo must not matter
}

// Hears one cycle's messages.
static void
hear(const struct mg_midi_event *in, int count, uint32_t frames)
{
    double last = quarters_of(&slave.transport);
    bool on = slave.transport.rolling;
    mg_midi_clock_in_advance(&slave.in, in, count, frames, RATE, &slave.transport);
    if (on && slave.transport.rolling && !slave.in.begins)
        assert_true(quarters_of(&slave.transport) >= last);
    mg_clock_advance(&slave.clock, &slave.transport, frames, RATE, &slave.cycle);
    slave.moves += slave.cycle.moved;
    slave.stops += slave.cycle.stopped;
    assert_int_equal(slave.cycle.skipped, 0);
    for (int i = 0; i < slave.cycle.count; i++) {
        assert_true(slave.count < STEPS_MAX);
        slave.steps[slave.count++] =
            (struct seen){slave.cycle.steps[i].step,
                          (int64_t)slave.now + slave.cycle.steps[i].frame};
    }
    slave.now += frames;
}

static void
play_tape(uint32_t frames, uint32_t until)
{
    static struct mg_midi_event in[MESSAGES_MAX];
    while (slave.now < until) {
        int count = 0;
        while (slave.read < tape.count &&
               tape.events[slave.read].frame < slave.now + frames) {
            assert_true(count < MESSAGES_MAX);
            in[count] = tape.events[slave.read++];
            in[count++].frame -= slave.now;
        }
        hear(in, count, frames);
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

// Uniform in -1 .. 1.
static double
next_uniform(uint64_t *x)
{
    return (double)(next_random(x) >> 11) * 0x1p-52 - 1.0;
}

// --- in: jitter, drift, tempo --------------------------------------------------------

// `pulses` pulses from frame `first` on, each up to `jitter` frames early or late.
static void
record_steady(double first, double pulse_frames, int pulses, double jitter)
{
    uint64_t x = 88172645463325252ULL;
    record(first - jitter, MG_MIDI_START);
    for (int k = 0; k < pulses; k++)
        record(first + k * pulse_frames + jitter * next_uniform(&x), MG_MIDI_PULSE);
}

// 10,000 beats: every step once, none further off at the end than at the beginning.
static void
test_no_drift(void **state)
{
    (void)state;
    const int pulses = 240000;
    const double pulse_frames = 60.0 * RATE / (97.3 * 24.0);
    const double bound = respond(0).worst * (JITTER_FRAMES + 0.5) + 1.0;
    reset(120);
    record_steady(1000, pulse_frames, pulses, JITTER_FRAMES);
    play_tape(256, (uint32_t)(1000 + pulse_frames * (pulses - 0.5)));
    assert_int_equal(slave.in.count, pulses);
    assert_int_equal(slave.count, pulses / PULSES_PER_STEP);
    assert_int_equal(slave.moves, 1);
    for (int i = 8; i < slave.count; i++) {
        double due = 1000 + (double)i * PULSES_PER_STEP * pulse_frames;
        assert_int_equal(slave.steps[i].step, i);
        assert_true(fabs((double)slave.steps[i].frame - due) <= bound);
    }
}

// Steps by a clock with 2 ms of jitter: never further from the true grid than the
// filter lets any jitter through, and on the average no further than it lets white
// jitter.
static void
check_jitter(double bpm, uint32_t frames)
{
    const int steps = 2400;
    const double pulse_frames = 60.0 * RATE / (bpm * 24.0);
    const struct response response = respond_in_cycle(frames, pulse_frames);
    // A pulse is rounded to a frame, a step is too, and mg_clock holds within a tick.
    const double bound = response.worst * (JITTER_FRAMES + 0.5) + 1.0;
    double squares = 0.0;
    reset(77);
    record_steady(10000, pulse_frames, steps * PULSES_PER_STEP, JITTER_FRAMES);
    play_tape(frames, (uint32_t)(10000 + pulse_frames * PULSES_PER_STEP * steps));
    assert_true(slave.count >= steps);
    assert_int_equal(slave.moves, 1);
    for (int i = 0; i < steps; i++) {
        double due = 10000 + (double)i * PULSES_PER_STEP * pulse_frames;
        double error = (double)slave.steps[i].frame - due;
        assert_int_equal(slave.steps[i].step, i);
        if (i < 8) { // the line of least squares: 5 / 3 at most from a few pulses on
            assert_true(fabs(error) <= 5.0 / 3.0 * (JITTER_FRAMES + 0.5) + 1.0);
            continue;
        }
        assert_true(fabs(error) <= bound);
        squares += error * error;
    }
    double measured = sqrt(squares / (steps - 8));
    double expected = response.deviation * JITTER_FRAMES / sqrt(3.0);
    print_message("%5.1f BPM, cycles of %4u: error %.3f ms rms, %.3f by the bandwidth, "
                  "%.3f unfiltered\n",
                  bpm, frames, 1e3 * measured / RATE, 1e3 * expected / RATE,
                  1e3 * JITTER_FRAMES / sqrt(3.0) / RATE);
    // Of 2,400 errors the deviation is known to a few percent.
    assert_true(measured <= 1.1 * expected + 1.0);
}

static void
test_jitter(void **state)
{
    (void)state;
    const double tempos[] = {60, 120, 180};
    const uint32_t cycles[] = {16, 64, 441, 1024, 4096};
    for (int i = 0; i < 15; i++)
        check_jitter(tempos[i % 3], cycles[i / 3]);
}

// Exact pulses give exact steps.
static void
test_exact(void **state)
{
    (void)state;
    for (uint32_t frames = 32; frames <= 8192; frames *= 4) {
        reset(33);
        record_steady(3 * 8192, 1000, 4800, 0);
        play_tape(frames, 4800000);
        assert_int_equal(slave.steps[0].step, 0);
        for (int i = 0; i < slave.count; i++) {
            assert_int_equal(slave.steps[i].step, i);
            assert_int_equal(slave.steps[i].frame, 3 * 8192 + 12000 * i);
        }
        assert_int_equal(slave.count, 398);
    }
}

// A tempo that goes from one to another evenly in time.
struct ramp {
    double from_bpm;
    double to_bpm;
    double seconds;
};

// When it reaches a place, in seconds.
static double
ramp_time(const struct ramp *ramp, double quarters)
{
    double slope = (ramp->to_bpm - ramp->from_bpm) / ramp->seconds;
    double length = 0.5 * (ramp->from_bpm + ramp->to_bpm) * ramp->seconds / 60.0;
    if (quarters > length)
        return ramp->seconds + (quarters - length) * 60.0 / ramp->to_bpm;
    double from = ramp->from_bpm;
    return (sqrt(from * from + 120.0 * slope * quarters) - from) / slope;
}

// How late a ramp is followed at most: by the second difference of its pulses over the
// loop's second gain, and 6 % where it overshoots.
static double
ramp_lag_frames(const struct ramp *ramp, int pulses)
{
    double omega = 2.0 * acos(-1.0) / MG_MIDI_CLOCK_IN_PERIOD;
    double most = 0.0;
    for (int k = 1; k < pulses; k++) {
        double bend = ramp_time(ramp, (k + 1) / 24.0) - 2 * ramp_time(ramp, k / 24.0) +
                      ramp_time(ramp, (k - 1) / 24.0);
        most = fmax(most, fabs(bend));
    }
    return 1.06 * RATE * most / (omega * omega);
}

static void
check_ramp(const struct ramp *ramp, uint32_t frames, double jitter)
{
    const int pulses = 2400;
    double pulse_frames = 2.5 * RATE / fmax(ramp->from_bpm, ramp->to_bpm);
    double worst = respond_in_cycle(frames, pulse_frames).worst;
    double bound = ramp_lag_frames(ramp, pulses) + worst * (jitter + 0.5) + 1.0;
    double most = 0.0;
    uint64_t x = 88172645463325252ULL;
    reset(100);
    record(900, MG_MIDI_START);
    for (int k = 0; k < pulses; k++)
        record(1024 + RATE * ramp_time(ramp, k / 24.0) + jitter * next_uniform(&x),
               MG_MIDI_PULSE);
    play_tape(frames, tape.events[tape.count - 1].frame);
    assert_in_range(slave.count, pulses / PULSES_PER_STEP - 1,
                    pulses / PULSES_PER_STEP);
    assert_int_equal(slave.moves, 1);
    for (int i = 0; i < slave.count; i++) {
        double due = 1024 + RATE * ramp_time(ramp, i / (double)STEPS_PER_QUARTER);
        assert_int_equal(slave.steps[i].step, i);
        most = fmax(most, fabs((double)slave.steps[i].frame - due));
    }
    print_message("%3.0f to %3.0f BPM in %2.0f s, cycles of %4u: %.2f ms at most, "
                  "bound %.2f\n",
                  ramp->from_bpm, ramp->to_bpm, ramp->seconds, frames,
                  1e3 * most / RATE, 1e3 * bound / RATE);
    assert_true(most <= bound);
}

static void
test_ramp(void **state)
{
    (void)state;
    const struct ramp ramps[] = {{60, 180, 30}, {180, 60, 30}, {120, 126, 2}};
    for (int i = 0; i < 3; i++) {
        check_ramp(&ramps[i], 64, 0);
        check_ramp(&ramps[i], 1024, 0);
        check_ramp(&ramps[i], 64, JITTER_FRAMES);
    }
}

// The tempo is unknown at the first pulse, and may be far from the guess: the place
// neither runs ahead nor jumps.
static void
test_unknown_tempo(void **state)
{
    (void)state;
    const double tempos[] = {20, 60, 120, 240, 400};
    for (int i = 0; i < 25; i++) {
        double pulse_frames = 2.5 * RATE / tempos[i % 5];
        reset(tempos[i / 5]);
        record_steady(512, pulse_frames, 240, 0);
        play_tape(64, (uint32_t)(512 + 239.5 * pulse_frames));
        assert_int_equal(slave.count, 20);
        for (int k = 0; k < slave.count; k++) {
            double due = 512 + k * 12 * pulse_frames;
            assert_int_equal(slave.steps[k].step, k);
            assert_true(fabs((double)slave.steps[k].frame - due) <= 2.0);
        }
        assert_true(fabs(slave.transport.beats_per_minute - tempos[i % 5]) < 0.5);
    }
}

// --- in: the messages ----------------------------------------------------------------

// Position, pulse (F8), start, continue, stop.
static const char LETTERS[] = "PFSCX";
static const uint8_t STATUSES[] = {MG_MIDI_SONG_POSITION, MG_MIDI_PULSE, MG_MIDI_START,
                                   MG_MIDI_CONTINUE, MG_MIDI_STOP};

// One cycle of 64 frames, its messages (as letters) at its first frame.
static void
cycle_with(const char *messages, int position)
{
    struct mg_midi_event in[8] = {0};
    int count = 0;
    for (; messages[count]; count++) {
        const char *letter = strchr(LETTERS, messages[count]);
        assert_non_null(letter);
        int i = (int)(letter - LETTERS);
        in[count] =
            (struct mg_midi_event){.size = i == 0 ? 3 : 1,
                                   .data = {STATUSES[i], (uint8_t)(position & 0x7f),
                                            (uint8_t)(position >> 7)}};
    }
    hear(in, count, 64);
}

// `pulses` pulses at 125 BPM: one every 960 frames, 15 cycles.
static void
give_pulses(int count)
{
    for (int i = 0; i < count * 15; i++)
        cycle_with(i % 15 == 14 ? "F" : "", 0);
}

static void
silence(int cycles)
{
    for (int i = 0; i < cycles; i++)
        cycle_with("", 0);
}

static void
assert_at(bool rolling, double quarters)
{
    assert_int_equal(slave.transport.rolling, rolling);
    assert_true(fabs(quarters_of(&slave.transport) - quarters) < 1e-3);
}

static void
test_start_stop_continue(void **state)
{
    (void)state;
    reset(120);
    give_pulses(24); // before a start: only the tempo
    assert_at(false, 0);
    assert_true(fabs(slave.transport.beats_per_minute - 125) < 0.01);
    cycle_with("S", 0);
    silence(3);
    assert_at(false, 0); // until its first pulse
    cycle_with("F", 0);
    assert_at(true, 0);
    give_pulses(24);
    assert_at(true, 1);
    cycle_with("X", 0);
    assert_at(false, 25 / 24.0); // the next pulse
    give_pulses(10);
    assert_at(false, 25 / 24.0);
    cycle_with("C", 0);
    give_pulses(1);
    assert_at(true, 25 / 24.0);
    give_pulses(47);
    assert_at(true, 3);
    cycle_with("C", 0); // while rolling: nothing
    assert_true(slave.transport.rolling);
    assert_int_equal(slave.stops, 1);
    cycle_with("SF", 0); // from the beginning, on the way
    assert_at(true, 0);
    assert_true(slave.cycle.moved);
}

static void
test_song_position(void **state)
{
    (void)state;
    reset(125);
    cycle_with("P", 17); // 4.25 quarters
    assert_at(false, 4.25);
    assert_int_equal(slave.cycle.next, 9); // the composer can prepare it
    cycle_with("C", 0);
    give_pulses(1);
    assert_at(true, 4.25);
    give_pulses(18);
    assert_at(true, 5);
    cycle_with("P", 16383); // a relocation while rolling, to the next pulse
    assert_int_equal(slave.transport.rolling, false);
    give_pulses(1);
    assert_at(true, 16383 / 4.0);
    assert_true(slave.cycle.moved);
    cycle_with("XPCF", 8); // all in one cycle, as from a loop
    assert_at(true, 2);
    assert_true(slave.cycle.moved);
    assert_int_equal(slave.stops, 1); // it was no stop
}

// Start and first pulse in the midst of a cycle: bar 1, beat 1 is there.
static void
test_start_inside_cycle(void **state)
{
    (void)state;
    const struct mg_midi_event in[] = {{.frame = 300, .size = 1, .data = {0xfa}},
                                       {.frame = 700, .size = 1, .data = {0xf8}}};
    reset(120);
    hear(in, 0, 1024);
    hear(in, 2, 1024);
    assert_at(true, 0);
    assert_int_equal(slave.transport.bbt_offset_frames, -700);
    assert_int_equal((int32_t)slave.transport.frame, -700);
    assert_int_equal(slave.count, 1);
    assert_int_equal(slave.steps[0].step, 0);
    assert_int_equal(slave.steps[0].frame, 1024 + 700);
    // Elsewhere in the song there is room before it.
    const struct mg_midi_event on[] = {{.frame = 0, .size = 3, .data = {0xf2, 4, 0}},
                                       {.frame = 0, .size = 1, .data = {0xfb}},
                                       {.frame = 700, .size = 1, .data = {0xf8}}};
    reset(120);
    hear(on, 0, 1024);
    hear(on, 3, 1024);
    assert_int_equal(slave.transport.bbt_offset_frames, 0);
    assert_int_equal(slave.count, 1);
    assert_int_equal(slave.steps[0].step, 2);
    assert_int_equal(slave.steps[0].frame, 1024 + 700);
}

// Pulses that stay out end the rolling, not before the limit; those that come again do
// not resume it.
static void
test_master_gone(void **state)
{
    (void)state;
    const int pause = 250 * RATE / 1000 / 64; // cycles in 250 ms: more than 4 pulses
    reset(125);
    cycle_with("S", 0);
    give_pulses(49);
    silence(15 + pause - 1); // the next pulse is due after 15 cycles
    assert_true(slave.transport.rolling);
    silence(2);
    assert_int_equal(slave.transport.rolling, false);
    assert_int_equal(slave.stops, 1);
    give_pulses(24);
    assert_at(false, 49 / 24.0);
    cycle_with("C", 0);
    give_pulses(1);
    assert_at(true, 49 / 24.0);
}

// At 20 BPM four pulses take half a second.
static void
test_slow_master_is_not_gone(void **state)
{
    (void)state;
    reset(20);
    record(0, MG_MIDI_START);
    for (int k = 0; k < 100; k++)
        if (k % 10 < 7) // three are lost on the way: 4 pulse times between two
            record(k * 6000.0, MG_MIDI_PULSE);
    play_tape(64, 97 * 6000);
    assert_int_equal(slave.stops, 0);
    assert_int_equal(slave.in.count, 70);
}

// A lost pulse leaves the song one behind, a doubled one ahead, until the master says
// where it is; the tempo recovers, and no step is struck twice.
static void
test_lost_and_doubled_pulse(void **state)
{
    (void)state;
    for (int doubled = 0; doubled < 2; doubled++) {
        reset(125);
        cycle_with("S", 0);
        give_pulses(100);
        cycle_with(doubled ? "F" : "", 0);
        silence(14);
        give_pulses(100);
        assert_int_equal(slave.in.count, 200 + doubled);
        assert_at(true, (199 + doubled) / 24.0);
        assert_int_equal(slave.moves, 1);
        assert_true(fabs(slave.transport.beats_per_minute - 125) < 0.05);
        for (int i = 0; i < slave.count; i++)
            assert_int_equal(slave.steps[i].step, i);
    }
}

// After years the song begins again, where mg_clock would believe no more.
static void
test_end_of_song(void **state)
{
    (void)state;
    reset(125);
    cycle_with("S", 0);
    give_pulses(48);
    slave.in.count = 9999999LL * 96 - 24;
    give_pulses(24);
    assert_at(true, 9999999LL * 4 - 1 / 24.0);
    give_pulses(1);
    assert_at(true, 0);
    assert_true(slave.cycle.moved);
}

static void
assert_sound(const struct mg_transport *t)
{
    assert_true(t->has_bbt);
    assert_in_range(t->bar, 1, 10000000);
    assert_in_range(t->beat, 1, 4);
    assert_true(t->tick >= 0 && t->tick < t->ticks_per_beat);
    assert_true(t->bar_start_tick == (t->bar - 1) * 4.0 * t->ticks_per_beat);
    assert_true(t->beats_per_minute >= MG_MIDI_CLOCK_IN_BPM_MIN - 1e-9);
    assert_true(t->beats_per_minute <= MG_MIDI_CLOCK_IN_BPM_MAX + 1e-9);
}

static struct mg_midi_event
hostile(uint64_t *x)
{
    static const uint8_t statuses[] = {0xf2, 0xf8, 0xf8, 0xf8, 0xfa,
                                       0xfb, 0xfc, 0xf1, 0x90, 0x00};
    return (struct mg_midi_event){
        .frame = (uint32_t)next_random(x) >> (next_random(x) % 32),
        .size = (uint8_t)(next_random(x) % 16 ? 1 : next_random(x) % 5),
        .data = {statuses[next_random(x) % 10], (uint8_t)next_random(x),
                 (uint8_t)next_random(x)}};
}

// Any bytes in any order, floods of them, any cycle and rate: sound all the time, and a
// sane master is followed after it.
static void
test_hostile(void **state)
{
    (void)state;
    const uint32_t rates[] = {48000, 44100, 1, 8000, 192000, UINT32_MAX};
    const int floods[] = {0, 1, 3, 2700};
    static struct mg_midi_event in[2700];
    uint64_t x = 88172645463325252ULL;
    int rolled = 0;
    reset(NAN);
    for (int i = 0; i < 20000; i++) {
        int count = floods[next_random(&x) % (next_random(&x) % 64 ? 3 : 4)];
        for (int k = 0; k < count; k++)
            in[k] = hostile(&x);
        uint32_t rate = next_random(&x) % 4 ? RATE : rates[next_random(&x) % 6];
        uint32_t frames = next_random(&x) % 32 ? 64 : (uint32_t)next_random(&x);
        frames >>= next_random(&x) % 4 ? 0 : next_random(&x) % 32;
        mg_midi_clock_in_advance(&slave.in, in, count, frames, rate, &slave.transport);
        assert_sound(&slave.transport);
        rolled += slave.transport.rolling;
    }
    assert_true(rolled > 1000);
    cycle_with("X", 0);
    cycle_with("SF", 0);
    slave.count = 0;
    int64_t first = slave.now;
    give_pulses(240);
    assert_at(true, 10);
    for (int i = 0; i < slave.count; i++)
        assert_int_equal(slave.steps[i].frame, first + 12 * 960 * (i + 1) - 64);
}

// --- out -----------------------------------------------------------------------------

// What a cycle sent, as letters (see cycle_with).
static const char *
letters_of(const struct mg_midi_event *events, int count)
{
    static char letters[MESSAGES_MAX + 1];
    assert_in_range(count, 0, MESSAGES_MAX);
    for (int i = 0; i < count; i++) {
        const char *at = memchr(STATUSES, events[i].data[0], sizeof STATUSES);
        assert_non_null(at);
        letters[i] = LETTERS[at - (const char *)STATUSES];
        assert_int_equal(events[i].size, letters[i] == 'P' ? 3 : 1);
    }
    letters[count] = '\0';
    return letters;
}

static struct mg_midi_event sent[MESSAGES_MAX];

// One cycle out; returns how many were sent.
static int
send_cycle(struct mg_midi_clock_out *out, double quarters, double quarter_frames,
           bool moved)
{
    struct mg_midi_clock_place place = {true, moved, quarters, quarter_frames};
    return mg_midi_clock_out_advance(out, &place, 1024, sent, MESSAGES_MAX);
}

// From the beginning, at odd tempos: pulse k at its frame, rounded once.
static void
test_out_pulses(void **state)
{
    (void)state;
    const double tempos[] = {97.3, 20, 400, 120.001};
    for (int i = 0; i < 4; i++) {
        double quarter_frames = 60.0 * RATE / tempos[i];
        struct mg_midi_clock_out out;
        int64_t next = 0;
        mg_midi_clock_out_init(&out);
        for (int64_t now = 0; now < 4000000; now += 1024) {
            int count =
                send_cycle(&out, (double)now / quarter_frames, quarter_frames, !now);
            int first = now == 0;
            if (first)
                assert_int_equal(sent[0].data[0], MG_MIDI_START);
            for (int k = first; k < count; k++, next++) {
                double due = floor((double)next * quarter_frames / 24.0 + 0.5);
                assert_int_equal(sent[k].data[0], MG_MIDI_PULSE);
                assert_int_equal(now + sent[k].frame, (int64_t)due);
            }
        }
        assert_int_equal(next, (int64_t)ceil(3907 * 1024 * 24.0 / quarter_frames));
    }
}

static void
test_out_messages(void **state)
{
    (void)state;
    const struct mg_midi_clock_place stopped = {.quarters = 3, .quarter_frames = 24000};
    struct mg_midi_clock_out out;
    mg_midi_clock_out_init(&out);
    assert_int_equal(
        mg_midi_clock_out_advance(&out, &stopped, 1024, sent, MESSAGES_MAX), 0);
    assert_string_equal(letters_of(sent, send_cycle(&out, 0, 24000, true)), "SFF");
    assert_int_equal(
        mg_midi_clock_out_advance(&out, &stopped, 1024, sent, MESSAGES_MAX), 1);
    assert_int_equal(sent[0].data[0], MG_MIDI_STOP);
    assert_int_equal(
        mg_midi_clock_out_advance(&out, &stopped, 1024, sent, MESSAGES_MAX), 0);
    // A sixteenth is 6,000 frames: 200 of them after sixteenth 300, so 5,800 to the
    // next.
    assert_string_equal(letters_of(sent, send_cycle(&out, 75 + 1 / 120.0, 24000, true)),
                        "PC");
    assert_int_equal(sent[0].data[1] | sent[0].data[2] << 7, 301);
    assert_string_equal(
        letters_of(sent, send_cycle(&out, 75.25 - 500 / 24000.0, 24000, false)), "F");
    assert_int_equal(sent[0].frame, 500);
    // Just missed is not missed.
    assert_string_equal(letters_of(sent, send_cycle(&out, 2 + 1e-4, 24000, true)),
                        "XPCFF");
    assert_int_equal(sent[1].data[1] | sent[1].data[2] << 7, 8);
    assert_int_equal(sent[3].frame, 0);
    assert_int_equal(sent[4].frame, 998);
    // Beyond 14 bits.
    assert_string_equal(letters_of(sent, send_cycle(&out, 4096 + 2, 24000, true)),
                        "XPCFF");
    assert_int_equal(sent[1].data[1] | sent[1].data[2] << 7, 8);
}

// A place that slips back and forth neither drops nor doubles a pulse.
static void
test_out_slips(void **state)
{
    (void)state;
    struct mg_midi_clock_out out;
    int pulses_sent = -1; // the start
    uint64_t x = 88172645463325252ULL;
    mg_midi_clock_out_init(&out);
    for (int i = 0; i < 24000; i++) {
        double slip = i ? 200 * next_uniform(&x) : 0;
        pulses_sent += send_cycle(&out, (i * 1000 + slip) / 24000.0, 24000, false);
        assert_true(pulses_sent >= i && pulses_sent <= i + 2);
    }
}

// With little room nothing is lost but time: control messages wait together, pulses
// too, and who falls too far behind is relocated.
static void
test_out_capacity(void **state)
{
    (void)state;
    struct mg_midi_clock_place place = {true, true, 2, 24000};
    struct mg_midi_clock_out out;
    mg_midi_clock_out_init(&out);
    assert_int_equal(mg_midi_clock_out_advance(&out, &place, 1024, sent, 1), 0);
    place.moved = false;
    assert_int_equal(mg_midi_clock_out_advance(&out, &place, 1024, sent, 3), 3);
    assert_string_equal(letters_of(sent, 3), "PCF");
    assert_int_equal(mg_midi_clock_out_advance(&out, &place, 1024, sent, 0), 0);
    place.quarters += 0.25;
    assert_string_equal(letters_of(sent, send_cycle(&out, 2.25, 24000, false)),
                        "FFFFFFF");
    // Moved, and no room to say so: said when there is.
    place = (struct mg_midi_clock_place){true, true, 2.5, 24000};
    assert_int_equal(mg_midi_clock_out_advance(&out, &place, 1024, sent, 0), 0);
    assert_string_equal(letters_of(sent, send_cycle(&out, 2.5, 24000, false)), "XPCFF");
    assert_string_equal(letters_of(sent, send_cycle(&out, 3.6, 24000, false)), "XPC");
}

static void
test_out_hostile(void **state)
{
    (void)state;
    static const double values[] = {NAN, INFINITY, -INFINITY, 0,     -1,  1e-300, 1e300,
                                    1e9, -1e9,     24000,     24000, 3.3, 1,      -0.0};
    struct mg_midi_clock_out out;
    uint64_t x = 88172645463325252ULL;
    mg_midi_clock_out_init(&out);
    for (int i = 0; i < 200000; i++) {
        struct mg_midi_clock_place place = {next_random(&x) % 4 != 0,
                                            next_random(&x) % 4 == 0,
                                            values[next_random(&x) % 14],
                                            values[next_random(&x) % 14]};
        uint32_t frames = next_random(&x) % 8 ? 1024 : (uint32_t)next_random(&x);
        int capacity = (int)(next_random(&x) % 64);
        int count = mg_midi_clock_out_advance(&out, &place, frames, sent, capacity);
        assert_in_range(count, 0, capacity);
        letters_of(sent, count); // are what they should be
        for (int k = 0; k < count; k++) {
            assert_true(sent[k].frame < frames || frames == 0);
            assert_true(k == 0 || sent[k].frame >= sent[k - 1].frame);
        }
    }
}

// --- round trip ----------------------------------------------------------------------

static struct master {
    struct mg_clock clock;
    struct mg_midi_clock_out out;
    struct seen steps[STEPS_MAX];
    int count;
} master;

static void
reset_round_trip(double bpm)
{
    reset(120);
    memset(&master, 0, sizeof master);
    mg_clock_init(&master.clock, STEPS_PER_QUARTER, bpm);
    mg_midi_clock_out_init(&master.out);
}

// One cycle of the master at *t, and of the slave that hears it.
static void
round_trip(const struct mg_transport *t, uint32_t frames)
{
    struct mg_clock_cycle cycle;
    mg_clock_advance(&master.clock, t, frames, RATE, &cycle);
    for (int i = 0; i < cycle.count; i++)
        master.steps[master.count++] =
            (struct seen){cycle.steps[i].step,
                          (int64_t)slave.now + cycle.steps[i].frame};
    double quarter_frames = mg_clock_quarter_frames(&master.clock, RATE);
    double end = mg_clock_quarters(&master.clock, RATE);
    struct mg_midi_clock_place place = {cycle.rolling, cycle.moved,
                                        end - frames / quarter_frames, quarter_frames};
    int count =
        mg_midi_clock_out_advance(&master.out, &place, frames, sent, MESSAGES_MAX);
    hear(sent, count, frames);
    assert_true(cycle.rolling || !slave.cycle.rolling);
}

// Rolls the master for a while and loops it on the way.
static void
roll(struct mg_transport *t, int seconds, uint32_t frames, uint32_t loop_from,
     uint32_t loop_to)
{
    t->rolling = true;
    for (uint32_t i = 0; i < (uint32_t)seconds * RATE / frames; i++) {
        round_trip(t, frames);
        t->frame += frames;
        if (t->frame >= loop_to)
            t->frame = loop_from;
    }
}

static void
halt(struct mg_transport *t, uint32_t frames)
{
    t->rolling = false;
    for (int i = 0; i < 100; i++)
        round_trip(t, frames);
}

static double
compare_steps(void)
{
    double most = 0.0;
    assert_int_equal(slave.count, master.count);
    for (int i = 0; i < slave.count; i++) {
        assert_int_equal(slave.steps[i].step, master.steps[i].step);
        most = fmax(most, fabs((double)(slave.steps[i].frame - master.steps[i].frame)));
    }
    return most;
}

// Starts, stops, locates and loops at a tempo whose pulses fall between frames:
// rounding is all that parts the slave from the master.
static void
test_round_trip(void **state)
{
    (void)state;
    const uint32_t cycles[] = {64, 441, 1024};
    const double quarter_frames = 60.0 * RATE / 97.3;
    for (int i = 0; i < 3; i++) {
        struct mg_transport t = {0};
        uint32_t from = (uint32_t)(4 * quarter_frames + 0.5);
        uint32_t to = (uint32_t)(8 * quarter_frames + 0.5);
        reset_round_trip(97.3);
        halt(&t, cycles[i]);
        roll(&t, 20, cycles[i], 0, UINT32_MAX);
        halt(&t, cycles[i]);
        roll(&t, 5, cycles[i], 0, UINT32_MAX); // on from anywhere
        t.frame = (uint32_t)(2.1 * quarter_frames);
        roll(&t, 20, cycles[i], from, to); // a locate on the way, then a loop
        halt(&t, cycles[i]);
        t.frame = 0;
        roll(&t, 5, cycles[i], 0, UINT32_MAX);
        assert_true(slave.count > 150);
        assert_true(compare_steps() <= 2.0);
    }
}

// Through a ramp: as far as the loop lags, and rounding.
static void
test_round_trip_ramp(void **state)
{
    (void)state;
    const struct ramp ramp = {80, 160, 30};
    const double slope = (ramp.to_bpm - ramp.from_bpm) / ramp.seconds;
    reset_round_trip(77);
    for (uint32_t frame = 0; frame < 30 * RATE; frame += 64) {
        double seconds = (double)frame / RATE;
        double bpm = ramp.from_bpm + slope * seconds;
        double quarters = 0.5 * (ramp.from_bpm + bpm) * seconds / 60.0;
        double beat = floor(quarters);
        struct mg_transport t = {.rolling = true,
                                 .frame = frame,
                                 .has_bbt = true,
                                 .bar = 1 + (int32_t)(beat / 4),
                                 .beat = 1 + (int32_t)fmod(beat, 4),
                                 .tick = (quarters - beat) * 1e6,
                                 .ticks_per_beat = 1e6,
                                 .beats_per_minute = bpm,
                                 .beats_per_bar = 4,
                                 .beat_type = 4};
        round_trip(&t, 64);
    }
    assert_int_equal(slave.count, 120);
    assert_int_equal(slave.moves, 1);
    assert_true(compare_steps() <= ramp_lag_frames(&ramp, 1440) + 2.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_drift),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_ramp),
        cmocka_unit_test(test_unknown_tempo),
        cmocka_unit_test(test_start_stop_continue),
        cmocka_unit_test(test_song_position),
        cmocka_unit_test(test_start_inside_cycle),
        cmocka_unit_test(test_master_gone),
        cmocka_unit_test(test_slow_master_is_not_gone),
        cmocka_unit_test(test_lost_and_doubled_pulse),
        cmocka_unit_test(test_end_of_song),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_out_pulses),
        cmocka_unit_test(test_out_messages),
        cmocka_unit_test(test_out_slips),
        cmocka_unit_test(test_out_capacity),
        cmocka_unit_test(test_out_hostile),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_round_trip_ramp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
