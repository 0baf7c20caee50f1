// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The embedded synth itself: libfluidsynth with a soundfont, MIDI events in, stereo
// out.
#ifndef MG_IO_SYNTH_PLAYER_H
#define MG_IO_SYNTH_PLAYER_H

#include <fluidsynth.h>

#include "io/driver.h"

struct mg_synth_player {
    fluid_settings_t *settings; // owned
    fluid_synth_t *synth;       // owned
};

// Makes a synth with the soundfont and program of the config.  Returns 0, or -ENOENT
// without a soundfont, -EIO, with one line in *error.  Main thread.
int mg_synth_player_init(struct mg_synth_player *player,
                         const struct mg_driver_config *config, GError **error);
void mg_synth_player_finish(struct mg_synth_player *player); // takes a zeroed struct

// Plays the events of a cycle.  The synth works in blocks of 64 frames, so the offsets
// inside a cycle of 64 are dropped: 1.3 ms.  Real-time thread.
void mg_synth_player_events(struct mg_synth_player *player,
                            const struct mg_cycle *cycle);

// Adds `frames` frames to left and right, which are zeroed.  Samples stay inside -1..1.
// Real-time thread.
void mg_synth_player_sound(struct mg_synth_player *player, int frames, float *left,
                           float *right);

#endif
