// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Figures as text, in the C locale.
#include "trainer/model_card.h"

#include <string.h>

static void
set_number(struct mg_model *model, const char *key, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    mg_model_set(model, key, g_ascii_formatd(text, sizeof text, format, value));
}

void
mg_model_card_write(const struct mg_best *best, const char *command,
                    const struct mg_corpus *corpus, const struct mg_corpus *held_out,
                    char *const *metadata)
{
    const struct mg_score *score = &best->score;
    struct mg_model *model = best->model;
    double steps = (double)score->steps;
    mg_model_set(model, "command", command);
    set_number(model, "updates", "%.0f", (double)best->update);
    set_number(model, "training_pieces", "%.0f", corpus->piece_count);
    set_number(model, "training_notes_per_step", "%.3f",
               (double)corpus->sounding / (double)corpus->steps);
    set_number(model, "held_out_pieces", "%.0f", held_out->piece_count);
    set_number(model, "held_out_steps", "%.0f", steps);
    set_number(model, "held_out_play_nats_per_step", "%.4f", score->loss.play / steps);
    set_number(model, "held_out_articulate_nats_per_step", "%.4f",
               score->loss.articulate / steps);
    set_number(model, "held_out_notes_per_step", "%.3f",
               (double)score->sounding / steps);
    for (; metadata && *metadata; metadata++) {
        char *key = g_strndup(*metadata, strcspn(*metadata, "="));
        mg_model_set(model, key, *metadata + strlen(key) + 1);
        g_free(key);
    }
}
