// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Watches a training for the moment at which it is lost: a loss that is no number, or that
// has exploded and does not come back.
//
// An update is doubtful where its loss or its gradient's norm is not finite (no change was
// made then), or where its loss is over four times the running mean and a nat more.  One
// odd segment does that; ten updates in a row are no accident.  A step of sparse and one of
// dense music differ by less than that factor once they are averaged over a batch, and the
// nat keeps a loss near zero from being measured against nothing.
#ifndef MG_TRAINER_WATCH_H
#define MG_TRAINER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

// Zeroed it is ready.
struct mg_watch {
    double mean; // of the loss over about 50 undoubted updates, nats a step; 0: none
    int64_t doubtful;  // updates, in a row up to now
    int64_t rollbacks; // so far; each one halves the rate
};

enum { MG_WATCH_ROLLBACKS_MAX = 5 };

// After an update: loss in nats a step, norm of the gradient.  Returns whether the training
// is lost.
bool mg_watch_update(struct mg_watch *watch, double loss, double norm);

// After a held-out score, both in nats a step: whether it is no number, or so much worse
// than the best so far (INFINITY: none yet) that the state is not to be kept.
bool mg_watch_score(double nats, double best_nats);

// The share of the rate that the rollbacks have left.
double mg_watch_rate_share(const struct mg_watch *watch);

#endif
