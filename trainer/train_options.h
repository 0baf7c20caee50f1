// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-train's command line, as checked settings.
#ifndef MG_TRAINER_TRAIN_OPTIONS_H
#define MG_TRAINER_TRAIN_OPTIONS_H

#include <glib.h>

#include "trainer/training.h"

// The options as GOption fills them in; the strings are owned once parsed.
struct mg_train_options {
    char *output;
    char **valid;    // files and folders of held-out pieces, or NULL
    char **metadata; // KEY=VALUE, or NULL
    char *resume;    // checkpoint, or NULL
    char *report;    // folder, or NULL
    char *from;      // model, or NULL
    char *log;       // file, or NULL
    int lost_after;  // seconds
    int threads;     // 0: as many as there are cores
    char *device;    // or NULL, as all that may be left out below
    char *precision;
    int checkpoint_every; // updates
    int patience;         // scores without a better one; 0: for ever

    // Of the network's shape.
    int steps_per_quarter; // G_MININT: not given
    char *notes;
    char *features;
    char *time_units;
    char *note_units;

    char *optimizer;
    double learning_rate; // 0: the optimiser's default
    gint64 warmup;        // updates
    double final_rate;
    double clip;
    char *decay; // NULL: the optimiser's default
    double dropout;
    int batch;
    int segment;
    char *transpose;
    gint64 seed;
    gint64 updates;
};

// The defaults of DESIGN's command line.
void mg_train_options_init(struct mg_train_options *options);

// The table for mg_program_parse(); it points into *options.  The caller frees it.
GOptionEntry *mg_train_options_entries(struct mg_train_options *options);

// Checks every value.  What --from decides, and the range of an "auto" --notes, is left to
// the two below.  Returns 0, or -EINVAL with one line in *error that names the option.
int mg_train_options_settings(const struct mg_train_options *options,
                              struct mg_settings *settings, GError **error);

// With --from: what was not given is the model's.  Returns 0, or -EINVAL with one line in
// *error where what was given is not.
int mg_train_options_fit_model(const struct mg_train_options *options,
                               struct mg_shape *shape, const struct mg_shape *model,
                               GError **error);

// Where --notes is "auto", without --from: the keys that sound in either corpus, and half
// an octave more on either side for a player and for transposition.
void mg_train_options_fit_notes(const struct mg_train_options *options,
                                struct mg_shape *shape, const struct mg_corpus *corpus,
                                const struct mg_corpus *held_out);

// All that decides what the ranks of a training do, as text; to be freed.
char *mg_train_options_course(const struct mg_train_options *options);

// The same for where and how to compute; threads may be 0.
int mg_train_options_backend(const struct mg_train_options *options,
                             struct mg_backend_choice *choice, GError **error);

void mg_train_options_finish(struct mg_train_options *options);

#endif
