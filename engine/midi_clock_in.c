// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI clock in: counts the pulses and keeps a line through their times.
#include "engine/midi_clock_in.h"

#include <math.h>
#include <string.h>

#include "engine/midi_clock.h"

enum {
    PULSES_PER_BAR = 96,
    SONG_BARS = 9999999, // mg_clock believes no more
    HEARD_ENOUGH = 48,   // for the gains to have come down to those of the loop
};

// The gains of the loop, by Adriaensen's b = sqrt(2) * omega and c = omega^2, with
// omega = 2 * pi * bandwidth * pulse time.
#define OMEGA (2.0 * 3.14159265358979324 / MG_MIDI_CLOCK_IN_PERIOD)
#define GAIN_TIME (1.41421356237309505 * OMEGA)
#define GAIN_PERIOD (OMEGA * OMEGA)

// The master is gone when a pulse is overdue by both.
static const double GONE_PULSES = 4.0;
static const double GONE_SECONDS = 0.25;

// mg_clock takes a place for one rounded down to a tick.  Ours is not rounded: this is
// the finest tick that it believes.
static const double TICKS_PER_BEAT = 1e6;

static double
limited(double value, double low, double high)
{
    return fmin(fmax(value, low), high);
}

static double
period_of(double bpm)
{
    return 60.0 / (bpm * MG_MIDI_PULSES_PER_QUARTER);
}

void
mg_midi_clock_in_init(struct mg_midi_clock_in *clock, double bpm)
{
    memset(clock, 0, sizeof *clock);
    clock->beats_per_bar = 4.0;
    clock->beat_type = 4.0;
    clock->period_s =
        period_of(limited(bpm, MG_MIDI_CLOCK_IN_BPM_MIN, MG_MIDI_CLOCK_IN_BPM_MAX));
}

// --- the line ------------------------------------------------------------------------

// Draws the line through one more pulse.  For the straight line of least squares
// through n points the gains are 4 / n and 6 / (n (n + 1)): the loop takes over where
// they have come down to its own.
static void
follow_pulse(struct mg_midi_clock_in *clock, double at_s)
{
    if (clock->heard == 0) {
        clock->heard = 1;
        clock->next_s = at_s + clock->period_s;
        return;
    }
    if (clock->heard < HEARD_ENOUGH)
        clock->heard++;
    int n = clock->heard;
    double error_s = at_s - clock->next_s;
    clock->next_s += fmax(4.0 / n, GAIN_TIME) * error_s + clock->period_s;
    clock->period_s += fmax(6.0 / (n * (n + 1)), GAIN_PERIOD) * error_s;
    clock->period_s = limited(clock->period_s, period_of(MG_MIDI_CLOCK_IN_BPM_MAX),
                              period_of(MG_MIDI_CLOCK_IN_BPM_MIN));
}

// The place of the first frame of the cycle on the line.  While the tempo is a guess,
// no further than the pulse that will tell it.
static double
quarters_on_line(const struct mg_midi_clock_in *clock)
{
    double ahead = clock->next_s / clock->period_s;
    if (clock->heard == 1)
        ahead = fmax(ahead, 0.0);
    return ((double)clock->count - ahead) / MG_MIDI_PULSES_PER_QUARTER;
}

// --- the messages --------------------------------------------------------------------

static void
stop_if_gone(struct mg_midi_clock_in *clock, double now_s)
{
    double limit_s = fmax(GONE_PULSES * clock->period_s, GONE_SECONDS);
    if (now_s - clock->next_s <= limit_s)
        return;
    clock->heard = 0;
    if (clock->mode == MG_MIDI_CLOCK_ROLLING)
        clock->mode = MG_MIDI_CLOCK_STOPPED;
}

static void
hear_pulse(struct mg_midi_clock_in *clock, double at_s)
{
    stop_if_gone(clock, at_s);
    if (clock->count == (int64_t)SONG_BARS * PULSES_PER_BAR) { // years: from the start
        clock->count = 0;
        clock->begins = clock->mode == MG_MIDI_CLOCK_ROLLING;
    }
    if (clock->mode == MG_MIDI_CLOCK_CUED) {
        clock->mode = MG_MIDI_CLOCK_ROLLING;
        clock->begins = true;
        clock->heard = 0;
    }
    follow_pulse(clock, at_s);
    if (clock->mode == MG_MIDI_CLOCK_ROLLING)
        clock->count++;
}

