// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Predicts one yes or no after another, each from many contexts at once: every context
// remembers how the decision went in it, and the logits of these frequencies are summed
// with weights that are learned too.
// Mahoney, "Adaptive Weighing of Context Models for Lossless Data Compression", 2005.
#ifndef MG_TRAINER_DECIDER_H
#define MG_TRAINER_DECIDER_H

#include <stdbool.h>
#include <stdint.h>

enum { MG_DECIDER_CONTEXTS_MAX = 24 };

struct mg_decider;

// For decisions with `contexts` contexts each; `sets` sets of weights.  About 8 MB a
// context.  NULL when memory is short.
struct mg_decider *mg_decider_create(int contexts, int sets);
void mg_decider_destroy(struct mg_decider *decider); // takes NULL

// Learns how a decision went.  contexts: a hash each; set: of the weights to be used.
// Returns -ln of the probability that it had given to that.
double mg_decider_learn(struct mg_decider *decider, const uint64_t *contexts, int set,
                        bool yes);

// The same, but learns nothing.  Any number of threads at a time.
double mg_decider_surprise(const struct mg_decider *decider, const uint64_t *contexts,
                           int set, bool yes);

#endif
