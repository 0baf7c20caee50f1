// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The report folder; every file in it is replaced whole, the page that names them last.
#include "trainer/run_report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/file.h"
#include "io/picture.h"
#include "trainer/model_reader.h"
#include "trainer/report_page.h"
#include "trainer/sample.h"

enum {
    SAMPLE_SEED = 1, // the same for each: the model alone makes the difference
};

struct mg_run_report {
    struct mg_run_setup setup;
    struct mg_report shown;
};

static char *
path_of(const struct mg_run_report *report, const char *name)
{
    return g_build_filename(report->setup.folder, name, NULL);
}

// Takes the text over.
static int
write_text(const struct mg_run_report *report, const char *name, GString *text,
           GError **error)
{
    char *path = path_of(report, name);
    int status = mg_file_write(path, text->str, text->len, error);
    g_string_free(text, TRUE);
    g_free(path);
    return status;
}

// --- the corpus -------------------------------------------------------------------------

static void
describe_corpus(const char *what, const struct mg_corpus *corpus,
                const struct mg_fact *facts, GString *text)
{
    g_string_append_printf(text, "%s\n", what);
    for (int i = 0; i < MG_CORPUS_FACTS; i++)
        g_string_append_printf(text, "  %s: %s\n", facts[i].name, facts[i].value);
    for (int i = 0; i < corpus->piece_count; i++)
        g_string_append_printf(text, "  %s: %d steps, keys %d to %d\n",
                               corpus->pieces[i].name, corpus->pieces[i].roll.steps,
                               corpus->pieces[i].lowest_key,
                               corpus->pieces[i].highest_key);
    for (int i = 0; i < corpus->skipped_count; i++)
        g_string_append_printf(text, "  skipped: %s\n", corpus->skipped[i].reason);
}

static int
write_corpus(const struct mg_run_report *report, GError **error)
{
    const struct mg_report *shown = &report->shown;
    GString *text = g_string_new("");
    describe_corpus("corpus", shown->corpus, shown->facts, text);
    describe_corpus("held out", shown->held_out, shown->held_out_facts, text);
    return write_text(report, "corpus.txt", text, error);
}

// --- what an earlier part of the run wrote ----------------------------------------------

static void
keep_scores(struct mg_run_report *report)
{
    char *path = path_of(report, "loss.csv"), *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    char **lines = g_strsplit(text ? text : "", "\n", -1);
    for (int i = 0; lines[i]; i++) {
        struct mg_report_score score;
        if (sscanf(lines[i], "%" G_GINT64_FORMAT ",%lf,%lf,%lf", &score.update,
                   &score.training, &score.play, &score.articulate) == 4 &&
            score.update <= report->setup.update)
            g_array_append_val(report->shown.scores, score);
    }
    g_strfreev(lines);
    g_free(text);
    g_free(path);
}

static bool
has_file(const struct mg_run_report *report, int64_t update, const char *ending)
{
    char *name = mg_report_sample_file(update, ending);
    char *path = path_of(report, name);
    bool is_there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    g_free(name);
    return is_there;
}

static void
keep_samples(struct mg_run_report *report)
{
    char *path = path_of(report, "samples.json");
    json_t *table = json_load_file(path, 0, NULL), *object;
    size_t i;
    json_array_foreach(table, i, object)
    {
        struct mg_report_sample sample = {
            .update = json_integer_value(json_object_get(object, "update"))};
        if (sample.update > 0 && sample.update <= report->setup.update &&
            has_file(report, sample.update, ".mid") &&
            mg_appraisal_from_json(object, &sample.appraisal))
            g_array_append_val(report->shown.samples, sample);
    }
    json_decref(table);
    g_free(path);
}

// --- scores -----------------------------------------------------------------------------

static int
write_scores(const struct mg_run_report *report, GError **error)
{
    GString *text = g_string_new("update,training,held_out_play,held_out_articulate\n");
    for (guint i = 0; i < report->shown.scores->len; i++) {
        const struct mg_report_score *score = mg_report_score_at(&report->shown, i);
        g_string_append_printf(text, "%" G_GINT64_FORMAT ",%.7f,%.7f,%.7f\n",
                               score->update, score->training, score->play,
                               score->articulate);
    }
    return write_text(report, "loss.csv", text, error);
}

