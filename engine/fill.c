// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling, with the steps of the MusicGuru RNN Composer, and a governor of density
// above it.
#include "engine/fill.h"

#include "model/activation.h"

// In a gap courage falls by this; otherwise it goes back this part of the way.
static const float GAP_STEP = 0.02f;
static const float RETURN_PART = 0.3f;

// The governor adds the errors (sounding - target) / target up in ln(courage).  As long
// as that stays off its bounds the average of the errors goes to 0: the mean is the
// target, whatever the network is like.
//
// The gain.  Of n = the sum of the chances q = P^c, d ln n / d ln c = -s, where s is the
// mean of ln(1/q) over what sounds; an error fades by the factor 1 - gain * s a step, and
// it swings when gain * s comes near 1 over the steps that the music takes to follow.
// Measured on the chorale preset, at courages held still: s = 1.2 to 1.6 where three
// notes or more sound, and it follows within two steps; then 0.05 gives 13 to 17 steps,
// two bars, and is far from swinging.  At the edge of silence all voices fall silent
// together, s = 12 and ten steps to follow: no gain holds that still, and a target of one
// or two notes becomes phrases and rests.
static const float GAIN = 0.05f;

static float
lesser(float x, float y)
{
    return x < y ? x : y;
}

static float
bounded(float courage)
{
    return courage > MG_FILL_FLOOR ? lesser(courage, MG_FILL_CEILING) : MG_FILL_FLOOR;
}

// Without a target: the network's own taste, but in a gap.
static float
fill_gap(float courage, float gap_step)
{
    if (gap_step > 0.0f)
        return lesser(courage, 1.0f) - gap_step;
    return courage + RETURN_PART * (1.0f - courage);
}

// With one, gap filling lies beneath: where it falls faster, in what is a gap even for
// the target, it has its way.
static float
govern(float courage, float gap_step, float notes, float target)
{
    float next = courage * mg_exp(GAIN * (notes - target) / target);
    return 2.0f * notes < target ? lesser(next, courage - gap_step) : next;
}

float
mg_fill_next(const struct mg_fill *fill, float courage, int sounding)
{
    float gap_step = sounding < fill->below ? GAP_STEP * fill->strength : 0.0f;
    if (fill->target > 0.0f)
        return bounded(govern(courage, gap_step, (float)sounding, fill->target));
    return bounded(fill_gap(courage, gap_step));
}
