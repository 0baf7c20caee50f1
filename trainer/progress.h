// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a person sees of a training: a bar with the time left on a terminal, plain lines
// in a log.
#ifndef MG_TRAINER_PROGRESS_H
#define MG_TRAINER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "trainer/training.h"

struct mg_progress_line {
    FILE *out; // borrowed
    bool terminal;
    int64_t first;   // updates done when it began
    int64_t total;   // updates in all
    double began;    // seconds, monotonic
    double reported; // when the last plain line was written
    double loss;     // running mean of the loss, nats a step
    double steps;    // trained since it began
};

// Starts at update `first` of `total`.
void mg_progress_begin(struct mg_progress_line *line, FILE *out, int64_t first,
                       int64_t total);

// After an update: redraws the bar, or writes a line when half a minute has gone by.
void mg_progress_show(struct mg_progress_line *line, int64_t update,
                      const struct mg_update *progress);

// Clears the bar, so that a message can be written.
void mg_progress_clear(struct mg_progress_line *line);

#endif
