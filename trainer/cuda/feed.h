// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Batches of segments on their way to the device, and their losses back.
#ifndef MG_TRAINER_CUDA_FEED_H
#define MG_TRAINER_CUDA_FEED_H

#include "trainer/backprop.h"
#include "trainer/corpus.h"
#include "trainer/cuda/graphs.h"
#include "trainer/cuda/network.h"
#include "trainer/cuda/resident.h"
#include "trainer/score.h"

struct mg_cuda_feed {
    struct mg_cuda_network net;
    struct mg_cuda_graphs graphs;
    struct mg_cuda_resident resident;
    struct mg_cuda_batch *batch; // as the device is to have it; owned
    double *losses;              // (B, 2), owned
    int longest;                 // steps of the batch's segments at the most
};

// Room for B segments of T steps at the most; see mg_cuda_network_init().
int mg_cuda_feed_init(struct mg_cuda_feed *feed, struct mg_cuda *cuda,
                      const struct mg_layout *layout, int B, int T,
                      const float *weights, float *gradient, GError **error);
void mg_cuda_feed_finish(struct mg_cuda_feed *feed); // takes a zeroed struct

// A new batch without segments.  dropout: NULL for none; carry: steps of the batch before,
// whose last states are the first; 0: the learned ones.
void mg_cuda_feed_begin(struct mg_cuda_feed *feed, const struct mg_dropout *dropout,
                        float scale, int carry);

// Segment b of it.
void mg_cuda_feed_add(struct mg_cuda_feed *feed, int b,
                      const struct mg_segment *segment);

// Sends it and puts the way up on the stream.  Returns how many steps are computed.
int mg_cuda_feed_run(struct mg_cuda_feed *feed);

// Waits for the losses of the first `count` segments.
void mg_cuda_feed_losses(struct mg_cuda_feed *feed, int count, struct mg_loss *losses);

// The score of a corpus, as mg_evaluator_run().
struct mg_score mg_cuda_feed_score(struct mg_cuda_feed *feed,
                                   const struct mg_corpus *corpus,
                                   const volatile sig_atomic_t *stop);

#endif
