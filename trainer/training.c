// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One update: every thread takes whole segments, then the gradients are summed in
// order.
#include "trainer/training.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "trainer/team.h"

// An update in hand.
struct batch_run {
    struct mg_training *training;
    struct mg_segment *segments; // (batch)
    struct mg_loss *losses;      // (batch)
    float scale;                 // 1 / steps in the batch
};

static int
no_memory(GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                "not enough memory: try a shorter --segment or fewer --threads");
    return -ENOMEM;
}

// A segment ends with its piece.
static int
longest_segment(const struct mg_corpus *corpus, int segment)
{
    int longest = 1;
    for (int i = 0; i < corpus->piece_count; i++)
        longest = MAX(longest, corpus->pieces[i].roll.steps);
    return MIN(longest, segment);
}

int
mg_training_init(struct mg_training *t, const struct mg_settings *settings,
                 struct mg_model *model, const struct mg_corpus *corpus, int threads,
                 GError **error)
{
    size_t count = model->layout.parameters;
    *t =
        (struct mg_training){.settings = *settings, .model = model, .threads = threads};
    t->best_nats = INFINITY;
    if (mg_optimizer_init(&t->optimizer, settings->method, (float)settings->clip,
                          count) ||
        mg_batches_init(&t->batches, corpus, &t->settings.shape, settings->seed,
                        settings->batch, settings->segment, settings->transpose_low,
                        settings->transpose_high))
        return no_memory(error);
    t->workspaces = calloc((size_t)threads, sizeof(struct mg_workspace *));
    t->gradients = calloc((size_t)threads, sizeof(float *));
    if (!t->workspaces || !t->gradients)
        return no_memory(error);
    int longest = longest_segment(corpus, settings->segment);
    for (int i = 0; i < threads; i++) {
        t->workspaces[i] = mg_workspace_create(&model->layout, longest);
        t->gradients[i] = malloc(count * sizeof(float));
        if (!t->workspaces[i] || !t->gradients[i])
            return no_memory(error);
    }
    return 0;
}

void
mg_training_finish(struct mg_training *t)
{
    for (int i = 0; i < t->threads; i++) {
        if (t->workspaces)
            mg_workspace_destroy(t->workspaces[i]);
        if (t->gradients)
            free(t->gradients[i]);
    }
    free(t->workspaces);
    free(t->gradients);
    mg_batches_finish(&t->batches);
    mg_optimizer_finish(&t->optimizer);
    mg_model_destroy(t->model);
    *t = (struct mg_training){0};
}

static void
run_segment(void *context, int thread, int job)
{
    struct batch_run *run = context;
    struct mg_training *t = run->training;
    struct mg_dropout dropout = {
        .rate = (float)t->settings.dropout,
        .seed = t->settings.seed,
        .update = (uint32_t)t->update,
        .segment = (uint32_t)job,
    };
    mg_backprop_forward(t->workspaces[thread], t->model->weights, &run->segments[job],
                        false, &dropout, &run->losses[job]);
    mg_backprop_backward(t->workspaces[thread], t->model->weights, run->scale,
                         t->gradients[thread]);
}

// Half a cosine from the full rate down to the final share of it.
static double
rate_now(const struct mg_training *t)
{
    const struct mg_settings *s = &t->settings;
    double done = fmin(1.0, (double)t->update / (double)s->updates);
    double share =
        s->final_rate + (1.0 - s->final_rate) * 0.5 * (1.0 + cos(G_PI * done));
    return s->learning_rate * share;
}

static void
sum_gradients(struct mg_training *t)
{
    for (int k = 1; k < t->threads; k++)
        for (size_t i = 0; i < t->optimizer.count; i++)
            t->gradients[0][i] += t->gradients[k][i];
}

static struct mg_update
apply(struct mg_training *t, const struct batch_run *run, int64_t steps)
{
    struct mg_update progress = {.steps = steps, .learning_rate = rate_now(t)};
    for (int i = 0; i < t->settings.batch; i++) {
        progress.loss.play += run->losses[i].play / (double)steps;
        progress.loss.articulate += run->losses[i].articulate / (double)steps;
    }
    sum_gradients(t);
    progress.norm = mg_optimizer_update(&t->optimizer, (float)progress.learning_rate,
                                        t->model->weights, t->gradients[0]);
    t->update++;
    return progress;
}

struct mg_update
mg_training_update(struct mg_training *t)
{
    int batch = t->settings.batch;
    struct batch_run run = {
        .training = t,
        .segments = g_new0(struct mg_segment, batch),
        .losses = g_new0(struct mg_loss, batch),
    };
    int64_t steps = 0;
    mg_batches_get(&t->batches, t->update, run.segments);
    for (int i = 0; i < batch; i++)
        steps += run.segments[i].steps;
    run.scale = 1.0f / (float)steps;
    for (int k = 0; k < t->threads; k++)
        memset(t->gradients[k], 0, t->optimizer.count * sizeof(float));
    mg_team_run(t->threads, batch, run_segment, &run);
    struct mg_update progress = apply(t, &run, steps);
    g_free(run.segments);
    g_free(run.losses);
    return progress;
}
