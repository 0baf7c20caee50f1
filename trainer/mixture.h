// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The strong baseline of a model, without a network: prediction by partial matching, many
// contexts at once, mixed as the best file compressors do it (trainer/decider.h).
//
// Step by step and key by key, from low to high, it predicts what the network predicts
// from what the network knows: the steps before, the beat, and the lower keys of the same
// step.  A context is a part of that: the last steps of the key itself, the keys around it,
// whole chords, the voice it may belong to, or what followed when the last steps occurred
// before in the same piece.
#ifndef MG_TRAINER_MIXTURE_H
#define MG_TRAINER_MIXTURE_H

#include "model/roll.h"
#include "trainer/backprop.h"

struct mg_mixture;

// For the keys lowest_key .. lowest_key + keys - 1 of 128.  About 200 MB.  NULL when
// memory is short.
struct mg_mixture *mg_mixture_create(int lowest_key, int keys);
void mg_mixture_destroy(struct mg_mixture *mixture); // takes NULL

// Learns a piece of 128 keys.  One thread; the order of the pieces matters a little.
void mg_mixture_learn(struct mg_mixture *mixture, const struct mg_roll *roll);

// The negative log-likelihood of a piece of 128 keys, in nats.  Learns nothing: a piece
// does not depend on those scored before it.  Any number of threads at a time.
struct mg_loss mg_mixture_score(const struct mg_mixture *mixture,
                                const struct mg_roll *roll);

#endif
