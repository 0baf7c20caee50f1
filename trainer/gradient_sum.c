// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Parts travel in one order, the same on all ranks: threads may complete two of them in
// either.
#include "trainer/gradient_sum.h"

#include <errno.h>

#include "trainer/backprop.h"

enum { ROUNDS = 4 };

void
mg_gradient_sum_begin(struct mg_gradient_sum *sum, struct mg_ranks *ranks,
                      const struct mg_layout *layout)
{
    *sum = (struct mg_gradient_sum){.ranks = ranks, .layout = layout};
}

void
mg_gradient_sum_ready(void *context, float *gradient, size_t offset, size_t count)
{
    struct mg_gradient_sum *sum = context;
    int parts = mg_backprop_parts(sum->layout);
    for (int part = sum->begun; part < parts; part++) {
        size_t first, length;
        mg_backprop_part(sum->layout, part, &first, &length);
        size_t from = MAX(first, offset), to = MIN(first + length, offset + count);
        sum->ready[part] += from < to ? to - from : 0;
        if (sum->begun == part && sum->ready[part] == length) {
            sum->ranks->ops->begin_sum(sum->ranks, gradient + first, length);
            sum->begun++;
        }
    }
}

int
mg_gradient_sum_wait(struct mg_gradient_sum *sum, double *seconds, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    int status = sum->ranks->ops->wait(sum->ranks, error);
    *seconds = 1e-6 * (double)(g_get_monotonic_time() - began_us);
    return status;
}

double
mg_gradient_sum_measure(struct mg_ranks *ranks, const struct mg_layout *layout)
{
    float *values = g_try_new0(float, layout->parameters);
    double least = -1.0;
    if (mg_ranks_agree(ranks, values ? 0 : -ENOMEM, NULL)) {
        g_free(values);
        return least;
    }
    for (int round = 0; round < ROUNDS; round++) {
        struct mg_gradient_sum sum;
        double none, seconds;
        mg_gradient_sum_begin(&sum, ranks, layout);
        // All begin together, as nearly as they can.
        if (ranks->ops->sum(ranks, &(double){0}, 1, NULL))
            break;
        gint64 began_us = g_get_monotonic_time();
        mg_gradient_sum_ready(&sum, values, 0, layout->parameters);
        if (mg_gradient_sum_wait(&sum, &none, NULL))
            break;
        seconds = 1e-6 * (double)(g_get_monotonic_time() - began_us);
        if (round > 0 && (least < 0.0 || seconds < least)) // the first one connects
            least = seconds;
    }
    g_free(values);
    return least;
}
