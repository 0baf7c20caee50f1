// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Presets: a model and how it is played.  musicguru-preset(5) says what stands in one.
#ifndef MG_ENGINE_PRESET_H
#define MG_ENGINE_PRESET_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/controller_map.h"
#include "engine/controls.h"
#include "model/model.h"

// All strings and the model are owned.
struct mg_preset {
    char *name;
    char *description; // "" where there is none
    char *model_path;
    double bpm;                      // MG_CLOCK_BPM_MIN..MAX
    double beats_per_bar;            // whole, 1..32
    double beat_type;                // 1, 2, 4, 8, 16 or 32: the note that is a beat
    int64_t fill_below;              // notes; 0..20
    int64_t channel;                 // 1..16
    int64_t program;                 // General MIDI, 0..127; for the built-in synth
    int64_t seed;                    // -1: none given
    float control[MG_CONTROL_COUNT]; // where the controls stand
    struct mg_controller_map controllers;
    struct mg_model *model;
};

// Loads a preset and its model: the path of a .preset file, or of a model file (played with
// the default settings), or the name of an installed preset, searched in musicguru/ under
// $XDG_DATA_HOME, $XDG_DATA_DIRS and the prefix this was built for.  A name that is neither
// is the path of a model file, if one is there.  Returns NULL with one line in *error
// ("FILE: [preset] KEY: what is wrong").  Any thread but real time.
struct mg_preset *mg_preset_load(const char *name_or_path, GError **error);

// Takes NULL.
void mg_preset_destroy(struct mg_preset *preset);

#endif
