// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One run of mg-train: from the corpus to the model file, on this rank.
//
// All ranks go through it update by update: an error of one alone would have the others
// wait for ever.
#ifndef MG_TRAINER_RUN_H
#define MG_TRAINER_RUN_H

#include <signal.h>

#include "trainer/rescue.h"
#include "trainer/run_files.h"
#include "trainer/train_options.h"

// The first seven are set by the caller; what they point to is borrowed until
// mg_run_finish().
struct mg_run {
    const struct mg_train_options *options;
    struct mg_settings settings; // their shape is fitted to --from or the corpus
    struct mg_backend_choice backend;
    struct mg_ranks *ranks;
    const char *command;                      // the command line as typed
    const volatile sig_atomic_t *stop_signal; // not 0: told to stop
    FILE *say; // to the person who watches; what all ranks would say alike goes there
    struct mg_model *from; // the model of --from, until the training takes it over
    struct mg_corpus corpus;
    struct mg_corpus held_out;
    struct mg_training training;
    struct mg_run_files files;
    struct mg_progress_line line;
    struct mg_rescue rescue;
    bool is_under_way; // an error that is not of all ranks has to end them all at once
    bool must_stop;    // told to, or another rank is
    bool is_lost;      // the training: it is to be rolled back
    double update_seconds, sum_seconds; // of updates_timed of them
    int64_t updates_timed;
};

// Both return 0, or -errno; with one line in *error, but where another rank has it:
// -ECANCELED, or -ESTALE on all ranks but the first.  The main thread calls them.

// Takes the lock of the model, reads the corpora (paths: files and folders,
// NULL-terminated), makes or resumes the training, and opens the files.
int mg_run_prepare(struct mg_run *run, char **paths, GError **error);

// Trains until the last update, until no better score is to be expected, or until it is told
// to stop.  After an error while is_under_way the other ranks are to be aborted.
int mg_run_train(struct mg_run *run, GError **error);

// Takes one that was never prepared, too.
void mg_run_finish(struct mg_run *run);

#endif
