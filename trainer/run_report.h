// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The report of a training run: a folder with what the corpus was, how the loss fell,
// and how the model sounds.
//
//   index.html     all of it on one page
//   corpus.txt     pieces, steps, metres, what was skipped and why
//   loss.csv       update, training loss, held-out play and articulate, in nats a step
//   loss.svg       the same as a picture, and as loss.png
//   update-N.mid   what the model composed after update N
//   update-N.png   its piano roll
//   samples.json   the figures of trainer/appraisal.h for each of them
//
// Samples are made at the first score, at each that comes after twice as many updates as
// the one before, and at the best.  Where cairo is not built in there are no pictures.
#ifndef MG_TRAINER_RUN_REPORT_H
#define MG_TRAINER_RUN_REPORT_H

#include "model/model.h"
#include "trainer/backprop.h"
#include "trainer/corpus.h"

struct mg_run_report;

// All borrowed until mg_run_report_destroy().
struct mg_run_setup {
    const char *folder;
    const char *command;    // that started the run
    const char *model_path; // where the best model so far stands, once there is one
    const struct mg_model *model; // as it is after the last update
    const struct mg_corpus *corpus;
    const struct mg_corpus *held_out;
    int64_t update;  // where the run goes on; 0: a new one
    int64_t updates; // in all
    int threads;
};

// Makes the folder and a first page.  What an earlier part of the run left there, up to
// `update`, is kept.  NULL with one line in *error.
struct mg_run_report *mg_run_report_create(const struct mg_run_setup *setup,
                                           GError **error);

// Adds a score (held_out: sums over `steps` steps; training: mean loss a step since the
// last, or NAN), a sample where one is due, and brings every file up to date.  Returns 0
// or -errno with one line in *error.
int mg_run_report_add(struct mg_run_report *report, int64_t update, double training,
                      const struct mg_loss *held_out, int64_t steps, GError **error);

// Ends a run before its last update: samples the best.  Errors as above.
int mg_run_report_end(struct mg_run_report *report, GError **error);

void mg_run_report_destroy(struct mg_run_report *report); // takes NULL

#endif
