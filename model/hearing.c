// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Rows of the first layer's weights, added where their feature is not zero.
#include "model/hearing.h"

#include <errno.h>
#include <stdlib.h>

#include "model/clones.h"
#include "model/roll.h"
#include "model/zeros.h"

// Sixteen numbers of a row, wherever it begins.
typedef float line __attribute__((vector_size(64), aligned(4), may_alias));
enum { LINE = 16 };

// Rows to be added to another.
struct rows {
    int count;
    const float *row[2 * (2 * MG_REACH + 1)];
};

// sums = from + factor * row + all other rows.
MG_CLONES static void
add_rows(int width, const float *from, float factor, const float *row,
         const struct rows *others, float *sums)
{
    for (int j = 0; j < width; j += LINE) {
        line sum = *(const line *)(from + j) + factor * *(const line *)(row + j);
        for (int r = 0; r < others->count; r++)
            sum += *(const line *)(others->row[r] + j);
        *(line *)(sums + j) = sum;
    }
}

static const float *
feature_row(const struct mg_hearing *hearing, int feature)
{
    return hearing->by_feature + (size_t)feature * (size_t)hearing->width;
}

static float *
class_row(const struct mg_hearing *hearing, int pitch_class)
{
    return hearing->by_class + (size_t)pitch_class * (size_t)hearing->width;
}

int
mg_hearing_init(struct mg_hearing *hearing, const struct mg_model *model,
                const struct mg_panels *panels)
{
    const struct mg_shape *shape = &model->layout.shape;
    const struct mg_lstm *lstm = &model->layout.time[0];
    int width = panels->width;
    *hearing = (struct mg_hearing){
        .notes = shape->notes, .lowest_note = shape->lowest_note, .width = width};
    hearing->by_feature = mg_zeros(MG_FEATURES, (size_t)width);
    hearing->bias = mg_zeros(1, (size_t)width);
    hearing->by_class = mg_zeros(MG_PITCH_CLASSES, (size_t)width);
    if (!hearing->by_feature || !hearing->bias || !hearing->by_class)
        return -ENOMEM;
    for (int f = 0; f < MG_FEATURES; f++)
        mg_panels_arrange(panels, model->weights + lstm->weight_ih + f, MG_FEATURES,
                          hearing->by_feature + (size_t)f * (size_t)width);
    mg_panels_arrange(panels, model->weights + lstm->bias, 1, hearing->bias);
    return 0;
}

void
mg_hearing_finish(struct mg_hearing *hearing)
{
    free(hearing->by_class);
    free(hearing->bias);
    free(hearing->by_feature);
    *hearing = (struct mg_hearing){0};
}

void
mg_hearing_begin(struct mg_hearing *hearing, const uint8_t *state, int beat)
{
    int sounding[MG_PITCH_CLASSES] = {0};
    for (int n = 0; n < hearing->notes; n++)
        sounding[(hearing->lowest_note + n) % MG_PITCH_CLASSES] +=
            !!(state[n] & MG_CELL_PLAY);
    for (int own = 0; own < MG_PITCH_CLASSES; own++) {
        static const struct rows none = {0};
        float *row = class_row(hearing, own);
        add_rows(hearing->width, hearing->bias, 1.0f,
                 feature_row(hearing, MG_FEATURE_PITCH_CLASS + own), &none, row);
        for (int bit = 0; bit < MG_BEAT_BITS; bit++)
            add_rows(hearing->width, row, beat >> bit & 1 ? 1.0f : -1.0f,
                     feature_row(hearing, MG_FEATURE_BEAT + bit), &none, row);
        for (int k = 0; k < MG_PITCH_CLASSES; k++) {
            int count = sounding[(own + k) % MG_PITCH_CLASSES];
            if (count)
                add_rows(hearing->width, row, (float)count,
                         feature_row(hearing, MG_FEATURE_CONTEXT + k), &none, row);
        }
    }
}

// The rows of the neighbours of note n that sound.
static void
find_vicinity(const struct mg_hearing *hearing, const uint8_t *state, int n,
              struct rows *rows)
{
    int last = hearing->notes - 1;
    int low = n < MG_REACH ? 0 : n - MG_REACH;
    int high = n + MG_REACH > last ? last : n + MG_REACH;
    rows->count = 0;
    for (int i = low; i <= high; i++) {
        int feature = MG_FEATURE_VICINITY + 2 * (i - n + MG_REACH);
        if (!(state[i] & MG_CELL_PLAY))
            continue;
        rows->row[rows->count++] = feature_row(hearing, feature);
        if (state[i] & MG_CELL_ARTICULATE)
            rows->row[rows->count++] = feature_row(hearing, feature + 1);
    }
}

void
mg_hearing_sums(const struct mg_hearing *hearing, const uint8_t *state, int first,
                int end, float *sums)
{
    for (int n = first; n < end; n++) {
        int key = hearing->lowest_note + n;
        struct rows vicinity;
        find_vicinity(hearing, state, n, &vicinity);
        add_rows(hearing->width, class_row(hearing, key % MG_PITCH_CLASSES),
                 mg_position_of(key), feature_row(hearing, MG_FEATURE_POSITION),
                 &vicinity, sums + (size_t)n * (size_t)hearing->width);
    }
}
