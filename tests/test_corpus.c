// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Corpora: small files made here; and, where the music data is at hand (MG_DATA, or
// ../shared/data), every piece of it: the state matrix written and read again, and the
// benchmark sets against their .roll files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/smf.h"
#include "tests/fixture.h"
#include "trainer/corpus.h"
#include "trainer/files.h"

enum { TICKS = 480, STEPS_PER_QUARTER = 4, STEP_TICKS = TICKS / STEPS_PER_QUARTER };

static char *folder; // of the test's own files

// Writes a roll as notes, step by step on the grid.
static void
save_roll(const struct mg_roll *roll, const char *path)
{
    GArray *notes = g_array_new(FALSE, TRUE, sizeof(struct mg_smf_note));
    for (int n = 0; n < roll->notes; n++)
        for (int onset = 0, end; mg_roll_next_note(roll, n, &onset, &end);
             onset = end) {
            struct mg_smf_note note = {
                .onset_ticks = onset * STEP_TICKS,
                .end_ticks = end * STEP_TICKS,
                .key = (uint8_t)(roll->lowest_note + n),
                .velocity = 80,
            };
            g_array_append_val(notes, note);
        }
    struct mg_smf smf = {
        .ticks_per_quarter = TICKS,
        .end_ticks = roll->steps * STEP_TICKS,
        .notes = (struct mg_smf_note *)(void *)notes->data,
        .note_count = (int)notes->len,
    };
    assert_int_equal(mg_smf_save(path, &smf, NULL), 0);
    g_array_unref(notes);
}

static void
assert_same_after_file(const struct mg_roll *roll)
{
    char *path = g_build_filename(folder, "again.mid", NULL);
    struct mg_piece piece;
    save_roll(roll, path);
    assert_int_equal(
        mg_corpus_read_piece(path, "again", STEPS_PER_QUARTER, &piece, NULL), 0);
    assert_int_equal(piece.roll.steps, roll->steps);
    for (int t = 0; t < roll->steps; t++)
        assert_memory_equal(mg_roll_row(&piece.roll, t) + roll->lowest_note,
                            mg_roll_row(roll, t), (size_t)roll->notes);
    assert_int_equal(piece.off_grid_onsets, 0);
    mg_corpus_finish_piece(&piece);
    assert_int_equal(g_remove(path), 0);
    g_free(path);
}

static void
a_written_roll_comes_back(void **unused)
{
    (void)unused;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct mg_roll roll;
        mg_fixture_roll(&roll, 0, 128, 40 + (int)seed, seed);
        assert_same_after_file(&roll);
        mg_roll_finish(&roll);
    }
}

static void
a_piece_knows_each_of_its_metres_once(void **unused)
{
    (void)unused;
    struct mg_smf_note note = {.end_ticks = TICKS, .key = 60, .velocity = 80};
    struct mg_smf_metre metres[] = {{0, 3, 4}, {TICKS, 6, 8}, {2 * TICKS, 3, 4}};
    struct mg_smf smf = {
        .ticks_per_quarter = TICKS,
        .end_ticks = 4 * TICKS,
        .notes = &note,
        .note_count = 1,
        .metres = metres,
        .metre_count = 3,
    };
    char *path = g_build_filename(folder, "metres.mid", NULL);
    assert_int_equal(mg_smf_save(path, &smf, NULL), 0);
    struct mg_piece piece;
    assert_int_equal(mg_corpus_read_piece(path, "metres", 2, &piece, NULL), 0);
    assert_int_equal(piece.metre_count, 2);
    assert_memory_equal(piece.metres, ((struct mg_piece_metre[]){{3, 4}, {6, 8}}),
                        2 * sizeof(struct mg_piece_metre));
    mg_corpus_finish_piece(&piece);
    assert_int_equal(g_remove(path), 0);
    g_free(path);
}

static void
a_corpus_counts_and_skips(void **unused)
{
    (void)unused;
    char *inside = g_build_filename(folder, "corpus", NULL);
    char *good = g_build_filename(inside, "good.mid", NULL);
    char *bad = g_build_filename(inside, "bad.mid", NULL);
    char *silent = g_build_filename(inside, "silent.mid", NULL);
    assert_int_equal(g_mkdir(inside, 0755), 0);
    struct mg_roll roll;
    mg_fixture_roll(&roll, 60, 5, 30, 1);
    save_roll(&roll, good);
    int sounding = 0;
    for (int i = 0; i < 5 * 30; i++)
        sounding += roll.cells[i] & MG_CELL_PLAY;
    memset(roll.cells, 0, 5 * 30);
    save_roll(&roll, silent);
    assert_true(g_file_set_contents(bad, "nonsense", -1, NULL));

    struct mg_corpus corpus;
    char *paths[] = {inside, NULL};
    assert_int_equal(mg_corpus_load(&corpus, paths, STEPS_PER_QUARTER, NULL), 0);
    assert_int_equal(corpus.piece_count, 1);
    assert_int_equal(corpus.steps, 30);
    assert_int_equal(corpus.sounding, sounding);
    assert_int_equal(corpus.skipped_count, 2);
    for (int i = 0; i < 2; i++)
        assert_true(g_str_has_prefix(corpus.skipped[i].reason, inside));
    assert_true(corpus.pieces[0].lowest_key >= 60 &&
                corpus.pieces[0].highest_key <= 64);
    mg_corpus_finish(&corpus);

    char *missing[] = {"/nowhere/at/all", NULL};
    GError *error = NULL;
    assert_int_not_equal(mg_corpus_load(&corpus, missing, 2, &error), 0);
    assert_non_null(strstr(error->message, "/nowhere/at/all"));
    g_clear_error(&error);
    mg_corpus_finish(&corpus);

    mg_roll_finish(&roll);
    g_remove(good);
    g_remove(bad);
    g_remove(silent);
    g_rmdir(inside);
    g_free(good);
    g_free(bad);
    g_free(silent);
    g_free(inside);
}