// A song position while rolling is a relocation: the next pulse is there.
static void
locate(struct mg_midi_clock_in *clock, int sixteenths)
{
    clock->count = (int64_t)sixteenths * MG_MIDI_PULSES_PER_SIXTEENTH;
    if (clock->mode == MG_MIDI_CLOCK_ROLLING)
        clock->mode = MG_MIDI_CLOCK_CUED;
}

static void
obey(struct mg_midi_clock_in *clock, const struct mg_midi_event *event, double at_s)
{
    const uint8_t *data = event->data;
    if (event->size == 3 && data[0] == MG_MIDI_SONG_POSITION && data[1] < 0x80 &&
        data[2] < 0x80)
        locate(clock, data[2] << 7 | data[1]);
    if (event->size != 1)
        return;
    if (data[0] == MG_MIDI_PULSE)
        hear_pulse(clock, at_s);
    if (data[0] == MG_MIDI_START) {
        clock->count = 0;
        clock->mode = MG_MIDI_CLOCK_CUED;
    }
    if (data[0] == MG_MIDI_CONTINUE && clock->mode == MG_MIDI_CLOCK_STOPPED)
        clock->mode = MG_MIDI_CLOCK_CUED;
    if (data[0] == MG_MIDI_STOP)
        clock->mode = MG_MIDI_CLOCK_STOPPED;
}

// --- the transport -------------------------------------------------------------------

static int64_t
rounded(double x)
{
    return (int64_t)floor(x + 0.5);
}

// Where the first frame of the cycle stands.  Returns how many frames later that is
// true: not 0 only where it would lie before the song.
static uint32_t
place(struct mg_midi_clock_in *clock, uint32_t rate_hz)
{
    double quarter_frames = clock->period_s * MG_MIDI_PULSES_PER_QUARTER * rate_hz;
    double quarters = (double)clock->count / MG_MIDI_PULSES_PER_QUARTER;
    if (clock->mode == MG_MIDI_CLOCK_ROLLING) {
        quarters = quarters_on_line(clock);
        if (!clock->begins) {
            // Never back, and a tick on where it waits: mg_clock leaves a place that
            // stands quite still, and goes on alone.
            clock->quarters = fmax(clock->quarters + 1.0 / TICKS_PER_BEAT, quarters);
            return 0; // the frame goes on by itself
        }
    }
    clock->quarters = fmax(quarters, 0.0);
    clock->frame = (uint32_t)rounded(quarters * quarter_frames);
    return (uint32_t)rounded((clock->quarters - quarters) * quarter_frames);
}

static void
report(const struct mg_midi_clock_in *clock, uint32_t late_frames,
       struct mg_transport *out)
{
    double place = clock->quarters * clock->beat_type / 4.0;
    double beats = floor(place);
    double bars = floor(beats / clock->beats_per_bar);
    double before_bar = bars * clock->beats_per_bar;
    *out = (struct mg_transport){
        .rolling = clock->mode == MG_MIDI_CLOCK_ROLLING,
        .frame = clock->frame,
        .has_bbt = true,
        .bar = (int32_t)bars + 1,
        .beat = (int32_t)(beats - before_bar) + 1,
        .tick = (place - beats) * TICKS_PER_BEAT,
        .bar_start_tick = before_bar * TICKS_PER_BEAT,
        .ticks_per_beat = TICKS_PER_BEAT,
        .beats_per_minute = 60.0 / (clock->period_s * MG_MIDI_PULSES_PER_QUARTER),
        .beats_per_bar = clock->beats_per_bar,
        .beat_type = clock->beat_type,
        .bbt_offset_frames = -(int32_t)late_frames,
    };
}

MG_RT void
mg_midi_clock_in_advance(struct mg_midi_clock_in *clock, const struct mg_midi_event *in,
                         int count, uint32_t frames, uint32_t rate_hz,
                         struct mg_transport *out)
{
    uint32_t last = frames ? frames - 1 : 0;
    double end_s = (double)frames / rate_hz;
    clock->begins = false;
    for (int i = 0; i < count; i++) {
        uint32_t frame = in[i].frame < last ? in[i].frame : last;
        obey(clock, &in[i], (double)frame / rate_hz);
    }
    stop_if_gone(clock, end_s);
    uint32_t late_frames = place(clock, rate_hz);
    report(clock, late_frames, out);
    clock->next_s -= end_s;
    if (clock->mode == MG_MIDI_CLOCK_ROLLING)
        clock->frame += frames;
}
