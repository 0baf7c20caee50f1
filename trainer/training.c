// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One update: a batch is dealt, and the backend does the rest.
#include "trainer/training.h"

#include <errno.h>
#include <math.h>

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
                 struct mg_model *model, const struct mg_corpus *corpus,
                 const struct mg_backend_choice *choice, GError **error)
{
    *t = (struct mg_training){.settings = *settings, .model = model};
    t->best.model = mg_model_create(&settings->shape, error);
    if (!t->best.model)
        return -ENOMEM;
    if (mg_optimizer_init(&t->optimizer, settings->method, (float)settings->clip,
                          model->layout.parameters) ||
        mg_batches_init(&t->batches, corpus, &t->settings.shape, settings->seed,
                        settings->batch, settings->segment, settings->transpose_low,
                        settings->transpose_high)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return -ENOMEM;
    }
    struct mg_backend_task task = {
        .model = model,
        .optimizer = &t->optimizer,
        .batch = settings->batch,
        .steps = longest_segment(corpus, settings->segment),
    };
    t->backend = mg_backend_create(choice, &task, error);
    return t->backend ? 0 : -ENODEV;
}

void
mg_training_finish(struct mg_training *t)
{
    if (t->backend)
        t->backend->ops->destroy(t->backend);
    mg_batches_finish(&t->batches);
    mg_optimizer_finish(&t->optimizer);
    mg_model_destroy(t->best.model);
    mg_model_destroy(t->model);
    *t = (struct mg_training){0};
}

// Half a cosine from the full rate down to the final share of it; less after rollbacks.
static double
rate_now(const struct mg_training *t)
{
    const struct mg_settings *s = &t->settings;
    double done = fmin(1.0, (double)t->update / (double)s->updates);
    double share =
        s->final_rate + (1.0 - s->final_rate) * 0.5 * (1.0 + cos(G_PI * done));
    return s->learning_rate * share * mg_watch_rate_share(&t->watch);
}

// The gradient of the batch and the update by it.
static int
run_batch(struct mg_training *t, const struct mg_batch *batch, struct mg_loss *losses,
          struct mg_update *update, GError **error)
{
    struct mg_backend *backend = t->backend;
    int status = backend->ops->gradient(backend, batch, losses, NULL, NULL, error);
    for (int i = 0; !status && i < batch->count; i++) {
        update->loss.play += losses[i].play / (double)update->steps;
        update->loss.articulate += losses[i].articulate / (double)update->steps;
    }
    if (!status)
        status = backend->ops->update(backend, (float)update->learning_rate,
                                      &update->norm, error);
    return status;
}

int
mg_training_update(struct mg_training *t, struct mg_update *update, GError **error)
{
    int count = t->settings.batch;
    struct mg_segment *segments = g_new0(struct mg_segment, count);
    struct mg_loss *losses = g_new0(struct mg_loss, count);
    *update = (struct mg_update){.learning_rate = rate_now(t)};
    mg_batches_get(&t->batches, t->update, segments);
    for (int i = 0; i < count; i++)
        update->steps += segments[i].steps;
    struct mg_batch batch = {
        .segments = segments,
        .count = count,
        .dropout =
            {
                .rate = (float)t->settings.dropout,
                .seed = t->settings.seed,
                .update = (uint32_t)t->update,
            },
        .scale = 1.0f / (float)update->steps,
    };
    int status = run_batch(t, &batch, losses, update, error);
    t->update += !status;
    g_free(losses);
    g_free(segments);
    return status;
}

int
mg_training_score(struct mg_training *t, const struct mg_corpus *corpus,
                  struct mg_score *score, GError **error)
{
    return t->backend->ops->score(t->backend, corpus, score, error);
}

int
mg_training_store(struct mg_training *t, GError **error)
{
    return t->backend->ops->store(t->backend, error);
}

int
mg_training_load(struct mg_training *t, GError **error)
{
    return t->backend->ops->load(t->backend, error);
}
