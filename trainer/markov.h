// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The plainest baselines of a model: every key for itself, as often as it sounded in the
// training pieces; or as often as it did after sounding, or being silent, a step before.
#ifndef MG_TRAINER_MARKOV_H
#define MG_TRAINER_MARKOV_H

#include <stdbool.h>
#include <stdint.h>

#include "model/roll.h"
#include "trainer/backprop.h"

enum { MG_MARKOV_KEYS = 128 };

// Counts; zero all but the range before the first piece.
struct mg_markov {
    int lowest_key; // the keys that are scored: lowest_key .. lowest_key + keys - 1
    int keys;
    // (key, did it sound a step before, does it sound); before the first step of a piece
    // nothing sounds
    int64_t play[MG_MARKOV_KEYS][2][2];
    // (key, did it sound a step before, is it struck), where it sounds
    int64_t articulate[MG_MARKOV_KEYS][2][2];
};

// Counts a piece of 128 keys in.
void mg_markov_learn(struct mg_markov *markov, const struct mg_roll *roll);

// The negative log-likelihood of a piece of 128 keys, in nats.  after_last: each key given
// whether it sounded a step before; else as often as ever.  A probability is that of the
// counts with half a case added on either side (Krichevsky and Trofimov, 1981).
struct mg_loss mg_markov_score(const struct mg_markov *markov,
                               const struct mg_roll *roll, bool after_last);

#endif
