// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The report of a training run: a folder with what the corpus was, how the loss fell,
// and how the model sounds.
//
//   corpus.txt   pieces, steps, what was skipped and why
//   loss.csv     update, training loss, held-out play and articulate, in nats a step
//   loss.png     the same as a picture (where cairo is built in)
//   sample.mid   a piece drawn from the model
//   sample.png   its piano roll
#ifndef MG_TRAINER_RUN_REPORT_H
#define MG_TRAINER_RUN_REPORT_H

#include "trainer/corpus.h"
#include "trainer/evaluate.h"

struct mg_run_report;

// Makes the folder and writes corpus.txt.  The rows of a loss.csv that is there already are
// kept up to `update`, where the run goes on (0: a new one).  NULL with one line in *error.
struct mg_run_report *mg_run_report_create(const char *folder,
                                           const struct mg_corpus *corpus,
                                           const struct mg_corpus *held_out,
                                           int64_t update, GError **error);

// Adds a row (training_loss: mean since the last) and writes the rest anew.  Returns 0
// or -errno with one line in *error.
int mg_run_report_add(struct mg_run_report *report, int64_t update,
                      double training_loss, const struct mg_score *held_out,
                      const struct mg_model *model, GError **error);

void mg_run_report_destroy(struct mg_run_report *report); // takes NULL

#endif
