// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling, with the steps of the MusicGuru RNN Composer: down by 0.02 in a gap,
// back by three tenths of the way otherwise.
#include "engine/fill.h"

static const float GAP_STEP = 0.02f;
static const float RETURN_PART = 0.3f;

float
mg_fill_next(float courage, int sounding, int fill_below)
{
    if (sounding >= fill_below)
        return courage + RETURN_PART * (1.0f - courage);
    float next = (courage < 1.0f ? courage : 1.0f) - GAP_STEP;
    return next > MG_FILL_FLOOR ? next : MG_FILL_FLOOR;
}
