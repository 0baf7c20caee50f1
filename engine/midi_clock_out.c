// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI clock out: one pulse after the other.
#include "engine/midi_clock_out.h"

#include <math.h>
#include <string.h>

#include "engine/midi_clock.h"

// A sixteenth that was missed by this much is taken all the same: a place may be
// rounded down to a tick or a frame.  2 ms at 120 BPM.
static const double EARLY_SIXTEENTHS = 1.0 / 64.0;

void
mg_midi_clock_out_init(struct mg_midi_clock_out *clock)
{
    memset(clock, 0, sizeof *clock);
}

// False for NaN too.  The limits keep every number below exact.
static bool
is_sound(const struct mg_midi_clock_place *place)
{
    return place->quarters >= -1e9 && place->quarters <= 1e9 &&
           place->quarter_frames >= 1.0 && place->quarter_frames <= 1e9;
}

static struct mg_midi_event
message(uint8_t status)
{
    return (struct mg_midi_event){.size = 1, .data = {status}};
}

static struct mg_midi_event
song_position(int64_t sixteenths)
{
    return (struct mg_midi_event){.size = 3,
                                  .data = {MG_MIDI_SONG_POSITION,
                                           (uint8_t)(sixteenths & 0x7f),
                                           (uint8_t)(sixteenths >> 7 & 0x7f)}};
}

// Has the slave wait for the first sixteenth that is still to come.  Returns how many
// messages that took, 0 where there was no room.
static int
begin(struct mg_midi_clock_out *clock, double quarters, struct mg_midi_event *out,
      int capacity)
{
    double due =
        ceil(quarters * MG_MIDI_PULSES_PER_QUARTER / MG_MIDI_PULSES_PER_SIXTEENTH -
             EARLY_SIXTEENTHS);
    int64_t sixteenth = due > 0.0 ? (int64_t)due : 0;
    int needed = sixteenth == 0 ? 1 : 2;
    if (needed > capacity)
        return 0;
    if (sixteenth == 0) {
        out[0] = message(MG_MIDI_START);
    } else {
        out[0] = song_position(sixteenth);
        out[1] = message(MG_MIDI_CONTINUE);
    }
    clock->playing = true;
    clock->moved = false;
    clock->next = sixteenth * MG_MIDI_PULSES_PER_SIXTEENTH;
    return needed;
}

static int
write_pulses(struct mg_midi_clock_out *clock, const struct mg_midi_clock_place *place,
             uint32_t frames, struct mg_midi_event *out, int capacity)
{
    int count = 0;
    for (; count < capacity; count++) {
        double quarters =
            (double)clock->next / MG_MIDI_PULSES_PER_QUARTER - place->quarters;
        double frame = floor(quarters * place->quarter_frames + 0.5);
        if (frame >= frames)
            break;
        out[count] = message(MG_MIDI_PULSE);
        out[count].frame = frame > 0.0 ? (uint32_t)frame : 0;
        clock->next++;
    }
    return count;
}

// Whether the slave was owed pulses for too long.
static bool
is_behind(const struct mg_midi_clock_out *clock, double quarters)
{
    return quarters - (double)clock->next / MG_MIDI_PULSES_PER_QUARTER >= 1.0;
}

MG_RT int
mg_midi_clock_out_advance(struct mg_midi_clock_out *clock,
                          const struct mg_midi_clock_place *place, uint32_t frames,
                          struct mg_midi_event *out, int capacity)
{
    bool rolling = place->rolling && is_sound(place);
    int count = 0;
    clock->moved = clock->moved || place->moved;
    if (clock->playing &&
        (!rolling || clock->moved || is_behind(clock, place->quarters))) {
        if (capacity < 1)
            return 0;
        out[count++] = message(MG_MIDI_STOP);
        clock->playing = false;
    }
    if (!rolling)
        return count;
    if (!clock->playing)
        count += begin(clock, place->quarters, out + count, capacity - count);
    if (clock->playing)
        count += write_pulses(clock, place, frames, out + count, capacity - count);
    return count;
}
