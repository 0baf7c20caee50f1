// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Which segments an update sees: a pure function of the seed and the update's number,
// so that a resumed training goes on with the same data.
//
// An epoch deals every piece once for each started segment length it holds, in random
// order, each time at a random place of the piece and moved by random semitones.
#ifndef MG_TRAINER_BATCH_H
#define MG_TRAINER_BATCH_H

#include "model/model.h"
#include "trainer/backprop.h"
#include "trainer/corpus.h"

struct mg_batches {
    const struct mg_corpus *corpus; // borrowed
    const struct mg_shape *shape;   // borrowed
    uint64_t seed;
    int batch;         // segments an update
    int segment;       // steps a segment at the most
    int transpose_low; // semitones
    int transpose_high;
    int *cards;     // piece numbers, each as often as it is dealt; owned
    int card_count; // segments an epoch
    int *order;     // the cards in the order of the epoch below; owned
    int64_t epoch;  // -1: none shuffled yet
};

// Deals the cards of a corpus that was prepared for the shape's feature set.  Returns 0 or
// -ENOMEM.
int mg_batches_init(struct mg_batches *batches, const struct mg_corpus *corpus,
                    const struct mg_shape *shape, uint64_t seed, int batch, int segment,
                    int transpose_low, int transpose_high);
void mg_batches_finish(struct mg_batches *batches);

// The segments of an update (from 0).  out: (batch).
void mg_batches_get(struct mg_batches *batches, int64_t update, struct mg_segment *out);

#endif
