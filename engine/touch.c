// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Touch: from a velocity, a bar and a hand to how hard a note is struck.
#include "engine/touch.h"

// How far one strike moves what is known of the hand: after eight strikes of another
// force nine tenths of the way are gone, (3/4)^8 = 0.1, and one slip is not answered.
static const float HAND_PART = 0.25f;

// Share of the accent.
static const float ACCENTS[] = {
    [MG_CLOCK_OFF_BEAT] = 0.0f, [MG_CLOCK_BEAT] = 0.5f, [MG_CLOCK_DOWNBEAT] = 1.0f};

void
mg_touch_hear(struct mg_touch *touch, int velocity)
{
    float part = touch->hand > 0.0f ? HAND_PART : 1.0f;
    touch->hand += part * ((float)velocity - touch->hand);
}

int
mg_touch_velocity(const struct mg_touch *touch, const struct mg_controls *controls,
                  enum mg_clock_weight weight)
{
    float velocity = mg_control_get(controls, MG_CONTROL_VELOCITY);
    if (touch->hand > 0.0f)
        velocity +=
            mg_control_get(controls, MG_CONTROL_TOUCH) * (touch->hand - velocity);
    velocity += ACCENTS[weight] * mg_control_get(controls, MG_CONTROL_ACCENT);
    int whole = (int)(velocity + 0.5f);
    if (whole < 1)
        return 1;
    return whole > 127 ? 127 : whole;
}
