// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Scales, as one sees them on the keys.
#include "engine/scale.h"

#include <string.h>

struct scale {
    const char *name;
    const char *keys; // the twelve from the root on: x stands in it
};

static const struct scale SCALES[] = {
    {"chromatic", "xxxxxxxxxxxx"},
    {"major", "x.x.xx.x.x.x"},
    {"minor", "x.xx.x.xx.x."},
    {"harmonic-minor", "x.xx.x.xx..x"},
    {"melodic-minor", "x.xx.x.x.x.x"},
    {"dorian", "x.xx.x.x.xx."},
    {"phrygian", "xx.x.x.xx.x."},
    {"lydian", "x.x.x.xx.x.x"},
    {"mixolydian", "x.x.xx.x.xx."},
    {"locrian", "xx.x.xx.x.x."},
    {"phrygian-dominant", "xx..xx.xx.x."},
    {"pentatonic", "x.x.x..x.x.."},
    {"minor-pentatonic", "x..x.x.x..x."},
    {"blues", "x..x.xxx..x."},
    {"whole-tone", "x.x.x.x.x.x."},
    {"octatonic", "x.xx.xx.xx.x"},
};

_Static_assert(sizeof SCALES / sizeof SCALES[0] == MG_SCALE_COUNT, "all have a number");

const char *
mg_scale_name(int scale)
{
    return SCALES[scale].name;
}

int
mg_scale_find(const char *name)
{
    for (int scale = 0; scale < MG_SCALE_COUNT; scale++)
        if (strcmp(SCALES[scale].name, name) == 0)
            return scale;
    return -1;
}

bool
mg_scale_has(int scale, int root, int key)
{
    return SCALES[scale].keys[(key + 12 - root) % 12] == 'x';
}
