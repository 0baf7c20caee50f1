// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The report of a run whose scores are made up here, and the appraisal of a piece.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "io/file.h"
#include "io/picture.h"
#include "model/model_file.h"
#include "tests/fixture.h"
#include "trainer/report_page.h"
#include "trainer/run_report.h"

// Asked by the leak sanitizer: what fontconfig keeps until the end is not ours.
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

static const struct mg_shape SHAPE = {
    .lowest_note = 40,
    .notes = 30,
    .steps_per_quarter = 2,
    .time_layers = 1,
    .time_units = {6},
    .note_layers = 1,
    .note_units = {5},
};

struct fixture {
    struct mg_corpus corpus;
    struct mg_corpus held_out;
    struct mg_model *model;
    char *folder;
    char *model_path;
    struct mg_run_setup setup;
};

static int
set_up(void **state)
{
    struct fixture *f = g_new0(struct fixture, 1);
    mg_fixture_corpus(&f->corpus, 9, 50, 12, 1);
    mg_fixture_corpus(&f->held_out, 5, 50, 12, 2);
    for (int i = 0; i < f->corpus.piece_count; i++)
        f->corpus.pieces[i].name = g_strdup("<a> & \xff");
    f->model = mg_fixture_model(&SHAPE, 1);
    f->folder = g_dir_make_tmp("musicguru-XXXXXX", NULL);
    f->model_path = g_build_filename(f->folder, "model.safetensors", NULL);
    f->setup = (struct mg_run_setup){
        .folder = f->folder,
        .command = "mg-train '<b>'",
        .model_path = f->model_path,
        .model = f->model,
        .corpus = &f->corpus,
        .held_out = &f->held_out,
        .updates = 1000,
        .threads = 2,
    };
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    struct fixture *f = *state;
    GDir *folder = g_dir_open(f->folder, 0, NULL);
    for (const char *name; (name = g_dir_read_name(folder));) {
        char *path = g_build_filename(f->folder, name, NULL);
        g_unlink(path);
        g_free(path);
    }
    g_dir_close(folder);
    int status = g_rmdir(f->folder);
    mg_model_destroy(f->model);
    mg_corpus_finish(&f->corpus);
    mg_corpus_finish(&f->held_out);
    g_free(f->model_path);
    g_free(f->folder);
    g_free(f);
    return status;
}

static void
add(struct mg_run_report *report, int64_t update, double nats)
{
    struct mg_loss loss = {.play = 8 * nats, .articulate = 2 * nats};
    GError *error = NULL;
    assert_int_equal(mg_run_report_add(report, update, nats + 1, &loss, 10, &error), 0);
    assert_null(error);
}

// A file of the folder, or NULL.  The caller frees it.
static char *
text_of(const struct fixture *f, const char *name)
{
    char *path = g_build_filename(f->folder, name, NULL), *text = NULL;
    g_file_get_contents(path, &text, NULL, NULL);
    g_free(path);
    return text;
}

static void
assert_file(const struct fixture *f, const char *name, bool is_there)
{
    char *text = text_of(f, name);
    assert_int_equal(text != NULL, is_there);
    g_free(text);
}

static bool
same_files(const struct fixture *f, const char *a, const char *b)
{
    char *path_a = g_build_filename(f->folder, a, NULL);
    char *path_b = g_build_filename(f->folder, b, NULL);
    GBytes *bytes_a = mg_file_read(path_a, 1 << 20, NULL);
    GBytes *bytes_b = mg_file_read(path_b, 1 << 20, NULL);
    assert_true(bytes_a && bytes_b);
    bool same = g_bytes_equal(bytes_a, bytes_b);
    g_bytes_unref(bytes_a);
    g_bytes_unref(bytes_b);
    g_free(path_a);
    g_free(path_b);
    return same;
}

static void
assert_in_page(const struct fixture *f, const char *wanted)
{
    char *page = text_of(f, "index.html");
    assert_non_null(page);
    if (!strstr(page, wanted))
        fail_msg("no \"%s\" in the page", wanted);
    g_free(page);
}

// Saves a model as the best one after an update, and goes on with other weights.
static void
save_best(struct fixture *f, const char *updates)
{
    mg_model_set(f->model, "updates", updates);
    assert_int_equal(
        mg_file_write_bytes(f->model_path, mg_model_encode(f->model), NULL), 0);
    mg_model_randomize(f->model, 7);
}

static void
the_best_is_sampled_from_its_file(void **state)
{
    struct fixture *f = *state;
    struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
    assert_non_null(report);
    assert_in_page(f, "There is no score yet.");
    add(report, 3, 10);
    assert_file(f, "update-3.mid", true);
    add(report, 5, 8);
    assert_file(f, "update-5.mid", false);
    save_best(f, "5");
    add(report, 6, 9);
    assert_file(f, "update-5.mid", true);
    assert_true(same_files(f, "update-3.mid", "update-5.mid")); // the same weights
    assert_false(same_files(f, "update-3.mid", "update-6.mid"));
    assert_in_page(f, "class=\"best\"><td>update 5, the best</td><td>8.000</td>");
    assert_in_page(f, "The score after that was no better: 9.000 at update 6.");
    mg_run_report_destroy(report);
}

static void
a_best_that_is_gone_is_not_sampled(void **state)
{
    struct fixture *f = *state;
    struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
    add(report, 3, 10);
    add(report, 4, 8);
    save_best(f, "3"); // of another update
    add(report, 5, 9);
    assert_int_equal(mg_run_report_end(report, NULL), 0);
    assert_file(f, "update-4.mid", false);
    g_unlink(f->model_path);
    assert_int_equal(mg_run_report_end(report, NULL), 0);
    assert_file(f, "update-4.mid", false);
    assert_in_page(f, "is 8.000 at the best, <b>update 4</b>");
    mg_run_report_destroy(report);
}

