// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The features of one step, from its sounding notes.
#include "model/features.h"

#include <string.h>

#include "model/model.h"
#include "model/recall.h"
#include "model/roll.h"

static const struct {
    int count;
    const char *name;
} SETS[MG_FEATURE_SETS] = {
    [MG_FEATURE_SET_SEED] = {MG_FEATURES_OF_SEED, "seed"},
    [MG_FEATURE_SET_FULL] = {MG_FEATURES_OF_FULL, "full"},
};

int
mg_feature_count(enum mg_feature_set set)
{
    return SETS[set].count;
}

const char *
mg_feature_set_name(enum mg_feature_set set)
{
    return SETS[set].name;
}

enum mg_feature_set
mg_feature_set_find(const char *name)
{
    int set = 0;
    while (set < MG_FEATURE_SETS && strcmp(name, SETS[set].name) != 0)
        set++;
    return set;
}

int
mg_beat_of(int64_t t)
{
    return (int)((t % MG_BEATS + MG_BEATS) % MG_BEATS);
}

float
mg_beat_feature(int beat, int bit)
{
    return beat >> bit & 1 ? 1.0f : -1.0f;
}

// The notes that sound.
struct chord {
    int count;
    int note[MG_NOTES_MAX];
    int of_class[MG_PITCH_CLASSES]; // how many
};

static void
find_chord(int lowest_note, int notes, const uint16_t *heard, struct chord *chord)
{
    *chord = (struct chord){0};
    for (int i = 0; i < notes; i++)
        if (heard[i] & MG_CELL_PLAY) {
            chord->note[chord->count++] = i;
            chord->of_class[(lowest_note + i) % MG_PITCH_CLASSES]++;
        }
}

static void
append(struct mg_feature_list *list, int index, float value)
{
    list->index[list->count] = (uint8_t)index;
    list->value[list->count] = value;
    list->count++;
}

// What the music did here before.
static void
list_recalled(uint16_t heard, struct mg_feature_list *list)
{
    int level = heard >> MG_HEARD_LEVEL & MG_HEARD_LEVELS;
    float sure = (float)level / MG_HEARD_LEVELS;
    if (heard & MG_HEARD_PLAY)
        append(list, MG_FEATURE_RECALLED, 1.0f);
    if (heard & MG_HEARD_ARTICULATE)
        append(list, MG_FEATURE_RECALLED + 1, 1.0f);
    if (level)
        append(list, MG_FEATURE_SURE, sure);
    if (heard & MG_HEARD_PLAY && level)
        append(list, MG_FEATURE_SURELY_PLAYED, sure);
    for (int d = 0; d < MG_DISTANCES; d++)
        if (heard >> MG_HEARD_AGO >> d & 1)
            append(list, MG_FEATURE_AGO + d, 1.0f);
}

static void
list_features(enum mg_feature_set set, int lowest_note, const uint16_t *heard,
              const struct chord *chord, int i, struct mg_feature_list *list)
{
    int key = lowest_note + i;
    list->count = 0;
    append(list, MG_FEATURE_POSITION, (float)(key - 64) / 24.0f);
    append(list, MG_FEATURE_PITCH_CLASS + key % MG_PITCH_CLASSES, 1.0f);
    for (int s = 0; s < chord->count; s++) {
        int other = chord->note[s], offset = other - i;
        if (offset < -MG_REACH || offset > MG_REACH)
            continue;
        int index = MG_FEATURE_VICINITY + 2 * (offset + MG_REACH);
        append(list, index, 1.0f);
        if (heard[other] & MG_CELL_ARTICULATE)
            append(list, index + 1, 1.0f);
    }
    for (int k = 0; k < MG_PITCH_CLASSES; k++) {
        int sounding = chord->of_class[(key + k) % MG_PITCH_CLASSES];
        if (sounding)
            append(list, MG_FEATURE_CONTEXT + k, (float)sounding);
    }
    if (set == MG_FEATURE_SET_FULL)
        list_recalled(heard[i], list);
}

void
mg_feature_lists(enum mg_feature_set set, int lowest_note, int notes,
                 const uint16_t *heard, int first, int end,
                 struct mg_feature_list *lists)
{
    struct chord chord;
    find_chord(lowest_note, notes, heard, &chord);
    for (int i = first; i < end; i++)
        list_features(set, lowest_note, heard, &chord, i, &lists[i]);
}

void
mg_features(enum mg_feature_set set, int lowest_note, int notes, const uint16_t *heard,
            int beat, float *out)
{
    int features = SETS[set].count;
    struct chord chord;
    find_chord(lowest_note, notes, heard, &chord);
    memset(out, 0, sizeof(float) * (size_t)features * (size_t)notes);
    for (int i = 0; i < notes; i++, out += features) {
        struct mg_feature_list list;
        list_features(set, lowest_note, heard, &chord, i, &list);
        for (int j = 0; j < list.count; j++)
            out[list.index[j]] = list.value[j];
        for (int bit = 0; bit < MG_BEAT_BITS; bit++)
            out[MG_FEATURE_BEAT + bit] = mg_beat_feature(beat, bit);
    }
}
