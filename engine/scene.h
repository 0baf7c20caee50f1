// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A scene: all that changes with the preset.
//
// Main makes it and offers it to the real-time thread, which begins it at a bar line and
// asks the composer for its steps; when the next scene has begun the old one goes through
// the composer back to main, which frees it.  Whoever holds the pointer in between reads
// the constants and the controls; the improviser is the composer's alone.
#ifndef MG_ENGINE_SCENE_H
#define MG_ENGINE_SCENE_H

#include "engine/controls.h"

struct mg_improviser;

struct mg_scene {
    int steps_per_quarter;
    double bpm; // own tempo
    double beats_per_bar;
    double beat_type; // 4 = a beat is a quarter note
    int channel;      // 0..15, of the output
    struct mg_improviser *improviser;
    struct mg_controls controls;
};

#endif
