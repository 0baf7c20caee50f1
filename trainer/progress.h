// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a person sees of a training: a bar with the time left on a terminal, plain lines
// in a log.
#ifndef MG_TRAINER_PROGRESS_H
#define MG_TRAINER_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "trainer/training.h"

struct mg_progress_line {
    FILE *out; // borrowed
    bool terminal;
    int64_t total;   // updates in all
    int64_t done;    // updates since it began, taken back ones counted too
    int notes;       // of the model
    double began;    // seconds, monotonic
    double reported; // when the last plain line was written
    double steps;    // trained since it began
    double held_out; // the last score, nats a step; INFINITY: none yet
};

// Starts; total: updates in all.
void mg_progress_begin(struct mg_progress_line *line, FILE *out, int64_t total,
                       int notes);

// After an update: redraws the bar, or writes a line when half a minute has gone by.  loss:
// running mean, nats a step.
void mg_progress_show(struct mg_progress_line *line, int64_t update,
                      const struct mg_update *progress, double loss);

// Clears the bar, which is over.
void mg_progress_clear(const struct mg_progress_line *line);

// Writes a message, with its line break, in the place of the bar.  Any thread, once begun.
void mg_progress_say(const struct mg_progress_line *line, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

#endif
