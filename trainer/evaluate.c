// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pieces are scored in segments that hand the time axis's state on.
#include "trainer/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/team.h"

enum { SEGMENT_STEPS = 64 };

struct mg_evaluator {
    struct mg_layout layout;
    int threads;
    struct mg_packed *packed;
    struct mg_workspace **workspaces; // one a thread
    // The run in hand:
    const struct mg_corpus *corpus;
    const volatile sig_atomic_t *stop;
    struct mg_score *scores; // one a piece
};

struct mg_evaluator *
mg_evaluator_create(const struct mg_layout *layout, int threads)
{
    struct mg_evaluator *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->layout = *layout;
    e->threads = threads;
    const struct mg_kernel *kernel = mg_kernel_pick(MG_PRECISION_FP32);
    e->packed = mg_packed_create(&e->layout, kernel);
    e->workspaces = calloc((size_t)threads, sizeof(struct mg_workspace *));
    for (int i = 0; e->workspaces && i < threads; i++) {
        e->workspaces[i] = mg_workspace_create(layout, kernel, SEGMENT_STEPS);
        if (!e->workspaces[i])
            break;
    }
    if (!e->packed || !e->workspaces || !e->workspaces[threads - 1]) {
        mg_evaluator_destroy(e);
        return NULL;
    }
    return e;
}

void
mg_evaluator_destroy(struct mg_evaluator *e)
{
    if (!e)
        return;
    for (int i = 0; e->workspaces && i < e->threads; i++)
        mg_workspace_destroy(e->workspaces[i]);
    free(e->workspaces);
    mg_packed_destroy(e->packed);
    free(e);
}

// The segment of a piece that starts at a step.
static struct mg_segment
segment_at(const struct mg_roll *roll, int start)
{
    int left = roll->steps - start;
    return (struct mg_segment){
        .roll = roll,
        .start = start,
        .steps = left < SEGMENT_STEPS ? left : SEGMENT_STEPS,
    };
}

static void
score_piece(void *context, int thread, int job)
{
    struct mg_evaluator *e = context;
    const struct mg_roll *roll =
        mg_piece_heard(&e->corpus->pieces[job], e->layout.shape.feature_set);
    struct mg_score *score = &e->scores[job];
    *score = (struct mg_score){0};
    mg_score_count(score, &e->layout.shape, roll);
    for (int start = 0; start < roll->steps && !(e->stop && *e->stop);
         start += SEGMENT_STEPS) {
        struct mg_segment segment = segment_at(roll, start);
        mg_backprop_forward(e->workspaces[thread], e->packed, &segment, start > 0, NULL,
                            &score->loss);
    }
}

struct mg_score
mg_evaluator_run(struct mg_evaluator *e, const float *weights,
                 const struct mg_corpus *corpus, const volatile sig_atomic_t *stop)
{
    struct mg_score sum = {0};
    mg_packed_take(e->packed, weights, e->threads);
    e->corpus = corpus;
    e->stop = stop;
    e->scores = g_new0(struct mg_score, corpus->piece_count);
    mg_team_run(e->threads, corpus->piece_count, score_piece, e);
    for (int i = 0; i < corpus->piece_count; i++) {
        const struct mg_score *s = &e->scores[i];
        sum.pieces += s->pieces;
        sum.steps += s->steps;
        sum.loss.play += s->loss.play;
        sum.loss.articulate += s->loss.articulate;
        sum.sounding += s->sounding;
        sum.silent_steps += s->silent_steps;
        sum.unscored_cells += s->unscored_cells;
    }
    g_free(e->scores);
    e->scores = NULL;
    if (stop && *stop)
        sum = (struct mg_score){0};
    return sum;
}

float *
mg_evaluator_probabilities(struct mg_evaluator *e, const float *weights,
                           const struct mg_roll *roll)
{
    size_t row = 2 * (size_t)e->layout.shape.notes;
    float *out = g_try_malloc_n((size_t)roll->steps * row, sizeof *out);
    struct mg_loss loss = {0};
    mg_packed_take(e->packed, weights, e->threads);
    for (int start = 0; out && start < roll->steps; start += SEGMENT_STEPS) {
        struct mg_segment segment = segment_at(roll, start);
        mg_backprop_forward(e->workspaces[0], e->packed, &segment, start > 0, NULL,
                            &loss);
        for (int t = 0; t < segment.steps; t++)
            mg_backprop_probabilities(e->workspaces[0], t,
                                      out + (size_t)(start + t) * row);
    }
    return out;
}
