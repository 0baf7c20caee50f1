// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The words of MIDI clock (MIDI 1.0 detailed specification, system messages).
#ifndef MG_ENGINE_MIDI_CLOCK_H
#define MG_ENGINE_MIDI_CLOCK_H

enum {
    MG_MIDI_SONG_POSITION = 0xf2, // in sixteenths: 14 bits, the low 7 first
    MG_MIDI_PULSE = 0xf8,
    MG_MIDI_START = 0xfa, // the next pulse is the start of the song
    MG_MIDI_CONTINUE = 0xfb,
    MG_MIDI_STOP = 0xfc,

    MG_MIDI_PULSES_PER_QUARTER = 24,
    MG_MIDI_PULSES_PER_SIXTEENTH = 6,
};

#endif