static int
draw_scores(const struct mg_run_report *report, const char *name, GError **error)
{
    const struct mg_report_score *best = mg_report_best(&report->shown);
    guint count = report->shown.scores->len;
    double *x = g_new(double, 3 * count), *training = x + count,
           *held_out = training + count;
    for (guint i = 0; i < count; i++) {
        x[i] = (double)mg_report_score_at(&report->shown, i)->update;
        training[i] = mg_report_score_at(&report->shown, i)->training;
        held_out[i] = mg_report_nats(mg_report_score_at(&report->shown, i));
    }
    const double ends[] = {count ? x[0] : 0, count ? x[count - 1] : 0};
    const double table[] = {report->shown.table_nats, report->shown.table_nats};
    const struct mg_curve curves[] = {
        {"held out", x, held_out, count},
        {"training, dropout on", x, training, count},
        {"a table of single keys", ends, table, 2},
    };
    struct mg_chart chart = {curves, 3, "updates", "loss, nats a step", NULL, 0, 0};
    char *path = path_of(report, name), mark[80];
    if (best) {
        g_snprintf(mark, sizeof mark, "the best: %.3f at update %" G_GINT64_FORMAT,
                   mg_report_nats(best), best->update);
        chart.mark = mark;
        chart.mark_x = (double)best->update;
        chart.mark_y = mg_report_nats(best);
    }
    int status = mg_picture_chart(&chart, path, error);
    g_free(path);
    g_free(x);
    return status;
}

// --- samples ----------------------------------------------------------------------------

