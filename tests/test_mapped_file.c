// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The file that outlives its process: what is kept, what is refused, and that no file
// that somebody put there does harm.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/mapped_file.h"

enum { BYTES = 300 };

// The user's runtime folder, new for each test.
static char *folder;

static int
make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("musicguru-XXXXXX", NULL);
    return g_setenv("XDG_RUNTIME_DIR", folder, TRUE) ? 0 : -1;
}

static int
remove_folder(void **state)
{
    (void)state;
    const char *const inner[] = {"a.notes", "plain", "link", "pipe", NULL};
    for (const char *const *name = inner; *name; name++) {
        g_autofree char *path = g_build_filename(folder, "musicguru", *name, NULL);
        g_remove(path);
    }
    g_autofree char *below = g_build_filename(folder, "musicguru", NULL);
    g_rmdir(below);
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

static char *
path_of(const char *name)
{
    g_autoptr(GError) error = NULL;
    char *path = mg_mapped_file_path(name, "notes", &error);
    assert_non_null(path);
    return path;
}

static void
refused(const char *path, const char *why)
{
    g_autoptr(GError) error = NULL;
    assert_null(mg_mapped_file_open(path, BYTES, &error));
    assert_non_null(strstr(error->message, why));
    assert_null(strchr(error->message, '\n'));
}

static void
test_path(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autofree char *plain = path_of("musicguru-01");
    g_autofree char *expected =
        g_build_filename(folder, "musicguru", "musicguru-01.notes", NULL);
    assert_string_equal(plain, expected);
    g_autofree char *odd = path_of("../a b/\n");
    g_autofree char *other = path_of("../a_b/\n");
    assert_string_not_equal(odd, other);
    g_autofree char *parent = g_path_get_dirname(odd);
    g_autofree char *expected_parent = g_path_get_dirname(plain);
    assert_string_equal(parent, expected_parent);
    assert_null(strchr(odd, '\n'));
    g_unsetenv("XDG_RUNTIME_DIR");
    assert_null(mg_mapped_file_path("a", "notes", &error));
    assert_non_null(strstr(error->message, "XDG_RUNTIME_DIR"));
}

static void
test_contents_stay(void **state)
{
    (void)state;
    g_autofree char *path = path_of("a");
    uint8_t *memory = mg_mapped_file_open(path, BYTES, NULL);
    assert_non_null(memory);
    struct stat status;
    assert_int_equal(g_stat(path, &status), 0);
    assert_int_equal(status.st_size, BYTES);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_true(status.st_blocks > 0); // not a hole
    for (int i = 0; i < BYTES; i++)
        assert_int_equal(memory[i], 0);
    memory[0] = 17;
    memory[BYTES - 1] = 18;
    mg_mapped_file_close(memory, BYTES);
    memory = mg_mapped_file_open(path, BYTES, NULL);
    assert_int_equal(memory[0], 17);
    assert_int_equal(memory[BYTES - 1], 18);
    mg_mapped_file_close(memory, BYTES);
    mg_mapped_file_close(NULL, BYTES);
}

// What a child wrote before it was killed.
static void
test_killed(void **state)
{
    (void)state;
    g_autofree char *path = path_of("a");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        uint8_t *memory = mg_mapped_file_open(path, BYTES, NULL);
        memory[BYTES / 2] = 19;
        if (write(ends[1], "", 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    refused(path, "another process uses it");
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    uint8_t *memory = mg_mapped_file_open(path, BYTES, NULL);
    assert_non_null(memory);
    assert_int_equal(memory[BYTES / 2], 19);
    refused(path, "another process uses it"); // not twice in one process either
    mg_mapped_file_close(memory, BYTES);
    close(ends[0]);
    close(ends[1]);
}

// A file of another size is not ours, or of another version.
static void
test_other_sizes(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0, 1, BYTES - 1, BYTES + 1, 100000};
    g_autofree char *path = path_of("a");
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autofree char *bytes = g_malloc(SIZES[i] + 1);
        memset(bytes, 'x', SIZES[i] + 1);
        assert_true(g_file_set_contents(path, bytes, (gssize)SIZES[i], NULL));
        uint8_t *memory = mg_mapped_file_open(path, BYTES, NULL);
        assert_non_null(memory);
        for (int k = 0; k < BYTES; k++)
            assert_int_equal(memory[k], 0);
        struct stat status;
        assert_int_equal(g_stat(path, &status), 0);
        assert_int_equal(status.st_size, BYTES);
        mg_mapped_file_close(memory, BYTES);
    }
}

static void
test_no_file(void **state)
{
    (void)state;
    g_autofree char *inside = path_of("a");
    g_autofree char *below = g_path_get_dirname(inside);
    g_autofree char *plain = g_build_filename(below, "plain", NULL);
    g_autofree char *link = g_build_filename(below, "link", NULL);
    g_autofree char *fifo = g_build_filename(below, "pipe", NULL);
    refused(below, "directory");
    assert_true(g_file_set_contents(plain, "precious", -1, NULL));
    assert_int_equal(symlink(plain, link), 0);
    refused(link, "symbolic link");
    g_autofree char *contents = NULL;
    assert_true(g_file_get_contents(plain, &contents, NULL, NULL));
    assert_string_equal(contents, "precious");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    refused(fifo, "no regular file");
    refused("/nonexistent/a.notes", "No such file");
}

static void
test_folders(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    if (geteuid() == 0)
        skip(); // root may write anywhere
    g_chmod(folder, 0500);
    assert_null(mg_mapped_file_path("a", "notes", &error));
    g_chmod(folder, 0700);
    assert_non_null(error);
    g_autofree char *path = path_of("a");
    g_autofree char *below = g_path_get_dirname(path);
    g_chmod(below, 0500);
    refused(path, "denied");
    g_chmod(below, 0700);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_path, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_contents_stay, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_killed, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_other_sizes, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_no_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_folders, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
