// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The features of one step, in one pass over its sounding notes.
#include "model/features.h"

#include <string.h>

#include "model/roll.h"

enum {
    POSITION = 0,
    PITCH_CLASS = 1,
    VICINITY = 13,
    CONTEXT = 63,
    BEAT = 75,
    REACH = 12
};

int
mg_beat_of(int64_t t)
{
    return (int)((t % MG_BEATS + MG_BEATS) % MG_BEATS);
}

// What one sounding note adds to the features of all notes: out: (N, MG_FEATURES).
static void
add_sounding_note(int lowest_note, int notes, int sounding, int articulated, float *out)
{
    for (int i = 0; i < notes; i++) {
        float *f = out + i * MG_FEATURES;
        int offset = sounding - i;
        if (offset >= -REACH && offset <= REACH) {
            f[VICINITY + 2 * (offset + REACH)] = 1.0f;
            f[VICINITY + 2 * (offset + REACH) + 1] = (float)articulated;
        }
        int own = (lowest_note + i) % 12;
        f[CONTEXT + ((lowest_note + sounding) % 12 - own + 12) % 12] += 1.0f;
    }
}

void
mg_features(int lowest_note, int notes, const uint8_t *state, int beat, float *out)
{
    memset(out, 0, sizeof(float) * MG_FEATURES * (size_t)notes);
    for (int i = 0; i < notes; i++) {
        float *f = out + i * MG_FEATURES;
        int key = lowest_note + i;
        f[POSITION] = (float)(key - 64) / 24.0f;
        f[PITCH_CLASS + key % 12] = 1.0f;
        for (int bit = 0; bit < 4; bit++)
            f[BEAT + bit] = beat >> bit & 1 ? 1.0f : -1.0f;
    }
    for (int i = 0; i < notes; i++)
        if (state[i] & MG_CELL_PLAY)
            add_sounding_note(lowest_note, notes, i, !!(state[i] & MG_CELL_ARTICULATE),
                              out);
}
