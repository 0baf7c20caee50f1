// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The manners the programs share, and the search for files.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "io/program.h"
#include "trainer/files.h"

struct values {
    char *range;
    double number;
    int count;
    int left; // arguments that are no option
};

// Parses a line of words parted by spaces.
static int
parse(const char *line, struct values *values)
{
    *values = (struct values){0};
    const GOptionEntry entries[] = {
        {"transpose", 't', 0, G_OPTION_ARG_STRING, &values->range, "", NULL},
        {"number", 'n', 0, G_OPTION_ARG_DOUBLE, &values->number, "", NULL},
        {"count", 'c', 0, G_OPTION_ARG_INT, &values->count, "", NULL},
        {0},
    };
    char **words = g_strsplit(line, " ", -1);
    char **argv = g_memdup2(words, (g_strv_length(words) + 1) * sizeof *words);
    int argc = (int)g_strv_length(words);
    char **left = argv;
    int status = mg_program_parse(&argc, &left, "mg-test", "FILE", "Tests.", entries);
    values->left = argc - 1;
    assert_null(left[argc]);
    g_free(argv);
    g_strfreev(words);
    return status;
}

static void
options_are_parsed(void **unused)
{
    (void)unused;
    struct values values;
    assert_int_equal(parse("x --transpose -5..6 -n -1.5e2 file", &values),
                     MG_PROGRAM_GO_ON);
    assert_string_equal(values.range, "-5..6");
    assert_true(values.number < -149.9 && values.number > -150.1);
    assert_int_equal(values.left, 1);
    g_free(values.range);
    assert_int_equal(parse("x -c -3 -- -n 4", &values), MG_PROGRAM_GO_ON);
    assert_int_equal(values.count, -3);
    assert_int_equal(values.left, 2);
    assert_int_equal(parse("x", &values), MG_PROGRAM_GO_ON);
    assert_int_equal(values.left, 0);
}

static void
wrong_usage_is_told(void **unused)
{
    (void)unused;
    struct values values;
    assert_int_equal(parse("x --nonsense", &values), MG_PROGRAM_WRONG_USAGE);
    assert_int_equal(parse("x -c three", &values), MG_PROGRAM_WRONG_USAGE);
    assert_int_equal(parse("x -n 1,5", &values), MG_PROGRAM_WRONG_USAGE);
    assert_int_equal(parse("x -c", &values), MG_PROGRAM_WRONG_USAGE);
    assert_int_equal(parse("x --version", &values), MG_PROGRAM_DONE);
    assert_int_equal(parse("x -h", &values), MG_PROGRAM_DONE);
}

static void
put_file(const char *folder, const char *name)
{
    char *path = g_build_filename(folder, name, NULL);
    char *parent = g_path_get_dirname(path);
    assert_int_equal(g_mkdir_with_parents(parent, 0700), 0);
    assert_true(g_file_set_contents(path, "", 0, NULL));
    g_free(parent);
    g_free(path);
}

static void
remove_tree(const char *folder, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *path = g_build_filename(folder, names[i], NULL);
        assert_int_equal(remove(path), 0);
        g_free(path);
    }
    assert_int_equal(g_rmdir(folder), 0);
}

static void
files_are_found_once_and_sorted(void **unused)
{
    (void)unused;
    static const char *const names[] = {"b.mid",   "a/z.MID", "a/b/c.kar", "a.rmi",
                                        "a/n.txt", "d.midi",  ".mid.swp",  "a-.mid",
                                        "a/loop",  "a/b",     "a"};
    enum { FILES = 8 };
    // In byte order within each folder; what is named comes whatever its name.
    static const char *const expected[] = {"a/b/c.kar", "a/z.MID", "a-.mid", "a.rmi",
                                           "b.mid",     "d.midi",  "n.txt"};
    char *folder = g_dir_make_tmp("mg-test-XXXXXX", NULL);
    for (size_t i = 0; i < FILES; i++)
        put_file(folder, names[i]);
    char *loop = g_build_filename(folder, "a", "loop", NULL);
    assert_int_equal(symlink("..", loop), 0);
    char *again = g_build_filename(folder, ".", "b.mid", NULL);
    char *text = g_build_filename(folder, "a", "n.txt", NULL);
    char *arguments[] = {folder, again, text, folder, NULL};
    GPtrArray *found = NULL;
    assert_int_equal(mg_files_find(arguments, &found, NULL), 0);
    assert_int_equal(found->len, G_N_ELEMENTS(expected));
    for (guint i = 0; i < found->len; i++) {
        const struct mg_found *file = g_ptr_array_index(found, i);
        assert_string_equal(file->name, expected[i]);
        assert_int_equal(g_access(file->path, R_OK), 0);
    }
    g_ptr_array_unref(found);
    remove_tree(folder, names, G_N_ELEMENTS(names));
    g_free(again);
    g_free(text);
    g_free(loop);
    g_free(folder);
}

static void
missing_argument_is_named(void **unused)
{
    (void)unused;
    char *arguments[] = {"no-such-thing.mid", NULL};
    GPtrArray *found = NULL;
    GError *error = NULL;
    assert_int_equal(mg_files_find(arguments, &found, &error), -ENOENT);
    assert_null(found);
    assert_true(g_str_has_prefix(error->message, "no-such-thing.mid: "));
    g_clear_error(&error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_parsed),
        cmocka_unit_test(wrong_usage_is_told),
        cmocka_unit_test(files_are_found_once_and_sorted),
        cmocka_unit_test(missing_argument_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