static void
milestones_double(void **state)
{
    struct fixture *f = *state;
    struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
    save_best(f, "10");
    for (int update = 10; update <= 170; update += 10)
        add(report, update, update); // the first is the best
    static const int wanted[] = {10, 20, 40, 80, 160};
    for (int update = 10, k = 0; update <= 170; update += 10) {
        char *name = mg_report_sample_file(update, ".mid");
        bool due = k < (int)G_N_ELEMENTS(wanted) && wanted[k] == update;
        assert_file(f, name, due);
        k += due;
        g_free(name);
    }
    mg_run_report_destroy(report);
}

static void
a_resumed_run_forgets_what_came_later(void **state)
{
    struct fixture *f = *state;
    struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
    add(report, 3, 10);
    add(report, 6, 9);
    add(report, 9, 8);
    mg_run_report_destroy(report);
    f->setup.update = 6;
    report = mg_run_report_create(&f->setup, NULL);
    char *table = text_of(f, "loss.csv");
    assert_non_null(strstr(table, "\n6,10.0000000,7.2000000,1.8000000\n"));
    assert_null(strstr(table, "\n9,"));
    g_free(table);
    assert_in_page(f, "<td>update 6, the best</td>");
    mg_run_report_destroy(report);
}

static void
a_damaged_folder_is_begun_anew(void **state)
{
    struct fixture *f = *state;
    static const char *const tables[] = {
        "", "[1, {\"update\": \"3\"}, {\"update\": 3}]", "{\"update\": 3}", "[{"};
    f->setup.update = 9;
    for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
        char *samples = g_build_filename(f->folder, "samples.json", NULL);
        char *midi = g_build_filename(f->folder, "update-3.mid", NULL);
        assert_true(g_file_set_contents(samples, tables[i], -1, NULL));
        assert_true(g_file_set_contents(midi, "", 0, NULL));
        struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
        assert_non_null(report);
        char *text = text_of(f, "samples.json");
        assert_string_equal(text, "[]");
        g_free(text);
        g_free(samples);
        g_free(midi);
        mg_run_report_destroy(report);
    }
}

// The page takes a model's silence, a corpus of short pieces and names of any bytes.
static void
a_silent_model_is_shown(void **state)
{
    struct fixture *f = *state;
    f->model->weights[f->model->layout.out_bias] = -1000;
    memset(f->model->weights + f->model->layout.out_weight, 0, 5 * sizeof(float));
    struct mg_run_report *report = mg_run_report_create(&f->setup, NULL);
    add(report, 1, 5);
    assert_in_page(f, "is silent in 100.0 %");
    assert_in_page(f, "No passage of it stands in the corpus.");
    assert_in_page(f, "mg-train &apos;&lt;b&gt;&apos;");
    GError *none = NULL;
    bool pictures = mg_picture_check("", &none) == 0;
    g_clear_error(&none);
    assert_file(f, "update-1.png", pictures);
    assert_file(f, "loss.svg", pictures);
    mg_run_report_destroy(report);
}

static void
a_piece_of_the_corpus_is_all_copied(void **state)
{
    struct fixture *f = *state;
    const struct mg_roll *roll = &f->corpus.pieces[8].roll;
    struct mg_appraisal a, b;
    int window = mg_appraisal_window(&f->corpus);
    assert_int_equal(window, 32); // of 5, 18, .., 57, .., 109 steps
    assert_int_equal(mg_appraisal_measure(roll, &f->corpus, window, 1, &a), 0);
    assert_true(fabs(a.likeness - 1) < 1e-12);
    assert_true(a.copied_steps > roll->steps / 2.0);
    assert_string_equal(a.original, "<a> & \xef\xbf\xbd");

    json_t *object = mg_appraisal_to_json(&a);
    assert_true(mg_appraisal_from_json(object, &b));
    assert_true(b.copied_steps == a.copied_steps && b.repeated == a.repeated);
    assert_string_equal(b.original, a.original);
    json_object_del(object, "repeated");
    mg_appraisal_finish(&b);
    assert_false(mg_appraisal_from_json(object, &b));
    json_decref(object);
    mg_appraisal_finish(&a);
}

static void
the_median_is_of_each_figure(void **unused)
{
    (void)unused;
    const struct mg_appraisal four[] = {{.likeness = 4, .silence = 1},
                                        {.likeness = 1, .silence = 2},
                                        {.likeness = 9, .silence = 3},
                                        {.likeness = 2, .silence = 4}};
    struct mg_appraisal median = mg_appraisal_median(four, 4);
    assert_true(median.likeness == 3 && median.silence == 2.5);
    median = mg_appraisal_median(four, 3);
    assert_true(median.likeness == 4 && median.silence == 2);
}

int
main(void)
{
#define WITH_RUN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_RUN(the_best_is_sampled_from_its_file),
        WITH_RUN(a_best_that_is_gone_is_not_sampled),
        WITH_RUN(milestones_double),
        WITH_RUN(a_resumed_run_forgets_what_came_later),
        WITH_RUN(a_damaged_folder_is_begun_anew),
        WITH_RUN(a_silent_model_is_shown),
        WITH_RUN(a_piece_of_the_corpus_is_all_copied),
        cmocka_unit_test(the_median_is_of_each_figure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
