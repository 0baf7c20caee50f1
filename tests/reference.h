// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The network once more, slow and plain, in double precision: one note of one step at a
// time, straight from its definition.  The real code is checked against it.
#ifndef MG_TESTS_REFERENCE_H
#define MG_TESTS_REFERENCE_H

#include "model/model.h"
#include "model/roll.h"
#include "trainer/backprop.h"

// Teacher-forced probabilities of a whole piece as the model sees it.  weights: as laid
// out. dropout: masks of a training pass, or NULL, for the segment of that number.  out: (T, N, 2), or NULL. Returns
// the loss, play + articulate, in nats.
double mg_reference_run(const struct mg_layout *layout, const double *weights,
                        const struct mg_roll *roll, const struct mg_dropout *dropout,
                        uint32_t number, double *out);

// The features of one note, from the words of their definition.  features: 80, or 92 with
// what is recalled of the steps 0 .. t of the roll; out: (features).
void mg_reference_features(int features, const struct mg_roll *roll, int note, int t,
                           double *out);

#endif
