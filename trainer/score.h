// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The score of a model on a corpus: sums that make its figure of merit.
#ifndef MG_TRAINER_SCORE_H
#define MG_TRAINER_SCORE_H

#include "model/model.h"
#include "trainer/backprop.h"

// Sums over a corpus; whole pieces, dropout off, natural logarithm.
struct mg_score {
    int pieces;
    int64_t steps;
    struct mg_loss loss;  // nats; articulation only where a note plays
    int64_t sounding;     // cells that play
    int64_t silent_steps; // steps in which nothing plays
    int64_t
        unscored_cells; // cells that play outside the range of the model: not scored
};

// Nats a step, play and articulate; INFINITY where there is no step.
double mg_score_nats(const struct mg_score *score);

// Adds a piece of a corpus to a score, all but its loss.
void mg_score_count(struct mg_score *score, const struct mg_shape *shape,
                    const struct mg_roll *roll);

#endif
