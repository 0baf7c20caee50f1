// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What likelihood a corpus has without a network: what a model must be held against.
#ifndef MG_TRAINER_BASELINES_H
#define MG_TRAINER_BASELINES_H

#include "trainer/backprop.h"
#include "trainer/corpus.h"

// Sums over a corpus in nats, as those of struct mg_score.
struct mg_baselines {
    struct mg_loss marginal; // every key as often as in the training pieces
    struct mg_loss markov;   // every key given itself a step before
    struct mg_loss mixture;  // trainer/mixture.h
};

// Learns from the pieces of `training` and scores those of `corpus`, the keys lowest_key ..
// lowest_key + keys - 1 of 128.  The same bits for any number of threads.  Returns 0 or
// -ENOMEM.
int mg_baselines_score(const struct mg_corpus *training, const struct mg_corpus *corpus,
                       int lowest_key, int keys, int threads,
                       struct mg_baselines *baselines);

#endif
