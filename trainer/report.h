// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a training run has to show so far: what its music is, its scores, its samples.
#ifndef MG_TRAINER_REPORT_H
#define MG_TRAINER_REPORT_H

#include "model/model.h"
#include "trainer/appraisal.h"
#include "trainer/corpus_facts.h"

// A score on the held-out pieces, nats a step.
struct mg_report_score {
    int64_t update;
    double training; // mean since the score before, dropout on; NAN: none
    double play;     // held out
    double articulate;
};

// A composition the model made after an update.
struct mg_report_sample {
    int64_t update;
    struct mg_appraisal appraisal; // against the corpus
};

struct mg_report {
    const char *command; // that started the run; borrowed, as both corpora
    int64_t updates;     // in all
    const struct mg_corpus *corpus;
    const struct mg_corpus *held_out;
    struct mg_fact facts[MG_CORPUS_FACTS]; // of the corpus; owned, as all below
    struct mg_fact held_out_facts[MG_CORPUS_FACTS]; // the same of the held-out pieces
    struct mg_appraisal of_corpus;                  // its texture
    struct mg_appraisal unseen; // what a held-out piece has, the median
    int unseen_pieces;          // of so many; 0: none was long enough
    int window;                 // steps, of the likeness
    int sample_steps;           // how long a sample is
    double table_nats;          // held out, of each key by what it did a step before
    GArray *scores;             // struct mg_report_score, by update
    GArray *samples;            // struct mg_report_sample, by update
    bool pictures;              // whether there are any
};

// Measures what does not change in a run; scores, samples, command, updates and pictures
// are the caller's to fill in.  Returns 0 or -ENOMEM; mg_report_finish() in either case.
int mg_report_init(struct mg_report *report, const struct mg_corpus *corpus,
                   const struct mg_corpus *held_out, const struct mg_shape *shape,
                   int threads);
void mg_report_finish(struct mg_report *report);

// The i-th, counted from 0.
struct mg_report_score *mg_report_score_at(const struct mg_report *report, guint i);
struct mg_report_sample *mg_report_sample_at(const struct mg_report *report, guint i);

double mg_report_nats(const struct mg_report_score *score); // held out, a step

// The score after an update, and the best; or NULL.
const struct mg_report_score *mg_report_score_of(const struct mg_report *report,
                                                 int64_t update);
const struct mg_report_score *mg_report_best(const struct mg_report *report);

// The sample made after an update, or NULL.
const struct mg_report_sample *mg_report_sample_of(const struct mg_report *report,
                                                   int64_t update);

// The name of a sample's file in the folder; the caller frees it.
char *mg_report_sample_file(int64_t update, const char *ending);

#endif
