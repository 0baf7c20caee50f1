// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Gap filling, with the steps of the MusicGuru RNN Composer, and a governor of density
// above it.
#include "engine/fill.h"

#include <stdbool.h>

#include "model/activation.h"

// In a gap courage falls by this; otherwise it goes back this part of the way.
static const float GAP_STEP = 0.02f;
static const float RETURN_PART = 0.3f;

// The governor adds the errors (sounding - target) / target up in ln(taste).  As long as
// that stays off its bounds the average of the errors goes to 0: the mean is the target,
// whatever the network is like.
//
// The gain, of a quarter.  Of n = the sum of the chances q = P^c, d ln n / d ln c = -s,
// where s is the mean of ln(1/q) over what sounds; an error fades by the factor
// 1 - gain * s a quarter.  Measured on the chorale preset, at courages held still: s = 1.2
// to 1.6 where three notes or more sound, so that this gain takes some 18 quarters, a
// phrase.  A faster one holds each bar to the target, against the music: with five times
// this gain what the keyboard preset played had 2.86 nats a step by its own network, with
// this one 2.36, where pieces it has not seen have 2.39.
static const float GAIN = 0.04f;

// A player who turns the density hears it at once: with s as above, ln(taste) is to change
// by -1/s times ln(target).
static const float RESPONSE = 0.7f;

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

static float
next_taste(const struct mg_fill *fill, const struct mg_courage *courage, float notes)
{
    float change =
        GAIN / (float)fill->steps_per_quarter * (notes - fill->target) / fill->target;
    if (courage->target > 0.0f && courage->target != fill->target)
        change += RESPONSE * mg_log(courage->target / fill->target);
    return bounded(courage->taste * mg_exp(change));
}

// Few notes, and a gap even for the target.
static bool
is_gap(const struct mg_fill *fill, int sounding)
{
    return sounding < fill->below &&
           (fill->target <= 0.0f || 2.0f * (float)sounding < fill->target);
}

void
mg_fill_next(const struct mg_fill *fill, struct mg_courage *courage, int sounding)
{
    courage->taste =
        fill->target > 0.0f ? next_taste(fill, courage, (float)sounding) : 1.0f;
    courage->target = fill->target;
    float now = courage->now + RETURN_PART * (courage->taste - courage->now);
    if (is_gap(fill, sounding) && fill->strength > 0.0f)
        now = lesser(courage->now, courage->taste) - GAP_STEP * fill->strength;
    courage->now = bounded(now);
}
