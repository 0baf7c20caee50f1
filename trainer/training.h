// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A training run: its settings, its state, and one update after the other.
#ifndef MG_TRAINER_TRAINING_H
#define MG_TRAINER_TRAINING_H

#include <signal.h>

#include "model/model.h"
#include "trainer/backend.h"
#include "trainer/batch.h"
#include "trainer/watch.h"

// What decides the course of a run.  Two runs with the same settings, corpus and number
// of threads go the same way to the bit, on the same machine.
struct mg_settings {
    struct mg_shape shape;
    enum mg_method method;
    double learning_rate;
    int64_t warmup;    // updates in which it rises to the full rate; 0: none
    double final_rate; // share of it left at the last update (cosine); 1: constant
    double clip;       // of the gradient's norm, 0: none
    double decay;      // of the weights, times the rate; 0: none
    double dropout;
    int batch;   // segments an update
    int segment; // steps a segment at the most
    int transpose_low;
    int transpose_high;
    uint64_t seed;
    int64_t updates; // in all
};

// The best state so far on held-out pieces.
struct mg_best {
    struct mg_model *model; // owned
    struct mg_score score;  // of no steps: there is none yet
    int64_t update;
    int64_t scores_since; // none of them better
};

struct mg_training {
    struct mg_settings settings;
    struct mg_model *model; // owned
    struct mg_optimizer optimizer;
    struct mg_batches batches;
    const struct mg_corpus *held_out; // borrowed; init leaves it NULL
    int64_t update;                   // done so far
    int64_t scored;                   // the update of the last score; 0: none yet
    struct mg_watch watch;
    struct mg_best best;
    struct mg_backend *backend; // owned
    struct mg_ranks *ranks;     // borrowed; all have the same state
};

// What an update did.
struct mg_update {
    struct mg_loss loss; // nats a step, mean of the batch, dropout on
    int64_t steps;       // steps in the batch
    double norm; // of the gradient, before clipping; not finite: no update was made
    double learning_rate;
    double
        sum_seconds; // waited for the sum of the gradient, after all had computed theirs
    bool stop;       // a rank wants no further update
};

// Takes the model over, also on failure.  Returns 0, or -errno with one line in *error,
// as all below.
int mg_training_init(struct mg_training *training, const struct mg_settings *settings,
                     struct mg_model *model, const struct mg_corpus *corpus,
                     const struct mg_backend_choice *choice, GError **error);
void mg_training_finish(struct mg_training *training); // takes a zeroed struct

// One update, of all ranks together.
int mg_training_update(struct mg_training *training, struct mg_update *update,
                       GError **error);

// Its two halves: first all that changes no weight, then the rest.  stop: whether this rank
// wants no further update.  -EINTR from the first: see mg_ranks_ops.wait().
int mg_training_gradient(struct mg_training *training, bool stop,
                         struct mg_update *update, GError **error);
int mg_training_apply(struct mg_training *training, struct mg_update *update,
                      GError **error);

// The score of the held-out pieces under the present weights; each rank scores some of
// them.  stop: not 0 once this rank is told to stop: then all give the score up, and it is
// one of no steps.
int mg_training_score(struct mg_training *training, const volatile sig_atomic_t *stop,
                      struct mg_score *score, GError **error);

// Brings weights and means of the backend to model and optimizer, before they are saved;
// and takes changed ones over.
int mg_training_store(struct mg_training *training, GError **error);
int mg_training_load(struct mg_training *training, GError **error);

#endif
