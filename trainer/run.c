// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The course of a run.
#include "trainer/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "trainer/accord.h"
#include "trainer/gradient_sum.h"
#include "trainer/model_card.h"

static void
describe_best(const struct mg_run *run)
{
    mg_model_card_write(&run->training.best, run->command, &run->corpus, &run->held_out,
                        run->options->metadata);
}

static void
print_score(struct mg_run *run, const struct mg_score *score, bool is_best)
{
    double steps = (double)score->steps;
    mg_progress_say(&run->line,
                    "update %" G_GINT64_FORMAT
                    ": held out %.4f nats a step (play %.4f, articulate %.4f)%s\n",
                    run->training.update, mg_score_nats(score),
                    score->loss.play / steps, score->loss.articulate / steps,
                    is_best ? ", the best" : "");
}

// What the ranks do together.  *score: of no steps where they were told to stop.
static int
score_together(struct mg_run *run, struct mg_score *score, GError **error)
{
    struct mg_training *t = &run->training;
    int status = mg_training_score(t, run->stop_signal, score, error);
    if (status || !score->steps)
        return status;
    status = mg_training_store(t, error);
    return status ? status : mg_accord_weights(run->ranks, t->model, error);
}

// Scores the held-out pieces and keeps the state, unless it is lost.  Told to stop it gives
// the score up; it is due again when the run goes on.
static int
score_and_keep(struct mg_run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_score score;
    mg_rescue_open(&run->rescue, MG_RESCUE_SCORE);
    int status = score_together(run, &score, error);
    mg_rescue_close(&run->rescue);
    if (status)
        return status;
    if (!score.steps) {
        run->must_stop = true;
        return 0;
    }
    double nats = mg_score_nats(&score), best_nats = mg_score_nats(&t->best.score);
    bool is_best = nats < best_nats;
    print_score(run, &score, is_best);
    run->is_lost = mg_watch_score(nats, best_nats);
    if (run->is_lost)
        return 0;
    run->line.held_out = nats;
    t->scored = t->update;
    t->best.scores_since++;
    if (is_best) {
        t->best.score = score;
        t->best.update = t->update;
        t->best.scores_since = 0;
        memcpy(t->best.model->weights, t->model->weights,
               t->model->layout.parameters * sizeof(float));
        describe_best(run);
    }
    mg_run_files_score(&run->files, &score, is_best);
    mg_run_files_keep(&run->files);
    return 0;
}

static int
update_once(struct mg_run *run, GError **error)
{
    struct mg_training *t = &run->training;
    struct mg_update update;
    gint64 began_us = g_get_monotonic_time();
    mg_rescue_open(&run->rescue, MG_RESCUE_UPDATE);
    int status = mg_training_gradient(t, *run->stop_signal != 0, &update, error);
    mg_rescue_close(&run->rescue);
    if (!status)
        status = mg_training_apply(t, &update, error);
    if (status)
        return status;
    double seconds = 1e-6 * (double)(g_get_monotonic_time() - began_us);
    run->must_stop = update.stop;
    run->update_seconds += seconds;
    run->sum_seconds += update.sum_seconds;
    run->updates_timed++;
    double loss = update.loss.play + update.loss.articulate;
    run->is_lost = mg_watch_update(&t->watch, loss, update.norm);
    mg_run_files_update(&run->files, &update, seconds);
    mg_progress_show(&run->line, t->update, &update, t->watch.mean);
    return 0;
}

// A loss that is no number or has exploded: back to the last state kept, at half the rate.
static int
roll_back(struct mg_run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t from = t->update;
    run->is_lost = false;
    if (t->watch.rollbacks >= MG_WATCH_ROLLBACKS_MAX) {
        if (run->ranks->rank)
            return -ECANCELED;
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "the loss is lost again after update %" G_GINT64_FORMAT
                    ", at 1/%d of the rate: try a smaller --learning-rate",
                    from, 1 << MG_WATCH_ROLLBACKS_MAX);
        return -EDOM;
    }
    int status = mg_keeper_roll_back(&run->files.keeper, t, error);
    if (status)
        return status;
    mg_progress_say(
        &run->line,
        "update %" G_GINT64_FORMAT
        ": the loss is not finite or has exploded; back to update %" G_GINT64_FORMAT
        ", at 1/%.0f of the rate\n",
        from, t->update, 1.0 / mg_watch_rate_share(&t->watch));
    mg_run_files_keep(&run->files);
    mg_run_files_roll_back(&run->files, from);
    return 0;
}

// No better score for so long that none is to be expected.
static bool
is_exhausted(const struct mg_run *run)
{
    int patience = run->options->patience;
    return patience && run->training.best.scores_since >= patience;
}

// Time for a score.  A state in doubt is not to be kept: it waits for the next time.
static bool
is_due(const struct mg_run *run)
{
    const struct mg_training *t = &run->training;
    if (t->update == t->scored)
        return false;
    return t->update == run->settings.updates ||
           (t->update % run->options->checkpoint_every == 0 && !t->watch.doubtful);
}

// Told to stop, all ranks after the same update.
static bool
must_stop(const struct mg_run *run)
{
    return run->must_stop || (run->ranks->size == 1 && *run->stop_signal);
}

