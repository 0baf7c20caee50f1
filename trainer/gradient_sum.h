// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sums a gradient up over all ranks, part by part, while the rest is still computed.
#ifndef MG_TRAINER_GRADIENT_SUM_H
#define MG_TRAINER_GRADIENT_SUM_H

#include "model/model.h"
#include "trainer/ranks.h"

enum { MG_GRADIENT_PARTS_MAX = 2 * MG_LAYERS_MAX + 1 };

// The gradient in hand.
struct mg_gradient_sum {
    struct mg_ranks *ranks;              // borrowed
    const struct mg_layout *layout;      // borrowed
    size_t ready[MG_GRADIENT_PARTS_MAX]; // values that are complete, of each part
    int begun;                           // parts, in their order
};

// Before each gradient.
void mg_gradient_sum_begin(struct mg_gradient_sum *sum, struct mg_ranks *ranks,
                           const struct mg_layout *layout);

// A mg_backend_ready; context: the struct.
void mg_gradient_sum_ready(void *context, float *gradient, size_t offset, size_t count);

// Until all of it is summed, as mg_ranks_ops.wait().  *seconds: how long that took.
int mg_gradient_sum_wait(struct mg_gradient_sum *sum, double *seconds, GError **error);

// Seconds that such a sum takes while nothing is computed, the least of some; all ranks
// call it.  A negative number: not known.
double mg_gradient_sum_measure(struct mg_ranks *ranks, const struct mg_layout *layout);

#endif
