// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A small made-up piece and model, for the tests of the network and the trainer.
#ifndef MG_TESTS_FIXTURE_H
#define MG_TESTS_FIXTURE_H

#include "model/model.h"
#include "model/network.h"
#include "model/roll.h"
#include "trainer/corpus.h"

// A small network, the same with what is recalled, and one of one layer along time and of
// sizes that are no multiple of a panel or a row block.
extern const struct mg_shape mg_fixture_small, mg_fixture_recalling, mg_fixture_odd;

// Of a piece in which some steps are recalled, and some are 12 after others.
enum { MG_FIXTURE_STEPS = 14 };

// A model with every weight random, initial states and biases too.  Never NULL.
struct mg_model *mg_fixture_model(const struct mg_shape *shape, uint64_t seed);

// A piece of random chords with held and repeated notes.
void mg_fixture_roll(struct mg_roll *roll, int lowest_note, int notes, int steps,
                     uint64_t seed);

// Teacher-forced logits of a whole piece, as the instrument steps.  out: (T, N, 2).
void mg_fixture_play(const struct mg_model *model,
                     const struct mg_network_config *config, const struct mg_roll *roll,
                     float *out);

// A piece of 128 notes at the most as the trainer holds it for the feature set "full": with
// the low eight bits of what is heard.
void mg_fixture_recall(const struct mg_roll *roll, struct mg_roll *heard);

// A piece of a corpus: 128 keys, and nothing in it yet.
void mg_fixture_silence(struct mg_piece *piece, int steps);

// The same with random chords on a few of its keys; with an odd seed there is a silence
// of a quarter of its steps.
void mg_fixture_piece(struct mg_piece *piece, int lowest_key, int keys, int steps,
                      uint64_t seed);

// A corpus of such pieces on eighths, of 5, 18, 31, ... steps.
void mg_fixture_corpus(struct mg_corpus *corpus, int pieces, int lowest_key, int keys,
                       uint64_t seed);

// The weights in double precision; the caller frees them.
double *mg_fixture_weights(const struct mg_model *model);

#endif
