// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Rows of the first note layer's weights, added for the notes that play.
#include "model/chord.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/below.h"
#include "model/roll.h"
#include "model/zeros.h"

// Adds the weights of input `which` to a row.
static void
add_input(const struct mg_chord *chord, const struct mg_layout *layout,
          const float *weights, const struct mg_panels *panels, int which,
          float *scratch, float *row)
{
    const struct mg_lstm *lstm = &layout->note[0];
    int first = lstm->inputs - mg_below_count(layout->shape.feature_set);
    mg_panels_arrange(panels, weights + lstm->weight_ih + first + which, lstm->inputs,
                      scratch);
    for (int j = 0; j < chord->width; j++)
        row[j] += scratch[j];
}

// The row of a distance: what mg_below() tells a note of one that plays so far below.
static void
fill_rows(struct mg_chord *chord, const struct mg_layout *layout, const float *weights,
          const struct mg_panels *panels, float *scratch)
{
    const uint16_t alone[MG_CHORD_DISTANCES] = {MG_CELL_PLAY};
    int inputs = mg_below_count(layout->shape.feature_set);
    add_input(chord, layout, weights, panels, MG_BELOW_ARTICULATE, scratch,
              chord->struck);
    for (int d = 1; d <= MG_CHORD_DISTANCES; d++)
        for (int which = 0; which < inputs; which++)
            if (mg_below(alone, d, which) > 0.0f)
                add_input(chord, layout, weights, panels, which, scratch,
                          chord->by_distance + d * chord->width);
}

int
mg_chord_init(struct mg_chord *chord, const struct mg_layout *layout,
              const float *weights, const struct mg_panels *panels)
{
    size_t width = (size_t)panels->width;
    *chord = (struct mg_chord){
        .width = panels->width,
        .reach = layout->shape.feature_set == MG_FEATURE_SET_FULL ? MG_NOTES_MAX : 1,
    };
    chord->by_distance = mg_zeros(MG_CHORD_DISTANCES + 1, width);
    chord->struck = mg_zeros(1, width);
    float *scratch = mg_zeros(1, width);
    int status = chord->by_distance && chord->struck && scratch ? 0 : -ENOMEM;
    if (!status)
        fill_rows(chord, layout, weights, panels, scratch);
    free(scratch);
    return status;
}

void
mg_chord_finish(struct mg_chord *chord)
{
    free(chord->struck);
    free(chord->by_distance);
    *chord = (struct mg_chord){0};
}

void
mg_chord_begin(struct mg_chord *chord)
{
    chord->count = 0;
    chord->next_struck = false;
}

void
mg_chord_add(struct mg_chord *chord, int n, uint8_t cell)
{
    if (cell & MG_CELL_PLAY)
        chord->notes[chord->count++] = n;
    chord->next_struck = cell & MG_CELL_ARTICULATE;
}

static void
add_row(int width, const float *row, float *sums)
{
    for (int j = 0; j < width; j++)
        sums[j] += row[j];
}

void
mg_chord_sums(const struct mg_chord *chord, int n, const float *start, float *sums)
{
    memcpy(sums, start, (size_t)chord->width * sizeof *sums);
    if (chord->next_struck)
        add_row(chord->width, chord->struck, sums);
    for (int i = chord->count - 1; i >= 0 && n - chord->notes[i] <= chord->reach; i--) {
        int distance = n - chord->notes[i];
        while (distance > MG_CHORD_DISTANCES)
            distance -= MG_PITCH_CLASSES;
        add_row(chord->width, chord->by_distance + distance * chord->width, sums);
    }
}
