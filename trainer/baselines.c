// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Learning takes one thread, as each decision learns from those before; scoring takes all.
#include "trainer/baselines.h"

#include <errno.h>

#include "trainer/markov.h"
#include "trainer/mixture.h"
#include "trainer/team.h"

struct run {
    const struct mg_corpus *corpus;
    struct mg_markov markov;
    struct mg_mixture *mixture;
    struct mg_baselines *pieces; // one a piece of the corpus
};

static void
score_piece(void *context, int thread, int job)
{
    (void)thread;
    struct run *run = context;
    const struct mg_roll *roll = &run->corpus->pieces[job].roll;
    run->pieces[job] = (struct mg_baselines){
        .marginal = mg_markov_score(&run->markov, roll, false),
        .markov = mg_markov_score(&run->markov, roll, true),
        .mixture = mg_mixture_score(run->mixture, roll),
    };
}

static void
add_loss(struct mg_loss *sum, const struct mg_loss *loss)
{
    sum->play += loss->play;
    sum->articulate += loss->articulate;
}

int
mg_baselines_score(const struct mg_corpus *training, const struct mg_corpus *corpus,
                   int lowest_key, int keys, int threads,
                   struct mg_baselines *baselines)
{
    struct run run = {
        .corpus = corpus,
        .markov = {.lowest_key = lowest_key, .keys = keys},
        .mixture = mg_mixture_create(lowest_key, keys),
    };
    if (!run.mixture)
        return -ENOMEM;
    for (int i = 0; i < training->piece_count; i++) {
        mg_markov_learn(&run.markov, &training->pieces[i].roll);
        mg_mixture_learn(run.mixture, &training->pieces[i].roll);
    }
    run.pieces = g_new0(struct mg_baselines, corpus->piece_count);
    mg_team_run(threads, corpus->piece_count, score_piece, &run);
    *baselines = (struct mg_baselines){0};
    for (int i = 0; i < corpus->piece_count; i++) {
        add_loss(&baselines->marginal, &run.pieces[i].marginal);
        add_loss(&baselines->markov, &run.pieces[i].markov);
        add_loss(&baselines->mixture, &run.pieces[i].mixture);
    }
    g_free(run.pieces);
    mg_mixture_destroy(run.mixture);
    return 0;
}
