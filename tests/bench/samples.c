// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Order statistics of a few hundred values.
#include "tests/bench/samples.h"

#include <math.h>
#include <stdlib.h>

void
mg_samples_add(struct mg_samples *samples, double value)
{
    if (samples->count < MG_SAMPLES_MAX)
        samples->value[samples->count++] = value;
}

double
mg_samples_least(const struct mg_samples *samples)
{
    double least = (double)NAN;
    for (int i = 0; i < samples->count; i++)
        least = fmin(least, samples->value[i]);
    return least;
}

double
mg_samples_most(const struct mg_samples *samples)
{
    double most = (double)NAN;
    for (int i = 0; i < samples->count; i++)
        most = fmax(most, samples->value[i]);
    return most;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double
mg_samples_median(const struct mg_samples *samples)
{
    struct mg_samples sorted = *samples;
    if (samples->count == 0)
        return (double)NAN;
    qsort(sorted.value, (size_t)sorted.count, sizeof *sorted.value, by_value);
    return sorted.value[sorted.count / 2];
}
