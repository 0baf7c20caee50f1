// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A small made-up piece and model.
#include "tests/fixture.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/random.h"

static float
unit(uint64_t seed, size_t at)
{
    return mg_random_unit(
        mg_random_at(seed, MG_RANDOM_WEIGHTS, (uint32_t)at, 1, 1).word[0]);
}

#define SMALL_SIZES                                                                    \
    .lowest_note = 40, .notes = 14, .steps_per_quarter = 2, .time_layers = 2,          \
    .time_units = {7, 5}, .note_layers = 2, .note_units = {6, 3}

const struct mg_shape mg_fixture_small = {SMALL_SIZES};

const struct mg_shape mg_fixture_recalling = {SMALL_SIZES,
                                              .feature_set = MG_FEATURE_SET_FULL};

const struct mg_shape mg_fixture_odd = {
    .lowest_note = 21,
    .notes = 31,
    .steps_per_quarter = 4,
    .feature_set = MG_FEATURE_SET_FULL,
    .time_layers = 1,
    .time_units = {37},
    .note_layers = 3,
    .note_units = {19, 5, 23},
};

struct mg_model *
mg_fixture_model(const struct mg_shape *shape, uint64_t seed)
{
    struct mg_model *model = mg_model_create(shape, NULL);
    assert(model);
    for (size_t i = 0; i < model->layout.parameters; i++)
        model->weights[i] = unit(seed, i) - 0.5f;
    return model;
}

void
mg_fixture_roll(struct mg_roll *roll, int lowest_note, int notes, int steps,
                uint64_t seed)
{
    int status = mg_roll_init(roll, lowest_note, notes, steps);
    assert(!status);
    (void)status;
    for (int t = 0; t < steps; t++)
        for (int n = 0; n < notes; n++) {
            float u = unit(seed, (size_t)t * (size_t)notes + (size_t)n);
            if (u < 0.2f)
                mg_roll_add(roll, lowest_note + n, t, t + 1 + (int)(u * 20), 1, 1);
        }
}

void
mg_fixture_play(const struct mg_model *model, const struct mg_network_config *config,
                const struct mg_roll *roll, float *out)
{
    struct mg_network *network = mg_network_create_with(model, config);
    uint8_t *silence = calloc((size_t)roll->notes, 1);
    for (int t = 0; t < roll->steps; t++) {
        mg_network_listen(network, t ? mg_roll_row(roll, t - 1) : silence,
                          mg_beat_of(t - 1));
        for (int n = 0; n < roll->notes; n++, out += 2)
            mg_network_next_note(network, n ? mg_roll_row(roll, t)[n - 1] : 0, out);
    }
    free(silence);
    mg_network_destroy(network);
}

void
mg_fixture_recall(const struct mg_roll *roll, struct mg_roll *heard)
{
    struct mg_piece piece = {.roll = *roll};
    struct mg_corpus corpus = {.pieces = &piece, .piece_count = 1};
    int status = mg_corpus_prepare(&corpus, MG_FEATURE_SET_FULL, NULL);
    assert(!status);
    (void)status;
    *heard = piece.recalling;
}

void
mg_fixture_silence(struct mg_piece *piece, int steps)
{
    *piece = (struct mg_piece){.lowest_key = 128, .highest_key = -1};
    int status = mg_roll_init(&piece->roll, 0, 128, steps);
    assert(!status);
    (void)status;
}

void
mg_fixture_piece(struct mg_piece *piece, int lowest_key, int keys, int steps,
                 uint64_t seed)
{
    struct mg_roll chords;
    mg_fixture_roll(&chords, lowest_key, keys, steps, seed);
    mg_fixture_silence(piece, steps);
    for (int t = 0; t < steps; t++)
        memcpy(mg_roll_row(&piece->roll, t) + lowest_key, mg_roll_row(&chords, t),
               (size_t)keys);
    if (seed % 2)
        memset(mg_roll_row(&piece->roll, steps / 3), 0,
               (size_t)piece->roll.notes * (size_t)(steps / 4));
    piece->lowest_key = lowest_key;
    piece->highest_key = lowest_key + keys - 1;
    mg_roll_finish(&chords);
}

void
mg_fixture_corpus(struct mg_corpus *corpus, int pieces, int lowest_key, int keys,
                  uint64_t seed)
{
    *corpus = (struct mg_corpus){.steps_per_quarter = 2, .piece_count = pieces};
    corpus->pieces = g_new0(struct mg_piece, pieces);
    for (int i = 0; i < pieces; i++) {
        mg_fixture_piece(&corpus->pieces[i], lowest_key, keys, 5 + 13 * i,
                         seed * (uint64_t)pieces + (uint64_t)i);
        corpus->steps += corpus->pieces[i].roll.steps;
    }
}

double *
mg_fixture_weights(const struct mg_model *model)
{
    double *weights = malloc(model->layout.parameters * sizeof *weights);
    assert(weights);
    for (size_t i = 0; i < model->layout.parameters; i++)
        weights[i] = (double)model->weights[i];
    return weights;
}
