// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// How good a model is on a corpus: the teacher-forced negative log-likelihood, with
// what tells whether a low figure is only sparse music.
#ifndef MG_TRAINER_EVALUATE_H
#define MG_TRAINER_EVALUATE_H

#include <signal.h>

#include "model/model.h"
#include "trainer/backprop.h"
#include "trainer/corpus.h"
#include "trainer/score.h"

struct mg_evaluator;

// Scores on `threads` threads.  NULL when memory is short.
struct mg_evaluator *mg_evaluator_create(const struct mg_layout *layout, int threads);
void mg_evaluator_destroy(struct mg_evaluator *evaluator); // takes NULL

// Scores all pieces of a corpus, which was prepared for the layout's feature set.  The
// same bits for any number of threads.  stop: once it is not 0 the score is given up, and
// one of no steps returned; or NULL.
struct mg_score mg_evaluator_run(struct mg_evaluator *evaluator, const float *weights,
                                 const struct mg_corpus *corpus,
                                 const volatile sig_atomic_t *stop);

// The (T, N, 2) teacher-forced probabilities P(play), P(articulate | play) of one
// piece.  roll: as of mg_piece_heard().  Returns an array that the caller frees with
// g_free(), or NULL when memory is short.
float *mg_evaluator_probabilities(struct mg_evaluator *evaluator, const float *weights,
                                  const struct mg_roll *roll);

#endif
