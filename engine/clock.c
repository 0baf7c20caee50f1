// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The clock: where the cycle stands, and which steps fall into it.
#include "engine/clock.h"

#include <math.h>
#include <string.h>

// A step that falls this much before the start of a stretch still belongs to it, and is
// played at once: masters round down to a tick, and a locate to a frame.  1/64 of an
// eighth at 120 BPM is 4 ms.
static const double EARLY_STEPS = 1.0 / 64.0;

// The clock may jump this long (or one cycle) without having been relocated: drivers
// leave out a cycle after an xrun.
static const double JUMP_SECONDS = 0.02;

// A master whose position stood still for this long while the frames went on is frozen.
static const double FROZEN_QUARTERS = 1.0;

// A master is forgotten when it said nothing for this long while stopped.
static const double FORGET_SECONDS = 1.0;

// Two places in quarter notes are one when they are nearer than this: far less than a
// tick, far more than rounding leaves.
static const double SAME_QUARTERS = 1e-6;

// What a timebase master said, checked.
struct bbt {
    bool good;
    double quarters; // from the start of the song
    double tick;     // its resolution in quarters
    struct mg_metre metre;
};

void
mg_clock_init(struct mg_clock *clock, int steps_per_quarter, double own_bpm)
{
    memset(clock, 0, sizeof *clock);
    clock->steps_per_quarter = steps_per_quarter;
    clock->own_bpm = own_bpm;
    clock->bpm = own_bpm;
    clock->swing = 0.5;
    mg_clock_set_metre(clock, 4, 4);
}

void
mg_clock_set_metre(struct mg_clock *clock, double beats_per_bar, double beat_type)
{
    double beat = 4.0 / beat_type;
    clock->own_metre = (struct mg_metre){.bar = beats_per_bar * beat, .beat = beat};
    if (!clock->has_master)
        clock->metre = clock->own_metre;
}

MG_RT double
mg_clock_quarter_frames(const struct mg_clock *clock, uint32_t rate_hz)
{
    return 60.0 * rate_hz / clock->bpm;
}

MG_RT double
mg_clock_step_frames(const struct mg_clock *clock, uint32_t rate_hz)
{
    return mg_clock_quarter_frames(clock, rate_hz) / clock->steps_per_quarter;
}

MG_RT int64_t
mg_clock_step_on(const struct mg_clock *clock, int64_t step, int steps_per_quarter)
{
    double places = (double)step * steps_per_quarter / clock->steps_per_quarter;
    return (int64_t)floor(places + 0.5);
}

// False for NaN too.
static bool
within(double value, double low, double high)
{
    return value >= low && value <= high;
}

// The tempo in quarters a minute; what is out of range leaves the last good one.
static void
take_tempo(struct mg_clock *clock, const struct mg_transport *t, double beat)
{
    double bpm = t->beats_per_minute;
    if (clock->tempo_in_beats)
        bpm *= beat;
    if (within(bpm, MG_CLOCK_BPM_MIN, MG_CLOCK_BPM_MAX))
        clock->bpm = bpm;
}

// Beats from the start of the song to the start of the bar.  bar_start_tick knows about
// changes of metre, but many masters leave it 0.
static double
beats_before_bar(const struct mg_transport *t)
{
    if (t->bar > 1 && within(t->bar_start_tick, 1.0, 1e15))
        return t->bar_start_tick / t->ticks_per_beat;
    return (t->bar - 1) * t->beats_per_bar;
}

// The limits are far beyond music and keep every number below exact.
static struct bbt
take_bbt(struct mg_clock *clock, const struct mg_transport *t, uint32_t rate_hz)
{
    struct bbt bbt = {.good = false};
    if (!t->has_bbt)
        return bbt;
    if (!within(t->beat_type, 1.0, 64.0) || t->bar < 1 || t->bar > 10000000 ||
        t->beat < 1 || t->beat > 256 || !within(t->ticks_per_beat, 1.0, 1e6) ||
        !within(t->tick, 0.0, 2.0 * t->ticks_per_beat) ||
        !within(t->beats_per_bar, 0.25, 256.0))
        return bbt;
    double beat = 4.0 / t->beat_type;
    take_tempo(clock, t, beat);
    double before = beats_before_bar(t);
    double beats = before + (t->beat - 1) + t->tick / t->ticks_per_beat;
    bbt.metre = (struct mg_metre){before * beat, t->beats_per_bar * beat, beat};
    bbt.tick = beat / t->ticks_per_beat;
    bbt.quarters = beats * beat;
    if (fabs((double)t->bbt_offset_frames) <= rate_hz)
        bbt.quarters += t->bbt_offset_frames / mg_clock_quarter_frames(clock, rate_hz);
    bbt.good = bbt.quarters < 1e9;
    return bbt;
}

