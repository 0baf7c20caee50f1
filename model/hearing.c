// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Rows of the first layer's weights, added where their feature is not zero.
#include "model/hearing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/zeros.h"

// Cuts a row of sums (width) into rows of panels, `stride` panel rows apart.
static void
spread(const struct mg_panels *panels, const float *row, int stride, float *out)
{
    for (int p = 0; p < panels->count; p++)
        memcpy(out + (size_t)(p * stride * MG_PANEL_COLUMNS),
               row + p * MG_PANEL_COLUMNS,
               (size_t)mg_panels_columns(panels, p) * sizeof *out);
}

void
mg_hearing_take(struct mg_hearing *hearing, const struct mg_layout *layout,
                const float *all_weights, const struct mg_panels *panels,
                float *scratch)
{
    const struct mg_lstm *lstm = &layout->time[0];
    const float *weights = all_weights + lstm->weight_ih;
    float *row = scratch;
    size_t gates = MG_GATES * (size_t)lstm->units;
    for (int f = 0; f < hearing->features; f++) {
        mg_panels_arrange(panels, weights + f, hearing->features, row);
        spread(panels, row, hearing->features,
               hearing->by_feature + f * MG_PANEL_COLUMNS);
    }
    float *sums = row + panels->width;
    for (int beat = 0; beat < MG_BEATS; beat++) {
        for (size_t g = 0; g < gates; g++) {
            sums[g] = all_weights[lstm->bias + g];
            for (int bit = 0; bit < MG_BEAT_BITS; bit++)
                sums[g] +=
                    mg_beat_feature(beat, bit) * weights[g * (size_t)hearing->features +
                                                         MG_FEATURE_BEAT + (size_t)bit];
        }
        mg_panels_arrange(panels, sums, 1, row);
        spread(panels, row, MG_BEATS, hearing->by_beat + beat * MG_PANEL_COLUMNS);
    }
}

int
mg_hearing_init(struct mg_hearing *hearing, const struct mg_layout *layout,
                const float *weights, const struct mg_panels *panels)
{
    const struct mg_shape *shape = &layout->shape;
    size_t columns = (size_t)panels->count * MG_PANEL_COLUMNS;
    float *scratch = mg_zeros(2, (size_t)panels->width);
    *hearing = (struct mg_hearing){.set = shape->feature_set,
                                   .features = layout->time[0].inputs,
                                   .notes = shape->notes,
                                   .lowest_note = shape->lowest_note};
    hearing->by_feature = mg_zeros((size_t)hearing->features, columns);
    hearing->by_beat = mg_zeros(MG_BEATS, columns);
    hearing->lists = calloc((size_t)shape->notes, sizeof *hearing->lists);
    int status = scratch && hearing->by_feature && hearing->by_beat && hearing->lists
                     ? 0
                     : -ENOMEM;
    if (!status)
        mg_hearing_take(hearing, layout, weights, panels, scratch);
    free(scratch);
    return status;
}

void
mg_hearing_finish(struct mg_hearing *hearing)
{
    free(hearing->lists);
    free(hearing->by_beat);
    free(hearing->by_feature);
    *hearing = (struct mg_hearing){0};
}

void
mg_hearing_listen(struct mg_hearing *hearing, const uint16_t *heard, int first, int end)
{
    mg_feature_lists(hearing->set, hearing->lowest_note, hearing->notes, heard, first,
                     end, hearing->lists);
}

void
mg_hearing_sums(const struct mg_hearing *hearing, const struct mg_kernel *kernel,
                int beat, int p, int first, int end, float *sums)
{
    const float *rows = hearing->by_feature + p * hearing->features * MG_PANEL_COLUMNS;
    const float *start = hearing->by_beat + (p * MG_BEATS + beat) * MG_PANEL_COLUMNS;
    for (int n = first; n < end; n++, sums += MG_PANEL_COLUMNS)
        kernel->listed_sums(&hearing->lists[n], rows, start, sums);
}
