// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Measured values, one a round.
#ifndef MG_TESTS_BENCH_SAMPLES_H
#define MG_TESTS_BENCH_SAMPLES_H

enum { MG_SAMPLES_MAX = 1000 };

struct mg_samples {
    int count;
    double value[MG_SAMPLES_MAX];
};

void mg_samples_add(struct mg_samples *samples, double value); // drops what is too many

// NAN of none.
double mg_samples_least(const struct mg_samples *samples);
double mg_samples_most(const struct mg_samples *samples);
double mg_samples_median(const struct mg_samples *samples);

#endif
