// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The features of one step, in one pass over its sounding notes.
#include "model/features.h"

#include <string.h>

#include "model/roll.h"

int
mg_beat_of(int64_t t)
{
    return (int)((t % MG_BEATS + MG_BEATS) % MG_BEATS);
}

float
mg_position_of(int key)
{
    return (float)(key - 64) / 24.0f;
}

// What one sounding note adds to the features of all notes: out: (N, MG_FEATURES).
static void
add_sounding_note(int lowest_note, int notes, int sounding, int articulated, float *out)
{
    for (int i = 0; i < notes; i++) {
        float *f = out + i * MG_FEATURES;
        int offset = sounding - i;
        if (offset >= -MG_REACH && offset <= MG_REACH) {
            f[MG_FEATURE_VICINITY + 2 * (offset + MG_REACH)] = 1.0f;
            f[MG_FEATURE_VICINITY + 2 * (offset + MG_REACH) + 1] = (float)articulated;
        }
        int own = (lowest_note + i) % 12;
        f[MG_FEATURE_CONTEXT + ((lowest_note + sounding) % 12 - own + 12) % 12] += 1.0f;
    }
}

void
mg_features(int lowest_note, int notes, const uint8_t *state, int beat, float *out)
{
    memset(out, 0, sizeof(float) * MG_FEATURES * (size_t)notes);
    for (int i = 0; i < notes; i++) {
        float *f = out + i * MG_FEATURES;
        int key = lowest_note + i;
        f[MG_FEATURE_POSITION] = mg_position_of(key);
        f[MG_FEATURE_PITCH_CLASS + key % 12] = 1.0f;
        for (int bit = 0; bit < 4; bit++)
            f[MG_FEATURE_BEAT + bit] = beat >> bit & 1 ? 1.0f : -1.0f;
    }
    for (int i = 0; i < notes; i++)
        if (state[i] & MG_CELL_PLAY)
            add_sounding_note(lowest_note, notes, i, !!(state[i] & MG_CELL_ARTICULATE),
                              out);
}