// Unwraps the frame counter.  Returns whether it was relocated.
static bool
follow_frame(struct mg_clock *clock, uint32_t frame, double jump_frames)
{
    int32_t jump = (int32_t)(frame - (uint32_t)clock->frame);
    if (jump >= -jump_frames && jump <= jump_frames) {
        clock->frame += jump;
        return false;
    }
    clock->frame = frame;
    return true;
}

// Some masters count the tempo in quarters, some in beats; in metres over 2, 8 or 16
// the distance covered says which.
static void
learn_tempo_unit(struct mg_clock *clock, double moved, double expected,
                 const struct bbt *bbt)
{
    double beat = bbt->metre.beat;
    if (fabs(beat - 1.0) < 1e-9 || moved < 4.0 * bbt->tick)
        return;
    double other = clock->tempo_in_beats ? expected / beat : expected * beat;
    if (fabs(moved - other) < 0.5 * fabs(moved - expected))
        clock->tempo_in_beats = !clock->tempo_in_beats;
}

// A frozen master's position means nothing: count from the frame instead.
static double
place_without_master(const struct mg_clock *clock, uint32_t rate_hz)
{
    return (double)clock->frame / mg_clock_quarter_frames(clock, rate_hz);
}

// While rolling on.  The master's position is rounded down to a tick, ours is not: ours
// holds as long as it lies within that tick.  Returns whether they disagree by more
// than a small jump.
static bool
follow_rolling_bbt(struct mg_clock *clock, const struct bbt *bbt, double expected_move,
                   double jump)
{
    double moved = bbt->quarters - clock->heard_quarters;
    if (fabs(moved) < 1e-9) { // says nothing: coarse ticks, or frozen
        clock->still_quarters += expected_move;
        return false;
    }
    clock->still_quarters = 0.0;
    learn_tempo_unit(clock, moved, expected_move, bbt);
    double ahead = clock->quarters - bbt->quarters;
    if (ahead < -jump || ahead > bbt->tick + jump) {
        clock->quarters = bbt->quarters;
        return true;
    }
    clock->quarters = ahead < 0.0 ? bbt->quarters : clock->quarters;
    if (ahead > bbt->tick)
        clock->quarters = bbt->quarters + bbt->tick;
    return false;
}

// While stopped, at a start and after a relocation.
static void
place_by_bbt(struct mg_clock *clock, const struct bbt *bbt, uint32_t rate_hz)
{
    if (fabs(bbt->quarters - clock->heard_quarters) > 1e-9)
        clock->still_quarters = 0.0;
    bool frozen = clock->still_quarters > FROZEN_QUARTERS;
    clock->quarters = frozen ? place_without_master(clock, rate_hz) : bbt->quarters;
}

// A master that is silent is believed to keep its last tempo, until it is forgotten.
static void
miss_master(struct mg_clock *clock, bool rolling, uint32_t frames, uint32_t rate_hz)
{
    if (rolling)
        return;
    clock->silent_frames += frames < rate_hz ? frames : rate_hz;
    if (clock->silent_frames <= FORGET_SECONDS * rate_hz)
        return;
    clock->has_master = false;
    clock->tempo_in_beats = false;
    clock->bpm = clock->own_bpm;
    clock->metre = clock->own_metre;
}