static int
write_samples(const struct mg_run_report *report, GError **error)
{
    json_t *table = json_array();
    for (guint i = 0; i < report->shown.samples->len; i++) {
        const struct mg_report_sample *sample = mg_report_sample_at(&report->shown, i);
        json_t *object = mg_appraisal_to_json(&sample->appraisal);
        json_object_set_new(object, "update", json_integer(sample->update));
        json_array_append_new(table, object);
    }
    char *text = json_dumps(table, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    int status = write_text(report, "samples.json", g_string_new(text), error);
    free(text);
    json_decref(table);
    return status;
}

static int
no_memory(GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
    return -ENOMEM;
}

static int
compose(const struct mg_run_report *report, const struct mg_model *model,
        const char *midi, const char *picture, GError **error)
{
    struct mg_smf smf;
    if (mg_sample_draw(model, SAMPLE_SEED, report->shown.sample_steps, &smf))
        return no_memory(error);
    int status = mg_smf_save(midi, &smf, error);
    if (!status && report->shown.pictures)
        status = mg_picture_piano_roll(&smf, picture, error);
    mg_smf_finish(&smf);
    return status;
}

// Appraises the file as it stands, so that mg-similarity says the same.
static int
appraise(const struct mg_run_report *report, const char *midi,
         struct mg_appraisal *appraisal, GError **error)
{
    const struct mg_report *shown = &report->shown;
    struct mg_piece piece;
    int status = mg_corpus_read_piece(midi, midi, shown->corpus->steps_per_quarter,
                                      &piece, error);
    if (status)
        return status;
    status = mg_appraisal_measure(&piece.roll, shown->corpus, shown->window,
                                  report->setup.threads, appraisal);
    mg_corpus_finish_piece(&piece);
    return status ? no_memory(error) : 0;
}

static gint
by_update(gconstpointer a, gconstpointer b)
{
    const struct mg_report_sample *x = a, *y = b;
    return (x->update > y->update) - (x->update < y->update);
}

static int
add_sample(struct mg_run_report *report, const struct mg_model *model, int64_t update,
           GError **error)
{
    struct mg_report_sample sample = {.update = update};
    char *midi_name = mg_report_sample_file(update, ".mid");
    char *picture_name = mg_report_sample_file(update, ".png");
    char *midi = path_of(report, midi_name), *picture = path_of(report, picture_name);
    int status = compose(report, model, midi, picture, error);
    if (!status)
        status = appraise(report, midi, &sample.appraisal, error);
    if (!status) {
        g_array_append_val(report->shown.samples, sample);
        g_array_sort(report->shown.samples, by_update);
    }
    g_free(midi);
    g_free(picture);
    g_free(midi_name);
    g_free(picture_name);
    return status;
}

// The best model so far as it stands on disk, where that is the one after `update`.
static struct mg_model *
read_best(const struct mg_run_report *report, int64_t update)
{
    struct mg_model *model =
        mg_model_read(mg_ranks_alone(), report->setup.model_path, NULL);
    const char *updates = model ? mg_model_get(model, "updates") : NULL;
    if (updates && g_ascii_strtoll(updates, NULL, 10) == update)
        return model;
    mg_model_destroy(model);
    return NULL;
}

// At most one piece more for each doubling: the best may change with every score.
static int
sample_best(struct mg_run_report *report, GError **error)
{
    const struct mg_report_score *best = mg_report_best(&report->shown);
    if (!best || mg_report_sample_of(&report->shown, best->update))
        return 0;
    guint last = report->shown.scores->len - 1;
    if (best->update == mg_report_score_at(&report->shown, last)->update)
        return add_sample(report, report->setup.model, best->update, error);
    struct mg_model *model = read_best(report, best->update);
    int status = model ? add_sample(report, model, best->update, error) : 0;
    mg_model_destroy(model);
    return status;
}

// A sample is due at the first score and at each doubling of its updates, or as soon after
// as there is a score and the disk takes it.
static bool
is_sample_due(const struct mg_run_report *report, int64_t update)
{
    int64_t milestone = MAX(1, mg_report_score_at(&report->shown, 0)->update);
    while (2 * milestone <= update)
        milestone *= 2;
    for (guint i = 0; i < report->shown.samples->len; i++)
        if (mg_report_sample_at(&report->shown, i)->update >= milestone)
            return false;
    return true;
}

static int
sample_where_due(struct mg_run_report *report, GError **error)
{
    int64_t update =
        mg_report_score_at(&report->shown, report->shown.scores->len - 1)->update;
    bool is_due = is_sample_due(report, update);
    int status = 0;
    if (is_due)
        status = add_sample(report, report->setup.model, update, error);
    if (!status && (is_due || update >= report->setup.updates))
        status = sample_best(report, error);
    return status;
}

// --- the folder -------------------------------------------------------------------------

static int
write_all(const struct mg_run_report *report, GError **error)
{
    int status = write_scores(report, error);
    if (!status)
        status = write_samples(report, error);
    if (!status && report->shown.pictures && report->shown.scores->len)
        status = draw_scores(report, "loss.svg", error);
    if (!status && report->shown.pictures && report->shown.scores->len)
        status = draw_scores(report, "loss.png", error);
    return status ? status
                  : write_text(report, "index.html", mg_report_page(&report->shown),
                               error);
}

struct mg_run_report *
mg_run_report_create(const struct mg_run_setup *setup, GError **error)
{
    if (g_mkdir_with_parents(setup->folder, 0755)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", setup->folder,
                    g_strerror(errno));
        return NULL;
    }
    struct mg_run_report *report = g_new0(struct mg_run_report, 1);
    report->setup = *setup;
    int status = mg_report_init(&report->shown, setup->corpus, setup->held_out,
                                &setup->model->layout.shape, setup->threads);
    if (status) {
        no_memory(error);
    } else {
        report->shown.command = setup->command;
        report->shown.updates = setup->updates;
        report->shown.pictures = mg_picture_check("", NULL) == 0;
        keep_scores(report);
        keep_samples(report);
        status = write_corpus(report, error);
    }
    if (!status)
        status = write_all(report, error);
    if (!status)
        return report;
    mg_run_report_destroy(report);
    return NULL;
}

void
mg_run_report_destroy(struct mg_run_report *report)
{
    if (!report)
        return;
    mg_report_finish(&report->shown);
    g_free(report);
}

int
mg_run_report_add(struct mg_run_report *report, int64_t update, double training,
                  const struct mg_loss *held_out, int64_t steps, GError **error)
{
    GArray *scores = report->shown.scores;
    struct mg_report_score score = {update, training, held_out->play / (double)steps,
                                    held_out->articulate / (double)steps};
    if (scores->len &&
        mg_report_score_at(&report->shown, scores->len - 1)->update == update) {
        // A run that was killed before it kept this score makes it again when it goes on,
        // and has no training loss.
        score.training = mg_report_score_at(&report->shown, scores->len - 1)->training;
        g_array_set_size(scores, scores->len - 1);
    }
    g_array_append_val(scores, score);
    int status = sample_where_due(report, error);
    int page_status = write_all(report, status ? NULL : error);
    return status ? status : page_status;
}

int
mg_run_report_end(struct mg_run_report *report, GError **error)
{
    int status = sample_best(report, error);
    return status ? status : write_all(report, error);
}
