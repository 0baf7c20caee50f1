// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The passes of a network as CUDA graphs, so that their thousands of launches cost the host
// nothing: one for the way up and one for each part of the gradient, for each number of
// steps that has come up.
#ifndef MG_TRAINER_CUDA_GRAPHS_H
#define MG_TRAINER_CUDA_GRAPHS_H

#include "trainer/cuda/network.h"

struct mg_cuda_graphs {
    struct mg_cuda_network *net; // borrowed
    GHashTable *by_steps;        // owned
};

void mg_cuda_graphs_init(struct mg_cuda_graphs *graphs, struct mg_cuda_network *net);
void mg_cuda_graphs_finish(struct mg_cuda_graphs *graphs); // takes a zeroed struct

// How many steps to compute where the longest segment has T: graphs are made for few
// numbers of them.
int mg_cuda_graphs_steps(const struct mg_cuda_graphs *graphs, int T);

enum { MG_CUDA_FORWARD = -1 };

// Puts a pass of T steps on the stream: the way up, or a part of the way back.
void mg_cuda_graphs_run(struct mg_cuda_graphs *graphs, int T, int pass);

#endif
