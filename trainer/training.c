// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// One update: a batch is dealt, and the backend does the rest.
#include "trainer/training.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "trainer/gradient_sum.h"

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
    t->ranks = choice->ranks ? choice->ranks : mg_ranks_alone();
    t->best.model = mg_model_create(&settings->shape, error);
    if (!t->best.model)
        return -ENOMEM;
    if (mg_optimizer_init(&t->optimizer, settings->method, (float)settings->clip,
                          (float)settings->decay, model->layout.parameters) ||
        mg_batches_init(&t->batches, corpus, &t->settings.shape, settings->seed,
                        settings->batch, settings->segment, settings->transpose_low,
                        settings->transpose_high)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return -ENOMEM;
    }
    struct mg_backend_task task = {
        .model = model,
        .optimizer = &t->optimizer,
        .batch = (settings->batch + t->ranks->size - 1) / t->ranks->size,
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

// Up to the full rate in a straight line, down to the final share of it along half a cosine;
// less after rollbacks.
static double
rate_now(const struct mg_training *t)
{
    const struct mg_settings *s = &t->settings;
    double done = fmin(1.0, (double)t->update / (double)s->updates);
    double share =
        s->final_rate + (1.0 - s->final_rate) * 0.5 * (1.0 + cos(G_PI * done));
    if (t->update < s->warmup)
        share *= (double)(t->update + 1) / (double)s->warmup;
    return s->learning_rate * share * mg_watch_rate_share(&t->watch);
}

// A batch, and what the ranks tell each other of it.
struct work {
    struct mg_segment *segments; // (batch)
    struct mg_loss *losses;      // (batch), of all ranks in the end
    double *waited;              // (ranks), seconds
};

static void
deal(struct mg_training *t, struct work *work, struct mg_update *update)
{
    int count = t->settings.batch;
    work->segments = g_new0(struct mg_segment, count);
    work->losses = g_new0(struct mg_loss, count);
    work->waited = g_new0(double, t->ranks->size);
    mg_batches_get(&t->batches, t->update, work->segments);
    for (int i = 0; i < count; i++)
        update->steps += work->segments[i].steps;
}

static void
finish_work(struct work *work)
{
    g_free(work->waited);
    g_free(work->losses);
    g_free(work->segments);
}

// This rank's slice; the sum over all is kept by the backend.
static int
sum_gradient(struct mg_training *t, struct work *work, const struct mg_update *update,
             GError **error)
{
    struct mg_ranks *ranks = t->ranks;
    int first, own;
    mg_ranks_slice(ranks, t->settings.batch, &first, &own);
    struct mg_batch batch = {
        .segments = work->segments + first,
        .count = own,
        .dropout =
            {
                .rate = (float)t->settings.dropout,
                .seed = t->settings.seed,
                .update = (uint32_t)t->update,
            },
        .scale = 1.0f / (float)update->steps,
    };
    struct mg_gradient_sum sum;
    mg_gradient_sum_begin(&sum, ranks, &t->model->layout);
    // Alone it need not come to the host.
    mg_backend_ready *ready = ranks->size > 1 ? mg_gradient_sum_ready : NULL;
    int status = t->backend->ops->gradient(t->backend, &batch, work->losses + first,
                                           ready, &sum, error);
    if (!status)
        status = mg_gradient_sum_wait(&sum, &work->waited[ranks->rank], error);
    return status;
}

// Losses, seconds and the wish to stop, of all ranks.  A loss is 0 on all ranks but one, so
// that nothing is rounded.
static int
share(struct mg_training *t, struct work *work, struct mg_update *update,
      GError **error)
{
    struct mg_ranks *ranks = t->ranks;
    size_t batch = (size_t)t->settings.batch, size = (size_t)ranks->size;
    size_t count = 2 * batch + size + 1;
    double *all = g_new(double, count);
    memcpy(all, work->losses, batch * sizeof *work->losses);
    memcpy(all + 2 * batch, work->waited, size * sizeof *work->waited);
    all[count - 1] = update->stop;
    int status = ranks->ops->sum(ranks, all, count, error);
    memcpy(work->losses, all, batch * sizeof *work->losses);
    memcpy(work->waited, all + 2 * batch, size * sizeof *work->waited);
    update->stop = all[count - 1] > 0.0;
    g_free(all);
    return status;
}

// Others wait for the slowest rank too; that one waits for the sum alone.
static double
least(const double *seconds, int ranks)
{
    double min = seconds[0];
    for (int i = 1; i < ranks; i++)
        min = fmin(min, seconds[i]);
    return min;
}

int
mg_training_gradient(struct mg_training *t, bool stop, struct mg_update *update,
                     GError **error)
{
    struct work work;
    *update = (struct mg_update){.learning_rate = rate_now(t), .stop = stop};
    deal(t, &work, update);
    int status = sum_gradient(t, &work, update, error);
    if (!status)
        status = share(t, &work, update, error);
    for (int i = 0; !status && i < t->settings.batch; i++) {
        update->loss.play += work.losses[i].play / (double)update->steps;
        update->loss.articulate += work.losses[i].articulate / (double)update->steps;
    }
    update->sum_seconds = -1.0;
    if (t->ranks->size > 1)
        update->sum_seconds = least(work.waited, t->ranks->size);
    finish_work(&work);
    return status;
}

int
mg_training_apply(struct mg_training *t, struct mg_update *update, GError **error)
{
    int status = t->backend->ops->update(t->backend, (float)update->learning_rate,
                                         &update->norm, error);
    t->update += !status;
    return status;
}

int
mg_training_update(struct mg_training *t, struct mg_update *update, GError **error)
{
    int status = mg_training_gradient(t, false, update, error);
    return status ? status : mg_training_apply(t, update, error);
}

// The pieces in order, as many for each rank as have about the same steps.
static struct mg_corpus
own_pieces(const struct mg_ranks *ranks, const struct mg_corpus *corpus)
{
    struct mg_corpus own = *corpus;
    int64_t done = 0;
    own.piece_count = 0;
    for (int i = 0; i < corpus->piece_count; i++) {
        // Whose share the middle of the piece is in.
        int64_t middle = 2 * done + corpus->pieces[i].roll.steps;
        if (middle * ranks->size / (2 * corpus->steps) == ranks->rank &&
            own.piece_count++ == 0)
            own.pieces = corpus->pieces + i;
        done += corpus->pieces[i].roll.steps;
    }
    return own;
}

// The figures of a score that all ranks add to: counts below 2^53, and losses, which stay
// apart so that they are added up in one order.
static int
sum_scores(struct mg_ranks *ranks, bool given_up, struct mg_score *s, GError **error)
{
    enum { COUNTS = 6 };
    size_t size = (size_t)ranks->size, count = COUNTS + 2 * size;
    double *all = g_new0(double, count), *losses = all + COUNTS;
    all[0] = s->pieces;
    all[1] = (double)s->steps;
    all[2] = (double)s->sounding;
    all[3] = (double)s->silent_steps;
    all[4] = (double)s->unscored_cells;
    all[5] = given_up;
    losses[2 * ranks->rank] = s->loss.play;
    losses[2 * ranks->rank + 1] = s->loss.articulate;
    int status = ranks->ops->sum(ranks, all, count, error);
    *s = (struct mg_score){
        .pieces = (int)all[0],
        .steps = (int64_t)all[1],
        .sounding = (int64_t)all[2],
        .silent_steps = (int64_t)all[3],
        .unscored_cells = (int64_t)all[4],
    };
    for (size_t i = 0; i < size; i++) {
        s->loss.play += losses[2 * i];
        s->loss.articulate += losses[2 * i + 1];
    }
    if (all[5] > 0.0)
        *s = (struct mg_score){0};
    g_free(all);
    return status;
}

int
mg_training_score(struct mg_training *t, const volatile sig_atomic_t *stop,
                  struct mg_score *score, GError **error)
{
    struct mg_corpus own = own_pieces(t->ranks, t->held_out);
    int status = 0;
    *score = (struct mg_score){0};
    if (own.piece_count)
        status = t->backend->ops->score(t->backend, &own, stop, score, error);
    bool given_up = own.piece_count && !score->steps;
    return status ? status : sum_scores(t->ranks, given_up, score, error);
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
