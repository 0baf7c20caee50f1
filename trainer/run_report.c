// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The report folder; every file in it is replaced whole.
#include "trainer/run_report.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "io/file.h"
#include "io/picture.h"
#include "trainer/sample.h"

enum { SAMPLE_STEPS = 128, SAMPLE_SEED = 1 };

struct row {
    double update;
    double training;
    double play;
    double articulate;
};

struct mg_run_report {
    char *folder;
    GArray *rows; // struct row
};

static int
write_text(const struct mg_run_report *report, const char *name, const GString *text,
           GError **error)
{
    char *path = g_build_filename(report->folder, name, NULL);
    int status = mg_file_write(path, text->str, text->len, error);
    g_free(path);
    return status;
}

static void
describe_corpus(const char *what, const struct mg_corpus *corpus, GString *text)
{
    g_string_append_printf(
        text, "%s\n  pieces %d\n  steps %" G_GINT64_FORMAT "\n  steps per quarter %d\n",
        what, corpus->piece_count, corpus->steps, corpus->steps_per_quarter);
    if (corpus->notes)
        g_string_append_printf(text,
                               "  notes %" G_GINT64_FORMAT
                               "\n  onsets off the grid %" G_GINT64_FORMAT
                               "\n  drum notes left out %" G_GINT64_FORMAT
                               "\n  repaired files %d\n",
                               corpus->notes, corpus->off_grid_onsets,
                               corpus->drum_notes, corpus->repaired_files);
    for (int i = 0; i < corpus->piece_count; i++)
        g_string_append_printf(text, "  %s: %d steps, keys %d to %d\n",
                               corpus->pieces[i].name, corpus->pieces[i].roll.steps,
                               corpus->pieces[i].lowest_key,
                               corpus->pieces[i].highest_key);
    for (int i = 0; i < corpus->skipped_count; i++)
        g_string_append_printf(text, "  skipped: %s\n", corpus->skipped[i].reason);
}

// Takes over what an earlier part of the run wrote.
static void
keep_rows(struct mg_run_report *report, int64_t update)
{
    char *path = g_build_filename(report->folder, "loss.csv", NULL), *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    char **lines = g_strsplit(text ? text : "", "\n", -1);
    for (int i = 0; lines[i]; i++) {
        struct row row;
        if (sscanf(lines[i], "%lf,%lf,%lf,%lf", &row.update, &row.training, &row.play,
                   &row.articulate) == 4 &&
            row.update <= (double)update)
            g_array_append_val(report->rows, row);
    }
    g_strfreev(lines);
    g_free(text);
    g_free(path);
}

struct mg_run_report *
mg_run_report_create(const char *folder, const struct mg_corpus *corpus,
                     const struct mg_corpus *held_out, int64_t update, GError **error)
{
    if (g_mkdir_with_parents(folder, 0755)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", folder,
                    g_strerror(errno));
        return NULL;
    }
    struct mg_run_report *report = g_new0(struct mg_run_report, 1);
    report->folder = g_strdup(folder);
    report->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
    keep_rows(report, update);
    GString *text = g_string_new("");
    describe_corpus("corpus", corpus, text);
    describe_corpus("held out", held_out, text);
    int status = write_text(report, "corpus.txt", text, error);
    g_string_free(text, TRUE);
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
    g_array_unref(report->rows);
    g_free(report->folder);
    g_free(report);
}

static int
write_table(const struct mg_run_report *report, GError **error)
{
    GString *text = g_string_new("update,training,held_out_play,held_out_articulate\n");
    for (guint i = 0; i < report->rows->len; i++) {
        const struct row *row = &g_array_index(report->rows, struct row, i);
        g_string_append_printf(text, "%.0f,%.5f,%.5f,%.5f\n", row->update,
                               row->training, row->play, row->articulate);
    }
    int status = write_text(report, "loss.csv", text, error);
    g_string_free(text, TRUE);
    return status;
}

// Where cairo was left out a report has no pictures, and that is no error.  Takes over
// `drawing`.
static int
without_cairo(int status, GError *drawing, GError **error)
{
    if (status == -ENOTSUP) {
        g_clear_error(&drawing);
        return 0;
    }
    if (drawing)
        g_propagate_error(error, drawing);
    return status;
}

static int
draw_loss(const struct mg_run_report *report, GError **error)
{
    guint count = report->rows->len;
    double *x = g_new(double, 3 * count), *training = x + count,
           *held_out = training + count;
    for (guint i = 0; i < count; i++) {
        const struct row *row = &g_array_index(report->rows, struct row, i);
        x[i] = row->update;
        training[i] = row->training;
        held_out[i] = row->play + row->articulate;
    }
    const struct mg_curve curves[] = {
        {"training, dropout on", x, training, count},
        {"held out", x, held_out, count},
    };
    char *path = g_build_filename(report->folder, "loss.png", NULL);
    GError *drawing = NULL;
    struct mg_chart chart = {curves, 2, "update", "nats a step", NULL, 0, 0};
    int status = mg_picture_chart(&chart, path, &drawing);
    status = without_cairo(status, drawing, error);
    g_free(path);
    g_free(x);
    return status;
}

static int
write_sample(const struct mg_run_report *report, const struct mg_model *model,
             GError **error)
{
    struct mg_smf smf;
    if (mg_sample_draw(model, SAMPLE_SEED, SAMPLE_STEPS, &smf)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
        return -ENOMEM;
    }
    char *midi = g_build_filename(report->folder, "sample.mid", NULL);
    char *picture = g_build_filename(report->folder, "sample.png", NULL);
    int status = mg_smf_save(midi, &smf, error);
    GError *drawing = NULL;
    if (!status)
        status = without_cairo(mg_picture_piano_roll(&smf, picture, &drawing), drawing,
                               error);
    g_free(midi);
    g_free(picture);
    mg_smf_finish(&smf);
    return status;
}

int
mg_run_report_add(struct mg_run_report *report, int64_t update, double training_loss,
                  const struct mg_score *held_out, const struct mg_model *model,
                  GError **error)
{
    double steps = (double)held_out->steps;
    struct row row = {(double)update, training_loss, held_out->loss.play / steps,
                      held_out->loss.articulate / steps};
    g_array_append_val(report->rows, row);
    int status = write_table(report, error);
    if (!status)
        status = draw_loss(report, error);
    if (!status)
        status = write_sample(report, model, error);
    return status;
}
