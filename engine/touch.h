// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Touch: how hard a note is struck - a velocity, the accents of the metre, and the
// player's own hand.
#ifndef MG_ENGINE_TOUCH_H
#define MG_ENGINE_TOUCH_H

#include "engine/clock.h"
#include "engine/controls.h"
#include "engine/mark.h"

struct mg_touch {
    float hand; // how hard the player strikes of late; 0: has not struck yet
};

// The player struck a key; velocity: 1..127.
MG_RT void mg_touch_hear(struct mg_touch *touch, int velocity);

// Velocity, 1..127, of the notes of a step of this weight in its bar.
MG_RT int mg_touch_velocity(const struct mg_touch *touch,
                            const struct mg_controls *controls,
                            enum mg_clock_weight weight);

#endif
