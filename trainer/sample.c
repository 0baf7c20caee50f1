// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Network and sampler, step after step, into a state matrix and on into notes.
#include "trainer/sample.h"

#include <errno.h>
#include <string.h>

#include "model/features.h"
#include "model/roll.h"
#include "model/sampler.h"

enum { TICKS_PER_QUARTER = 480, VELOCITY = 80 };

static void
draw_roll(struct mg_network *network, uint64_t seed, struct mg_roll *roll)
{
    struct mg_sampling sampling = {.seed = seed, .temperature = 1.0f, .courage = 1.0f};
    uint8_t before[MG_NOTES_MAX] = {0};
    for (int t = 0; t < roll->steps; t++) {
        mg_network_listen(network, before, mg_beat_of(t - 1));
        mg_sampler_draw(network, &sampling, t, mg_roll_row(roll, t));
        memcpy(before, mg_roll_row(roll, t), (size_t)roll->notes);
    }
}

static void
fill_notes(const struct mg_roll *roll, int ticks_per_step, GArray *notes)
{
    for (int n = 0; n < roll->notes; n++)
        for (int onset = 0, end; mg_roll_next_note(roll, n, &onset, &end);
             onset = end) {
            struct mg_smf_note note = {
                .onset_ticks = (int64_t)onset * ticks_per_step,
                .end_ticks = (int64_t)end * ticks_per_step,
                .key = (uint8_t)(roll->lowest_note + n),
                .velocity = VELOCITY,
            };
            g_array_append_val(notes, note);
        }
}

int
mg_sample_draw(const struct mg_model *model, uint64_t seed, int steps,
               struct mg_smf *smf)
{
    const struct mg_shape *shape = &model->layout.shape;
    int ticks_per_quarter = TICKS_PER_QUARTER * shape->steps_per_quarter;
    *smf = (struct mg_smf){.ticks_per_quarter = ticks_per_quarter};
    struct mg_network *network = mg_network_create(model);
    struct mg_roll roll;
    if (!network || mg_roll_init(&roll, shape->lowest_note, shape->notes, steps)) {
        mg_network_destroy(network);
        return -ENOMEM;
    }
    draw_roll(network, seed, &roll);
    GArray *notes = g_array_new(FALSE, FALSE, sizeof(struct mg_smf_note));
    fill_notes(&roll, TICKS_PER_QUARTER, notes);
    smf->end_ticks = (int64_t)steps * TICKS_PER_QUARTER;
    smf->note_count = (int)notes->len;
    smf->notes = (struct mg_smf_note *)(void *)g_array_free(notes, FALSE);
    mg_smf_sort_notes(smf);
    mg_roll_finish(&roll);
    mg_network_destroy(network);
    return 0;
}