// Keeps the last state, and says how to go on from it.
static void
keep_last(struct mg_run *run)
{
    mg_run_files_keep(&run->files);
    if (!run->files.failed[MG_RUN_FILE_CHECKPOINT])
        mg_progress_say(&run->line,
                        "stopped after update %" G_GINT64_FORMAT
                        "; go on with --resume %s\n",
                        run->training.update, run->files.keeper.checkpoint_path);
}

// The others do not answer: keeps the state before the update in hand.
static void
save(struct mg_run *run)
{
    if (run->training.watch.doubtful)
        mg_progress_say(&run->line, "go on with --resume %s\n",
                        run->files.keeper.checkpoint_path);
    else
        keep_last(run);
}

static void
save_and_abort(void *context)
{
    enum { KILLED_WITHIN_SECONDS = 3 };
    struct mg_run *run = context;
    mg_progress_say(&run->line, "mg-train: %s: the update in hand is given up\n",
                    *run->stop_signal
                        ? "told to stop, and another rank has ended or is slow"
                        : "another rank does not answer (--lost-after)");
    save(run);
    fflush(run->say);
    if (*run->stop_signal && run->ranks->rank == 0)
        sleep(KILLED_WITHIN_SECONDS); // by the launcher, in fewer words than MPI's
    run->ranks->ops->abort(run->ranks);
}

static void
begin_rescue(struct mg_run *run)
{
    run->rescue = (struct mg_rescue){
        .signal = run->stop_signal,
        .ranks = run->ranks,
        .save = run->training.backend->ops->on_host ? save_and_abort : NULL,
        .context = run,
        // Rank 0 is to be the first, and saves.
        .patience_seconds = run->options->lost_after * (run->ranks->rank ? 2 : 1),
    };
    if (run->ranks->size > 1)
        mg_rescue_begin(&run->rescue);
}

static int
train(struct mg_run *run, GError **error)
{
    struct mg_training *t = &run->training;
    int64_t last = run->settings.updates;
    int status = 0;
    while (!status && !must_stop(run) &&
           (is_due(run) || (t->update < last && !is_exhausted(run)))) {
        status = is_due(run) ? score_and_keep(run, error) : update_once(run, error);
        if (!status && run->is_lost)
            status = roll_back(run, error);
    }
    mg_progress_clear(&run->line);
    return status;
}

// Says why it ended before the last update, if it did.
static int
stop(struct mg_run *run, GError **error)
{
    struct mg_training *t = &run->training;
    if (!must_stop(run)) {
        if (t->update < run->settings.updates)
            mg_progress_say(&run->line,
                            "ended after update %" G_GINT64_FORMAT
                            ": no better score in %d (--patience)\n",
                            t->update, run->options->patience);
        return 0;
    }
    int status = t->watch.doubtful ? roll_back(run, error) : 0;
    if (!status)
        keep_last(run);
    return status;
}

static void
begin_progress(struct mg_run *run)
{
    mg_progress_begin(&run->line, run->say, run->settings.updates,
                      run->settings.shape.notes);
    if (run->training.best.score.steps)
        run->line.held_out = mg_score_nats(&run->training.best.score);
}

// How many share the training, and what their sum costs by itself.
static void
print_ranks(const struct mg_run *run)
{
    const struct mg_ranks *ranks = run->ranks;
    const struct mg_layout *layout = &run->training.model->layout;
    if (ranks->size == 1)
        return;
    fprintf(
        run->say,
        "ranks: %d on %d host%s, %d thread%s each; the sum of the gradient, %.2f MB, "
        "takes %.2f ms by itself\n",
        ranks->size, ranks->hosts, ranks->hosts > 1 ? "s" : "", run->backend.threads,
        run->backend.threads > 1 ? "s" : "",
        1e-6 * (double)(layout->parameters * sizeof(float)),
        1e3 * mg_gradient_sum_measure(run->ranks, layout));
    fprintf(run->say, "should a rank die, go on with --resume %s\n",
            run->files.keeper.checkpoint_path);
}

// What was left of that cost.
static void
print_sums(const struct mg_run *run)
{
    double updates = (double)run->updates_timed;
    if (run->ranks->size == 1 || !run->updates_timed)
        return;
    mg_progress_say(
        &run->line,
        "an update took %.2f ms, of which %.2f ms waited for the sum of the "
        "gradient\n",
        1e3 * run->update_seconds / updates, 1e3 * run->sum_seconds / updates);
}

int
mg_run_train(struct mg_run *run, GError **error)
{
    if (run->training.best.score.steps)
        describe_best(run); // it was resumed, by another command
    // Fails now rather than at night.
    int status = mg_keeper_keep(&run->files.keeper, &run->training, error);
    status = mg_ranks_agree(run->ranks, status, error);
    if (!status)
        status = mg_accord_weights(run->ranks, run->training.model, error);
    if (status)
        return status;
    print_ranks(run);
    begin_progress(run);
    run->is_under_way = true;
    begin_rescue(run);
    status = train(run, error);
    if (!status)
        status = stop(run, error);
    if (status == -EINTR)
        save_and_abort(run);
    else if (status == -ECONNRESET && run->ranks->rank == 0)
        save(run);
    mg_rescue_end(&run->rescue);
    if (!status || status == -EDOM || status == -ECANCELED || status == -ESTALE)
        run->is_under_way = false; // the others have come here, too
    print_sums(run);
    return status ? status : mg_run_files_end(&run->files, error);
}