static char *
data_folder(void)
{
    const char *given = g_getenv("MG_DATA");
    char *path = g_strdup(given ? given : "../shared/data");
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return path;
    g_free(path);
    print_message("no music data: set MG_DATA to its folder\n");
    skip();
    return NULL;
}

static void
every_piece_comes_back(void **unused)
{
    (void)unused;
    char *data = data_folder();
    char *paths[] = {data, NULL};
    struct mg_corpus corpus;
    assert_int_equal(mg_corpus_load(&corpus, paths, STEPS_PER_QUARTER, NULL), 0);
    for (int i = 0; i < corpus.piece_count; i++)
        assert_same_after_file(&corpus.pieces[i].roll);
    print_message("%d pieces came back, %d skipped\n", corpus.piece_count,
                  corpus.skipped_count);
    for (int i = 0; i < corpus.skipped_count; i++) {
        print_message("skipped: %s\n", corpus.skipped[i].reason);
        assert_non_null(strstr(corpus.skipped[i].reason, "the same music as"));
    }
    assert_true(corpus.piece_count > 0);
    mg_corpus_finish(&corpus);
    g_free(data);
}

// One line of a .roll file ("48 52 55" or "-") against one row.
static void
assert_row(const char *line, const uint8_t *row)
{
    uint8_t expected[128] = {0};
    const char *at = line;
    for (char *end; *at && *at != '-'; at = end) {
        long key = strtol(at, &end, 10);
        if (end == at)
            break;
        expected[key] = 1;
    }
    for (int key = 0; key < 128; key++)
        assert_int_equal(row[key] & MG_CELL_PLAY, expected[key]);
}

// SPLIT.roll against SPLIT/SET_SPLIT_NNN.mid.  Returns the number of pieces.
static int
check_split(const char *data, const char *set, const char *split, int steps_per_quarter)
{
    char *roll_path = g_strdup_printf("%s/%s/%s.roll", data, set, split);
    FILE *file = fopen(roll_path, "r");
    assert_non_null(file);
    char line[512];
    int piece_number, steps, pieces = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "piece %d %d", &piece_number, &steps) != 2)
            continue;
        char *path = g_strdup_printf("%s/%s/%s/%s_%s_%03d.mid", data, set, split, set,
                                     split, piece_number);
        struct mg_piece piece;
        assert_int_equal(
            mg_corpus_read_piece(path, "", steps_per_quarter, &piece, NULL), 0);
        assert_int_equal(piece.roll.steps, steps);
        for (int t = 0; t < steps; t++) {
            assert_non_null(fgets(line, sizeof line, file));
            assert_row(line, mg_roll_row(&piece.roll, t));
        }
        mg_corpus_finish_piece(&piece);
        g_free(path);
        pieces++;
    }
    fclose(file);
    g_free(roll_path);
    return pieces;
}

static void
benchmark_sets_are_exact(void **unused)
{
    (void)unused;
    static const char *const sets[] = {"jsb", "nottingham", "musedata", "piano-midi"};
    static const char *const splits[] = {"train", "valid", "test"};
    char *data = data_folder();
    int pieces = 0;
    for (size_t s = 0; s < 4; s++)
        for (size_t p = 0; p < 3; p++)
            pieces += check_split(data, sets[s], splits[p], s == 0 ? 1 : 2);
    assert_int_equal(pieces, 2326);
    g_free(data);
}

static int
make_folder(void **unused)
{
    (void)unused;
    folder = g_dir_make_tmp("mg-corpus-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int
remove_folder(void **unused)
{
    (void)unused;
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_roll_comes_back),
        cmocka_unit_test(a_piece_knows_each_of_its_metres_once),
        cmocka_unit_test(a_corpus_counts_and_skips),
        cmocka_unit_test(every_piece_comes_back),
        cmocka_unit_test(benchmark_sets_are_exact),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