// Brings frame and quarters to the first frame of this cycle.  Returns whether the
// place is another than the last cycle led to.
static bool
follow(struct mg_clock *clock, const struct mg_transport *t, uint32_t frames,
       uint32_t rate_hz)
{
    double jump_frames = fmax(frames, JUMP_SECONDS * rate_hz);
    bool on = t->rolling && clock->rolling;
    int64_t expected = clock->frame;
    bool moved = follow_frame(clock, t->frame, jump_frames);
    double move = (double)(clock->frame - expected);
    struct bbt bbt = take_bbt(clock, t, rate_hz);
    if (!bbt.good && !clock->has_master)
        return moved;
    double quarter = mg_clock_quarter_frames(clock, rate_hz);
    clock->quarters += move / quarter;
    if (!bbt.good) {
        miss_master(clock, t->rolling, frames, rate_hz);
        return moved;
    }
    if (on && !moved && clock->has_master)
        moved =
            follow_rolling_bbt(clock, &bbt, frames / quarter, jump_frames / quarter);
    else
        place_by_bbt(clock, &bbt, rate_hz);
    moved = moved || !clock->has_master;
    clock->has_master = true;
    clock->silent_frames = 0;
    clock->heard_quarters = bbt.quarters;
    clock->metre = bbt.metre;
    return moved;
}

static int64_t
rounded(double x)
{
    return (int64_t)floor(fmin(fmax(x, -1e15), 1e15) + 0.5);
}

// Where a step stands, in even steps: every second one is swung.
static double
place_of(const struct mg_clock *clock, int64_t step)
{
    return (double)step + (step & 1 ? 2.0 * clock->swing - 1.0 : 0.0);
}

// The place that the clock has come to, in steps.
static double
place_now(const struct mg_clock *clock, uint32_t rate_hz)
{
    if (clock->has_master)
        return clock->quarters * clock->steps_per_quarter;
    return clock->origin_step + ((double)clock->frame - clock->origin_frame) /
                                    mg_clock_step_frames(clock, rate_hz);
}

// Where a step falls, in frames from where the clock has come to.
static int64_t
offset_of(const struct mg_clock *clock, int64_t step, uint32_t rate_hz)
{
    double place = place_of(clock, step);
    double spq = clock->steps_per_quarter;
    if (clock->has_master)
        return rounded((place / spq - clock->quarters) *
                       mg_clock_quarter_frames(clock, rate_hz));
    double steps = place - clock->origin_step;
    return rounded(clock->origin_frame + steps * 60.0 * rate_hz / (clock->bpm * spq)) -
           clock->frame;
}

// The first step at or after a frame from where the clock has come to, or just before
// it.
static int64_t
first_step(const struct mg_clock *clock, double frame, uint32_t rate_hz)
{
    double place =
        place_now(clock, rate_hz) + frame / mg_clock_step_frames(clock, rate_hz);
    double early = place - EARLY_STEPS;
    int64_t step = (int64_t)fmin(fmax(ceil(early), 0.0), 1e12);
    bool swung_is_ahead = step > 0 && place_of(clock, step - 1) >= early;
    return swung_is_ahead ? step - 1 : step;
}

MG_RT double
mg_clock_quarters(const struct mg_clock *clock, uint32_t rate_hz)
{
    return place_now(clock, rate_hz) / clock->steps_per_quarter;
}

// Whether `quarters` is a whole number of `lengths` but for rounding.
static bool
is_multiple(double quarters, double length)
{
    double times = quarters / length;
    return fabs(times - floor(times + 0.5)) * length < SAME_QUARTERS;
}

// Quarters from the beginning of some bar to a step.
static double
quarters_in(const struct mg_clock *clock, int64_t step)
{
    return (double)step / clock->steps_per_quarter - clock->metre.bar_start;
}

// The bar that a step stands in, counted from that one.
static double
bar_of(const struct mg_clock *clock, int64_t step)
{
    return floor((quarters_in(clock, step) + SAME_QUARTERS) / clock->metre.bar);
}

MG_RT bool
mg_clock_begins_bar(const struct mg_clock *clock, int64_t step)
{
    return bar_of(clock, step) > bar_of(clock, step - 1);
}

MG_RT enum mg_clock_weight
mg_clock_weight(const struct mg_clock *clock, int64_t step)
{
    double quarters = quarters_in(clock, step);
    if (is_multiple(quarters, clock->metre.bar))
        return MG_CLOCK_DOWNBEAT;
    // A bar need not be a whole number of beats; its beats count from its start.
    double bars = floor(quarters / clock->metre.bar);
    double in_bar = quarters - bars * clock->metre.bar;
    return is_multiple(in_bar, clock->metre.beat) ? MG_CLOCK_BEAT : MG_CLOCK_OFF_BEAT;
}

