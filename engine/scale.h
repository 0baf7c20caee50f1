// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Scales: which pitch classes may sound.
#ifndef MG_ENGINE_SCALE_H
#define MG_ENGINE_SCALE_H

#include <stdbool.h>

// Scale 0 is the chromatic one, in which every key stands.
enum { MG_SCALE_COUNT = 16 };

// "chromatic", "major", "minor", ...; scale: 0..MG_SCALE_COUNT - 1.
const char *mg_scale_name(int scale);

// -1 where there is no such name.
int mg_scale_find(const char *name);

// Whether a key (MIDI number) stands in the scale over root (pitch class 0..11).  Pure.
bool mg_scale_has(int scale, int root, int key);

#endif