// Whether the kept step is out of reach: small jumps that add up are a relocation.
static bool
lost(const struct mg_clock *clock, uint32_t frames, uint32_t rate_hz)
{
    int64_t offset = offset_of(clock, clock->next_step, rate_hz);
    double slack = 2.0 * fmax(frames, JUMP_SECONDS * rate_hz);
    double step_frames = 2.0 * clock->swing * mg_clock_step_frames(clock, rate_hz);
    return (double)offset < -slack || (double)offset > step_frames + slack;
}

// The steps from next_step on that fall before `frames`; the clock has come to frame
// `here` of the cycle.
static void
collect_steps(struct mg_clock *clock, uint32_t frames, uint32_t here, uint32_t rate_hz,
              struct mg_clock_cycle *out)
{
    for (int i = 0; i < 2 * MG_CLOCK_STEPS_MAX; i++) {
        int64_t offset = offset_of(clock, clock->next_step, rate_hz) + here;
        if (offset >= (int64_t)frames)
            return;
        bool stacked = offset_of(clock, clock->next_step + 1, rate_hz) + here <= 0;
        if (stacked || out->count == MG_CLOCK_STEPS_MAX)
            out->skipped++;
        else
            out->steps[out->count++] =
                (struct mg_clock_step){clock->next_step,
                                       offset < 0 ? 0 : (uint32_t)offset,
                                       mg_clock_weight(clock, clock->next_step)};
        clock->next_step++;
    }
    clock->next_step = first_step(clock, (double)frames - here, rate_hz);
}

// Own time counts from the start of the song again.
static void
forget_origin(struct mg_clock *clock)
{
    clock->origin_step = 0.0;
    clock->origin_frame = 0.0;
    clock->own_metre.bar_start = 0.0;
    if (clock->has_master)
        return;
    clock->bpm = clock->own_bpm;
    clock->metre = clock->own_metre;
}

MG_RT void
mg_clock_advance(struct mg_clock *clock, const struct mg_transport *transport,
                 uint32_t frames, uint32_t rate_hz, struct mg_clock_cycle *out)
{
    rate_hz = rate_hz ? rate_hz : 48000;
    bool was_rolling = clock->rolling;
    bool moved = follow(clock, transport, frames, rate_hz);
    out->rolling = transport->rolling;
    out->stopped = was_rolling && !transport->rolling;
    out->skipped = 0;
    out->count = 0;
    clock->rolling = transport->rolling;
    if (!was_rolling || moved)
        forget_origin(clock);
    if (!was_rolling || !out->rolling || moved || lost(clock, frames, rate_hz)) {
        out->moved = out->rolling;
        clock->next_step = first_step(clock, 0.0, rate_hz);
    } else {
        out->moved = false;
    }
    out->next = clock->next_step;
    if (!out->rolling)
        return;
    collect_steps(clock, frames, 0, rate_hz, out);
    clock->frame += frames;
    clock->quarters += frames / mg_clock_quarter_frames(clock, rate_hz);
}

MG_RT void
mg_clock_regrid(struct mg_clock *clock, int steps_per_quarter, double own_bpm,
                uint32_t frames, uint32_t rate_hz, int last_step,
                struct mg_clock_cycle *out)
{
    const struct mg_clock_step *at = &out->steps[last_step];
    int64_t step = mg_clock_step_on(clock, at->step, steps_per_quarter);
    clock->steps_per_quarter = steps_per_quarter;
    clock->own_bpm = own_bpm;
    if (!clock->has_master) {
        clock->origin_step = place_of(clock, step);
        clock->origin_frame = (double)(clock->frame - frames + at->frame);
        clock->bpm = own_bpm;
        clock->own_metre.bar_start = (double)step / steps_per_quarter;
        clock->metre = clock->own_metre;
    }
    clock->next_step = step + 1;
    out->count = last_step + 1;
    collect_steps(clock, frames, frames, rate_hz, out);
}
