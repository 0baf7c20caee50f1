// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI files out, and whole files in and out: what is saved is read again, and a
// failure leaves the old file and nothing else.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/smf.h"

struct fixture {
    char *folder;
    char *path; // of a file in it, not there yet
};

static int
set_up(void **state)
{
    struct fixture *fixture = g_new0(struct fixture, 1);
    fixture->folder = g_dir_make_tmp("mg-test-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "file.mid", NULL);
    *state = fixture;
    return fixture->folder ? 0 : -1;
}

static int
tear_down(void **state)
{
    struct fixture *fixture = *state;
    g_unlink(fixture->path);
    g_rmdir(fixture->folder);
    g_free(fixture->path);
    g_free(fixture->folder);
    g_free(fixture);
    return 0;
}

static int
files_in(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    assert_non_null(dir);
    int count = 0;
    while (g_dir_read_name(dir))
        count++;
    g_dir_close(dir);
    return count;
}

static struct mg_smf_note NOTES[] = {
    {0, 480, 60, 100, 0, 0},
    {0, 240, 64, 1, 3, 0},
    {480, 481, 60, 127, 0, 0}, // struck again at the tick it ended
    {960, 960 + 0x10000000, 0, 64, 15, 0},
    {0x2fffffff, 0x30000000, 127, 64, 9, 0}, // behind a silence over 2^28 ticks
};
static struct mg_smf_tempo TEMPOS[] = {{0, 600000}, {480, 1}, {960, 0xffffff}};
static struct mg_smf_metre METRES[] = {{0, 3, 8}, {480, 255, 128}, {481, 1, 1}};
static const struct mg_smf SONG = {
    .ticks_per_quarter = 480,
    .end_ticks = 0x30000001,
    .notes = NOTES,
    .note_count = G_N_ELEMENTS(NOTES),
    .tempos = TEMPOS,
    .tempo_count = G_N_ELEMENTS(TEMPOS),
    .metres = METRES,
    .metre_count = G_N_ELEMENTS(METRES),
};

static void
assert_notes_equal(const struct mg_smf *a, const struct mg_smf *b)
{
    assert_int_equal(a->note_count, b->note_count);
    for (int i = 0; i < a->note_count; i++) {
        const struct mg_smf_note *x = &a->notes[i], *y = &b->notes[i];
        assert_int_equal(x->onset_ticks, y->onset_ticks);
        assert_int_equal(x->end_ticks, y->end_ticks);
        assert_int_equal(x->key, y->key);
        assert_int_equal(x->velocity, y->velocity);
        assert_int_equal(x->channel, y->channel);
    }
}

static void
saved_music_is_read_again(void **state)
{
    struct fixture *fixture = *state;
    struct mg_smf smf;
    assert_int_equal(mg_smf_save(fixture->path, &SONG, NULL), 0);
    assert_int_equal(mg_smf_load(fixture->path, &smf, NULL), 0);
    assert_int_equal(smf.ticks_per_quarter, 480);
    assert_int_equal(smf.end_ticks, SONG.end_ticks);
    assert_notes_equal(&smf, &SONG);
    assert_int_equal(smf.notes[0].track, 1); // 0 is the conductor
    assert_int_equal(smf.tempo_count, SONG.tempo_count);
    for (int i = 0; i < smf.tempo_count; i++) {
        assert_int_equal(smf.tempos[i].at_ticks, TEMPOS[i].at_ticks);
        assert_int_equal(smf.tempos[i].us_per_quarter, TEMPOS[i].us_per_quarter);
    }
    assert_int_equal(smf.metre_count, SONG.metre_count);
    for (int i = 0; i < smf.metre_count; i++) {
        assert_int_equal(smf.metres[i].at_ticks, METRES[i].at_ticks);
        assert_int_equal(smf.metres[i].numerator, METRES[i].numerator);
        assert_int_equal(smf.metres[i].denominator, METRES[i].denominator);
    }
    static const struct mg_smf_report nothing;
    assert_memory_equal(&smf.report, &nothing, sizeof nothing);
    mg_smf_finish(&smf);
    struct stat status;
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_int_equal(status.st_mode & 0133, 0); // 0644 less the umask
}

// The reader would not mind, a synth would: its note would be cut as it starts.
static void
key_is_let_go_before_it_is_struck(void **state)
{
    struct fixture *fixture = *state;
    struct mg_smf_note notes[] = {{0, 1, 60, 64, 0, 0}, {1, 2, 60, 64, 0, 0}};
    struct mg_smf smf = {.ticks_per_quarter = 1, .notes = notes, .note_count = 2};
    static const uint8_t expected[] = {0,  0x90, 60,   64,   1,    0x80, 60,
                                       64, 0,    0x90, 60,   64,   1,    0x80,
                                       60, 64,   0,    0xff, 0x2f, 0};
    assert_int_equal(mg_smf_save(fixture->path, &smf, NULL), 0);
    GBytes *bytes = mg_file_read(fixture->path, 1000, NULL);
    gsize length;
    const uint8_t *data = g_bytes_get_data(bytes, &length);
    assert_true(length > sizeof expected);
    assert_memory_equal(data + length - sizeof expected, expected, sizeof expected);
    g_bytes_unref(bytes);
}

static void
impossible_music_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct mg_smf smf = SONG;
    smf.ticks_per_quarter = 0;
    assert_int_equal(mg_smf_save(fixture->path, &smf, NULL), -EINVAL);
    struct mg_smf_note note = {10, 10, 60, 64, 0, 0};
    smf = (struct mg_smf){.ticks_per_quarter = 480, .notes = &note, .note_count = 1};
    assert_int_equal(mg_smf_save(fixture->path, &smf, NULL), -EINVAL);
    note.end_ticks = 11;
    note.velocity = 0;
    assert_int_equal(mg_smf_save(fixture->path, &smf, NULL), -EINVAL);
    note.velocity = 1;
    assert_int_equal(mg_smf_save(fixture->path, &smf, NULL), 0);
}

static void
assert_write_fails(const char *path, int number)
{
    GError *error = NULL;
    assert_int_equal(mg_file_write(path, "new", 3, &error), -number);
    assert_true(g_str_has_prefix(error->message, path));
    assert_null(strchr(error->message, '\n'));
    g_clear_error(&error);
}

static void
failed_writes_leave_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_write_fails(fixture->folder, EISDIR);
    char *below = g_build_filename(fixture->path, "x", NULL);
    char *missing = g_build_filename(fixture->folder, "no", "x", NULL);
    assert_write_fails(missing, ENOENT);
    assert_int_equal(mg_file_write(fixture->path, "old", 3, NULL), 0);
    assert_write_fails(below, ENOTDIR);
    g_free(below);
    g_free(missing);
    assert_int_equal(files_in(fixture->folder), 1);
}

static void
special_files_stay(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_write_fails(fixture->path, EINVAL);
    assert_int_equal(stat(fixture->path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_write_fails("/dev/null", EINVAL);
}

static void
link_is_written_through(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;
    char *target = g_build_filename(fixture->folder, "target", NULL);
    assert_int_equal(mg_file_write(target, "old", 3, NULL), 0);
    assert_int_equal(symlink("target", fixture->path), 0);
    assert_int_equal(mg_file_write(fixture->path, "newer", 5, NULL), 0);
    assert_int_equal(lstat(fixture->path, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 5);
    g_unlink(target);
    g_free(target);
}

// A limit on the size of files stands for a full disk; it holds for root, too.
static void
full_disk_keeps_old_file(void **state)
{
    struct fixture *fixture = *state;
    struct rlimit before, small;
    assert_int_equal(mg_file_write(fixture->path, "old", 3, NULL), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char *large = g_malloc0(100000);
    GError *error = NULL;
    int status = mg_file_write(fixture->path, large, 100000, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    g_free(large);
    assert_true(status < 0);
    assert_true(g_str_has_prefix(error->message, fixture->path));
    g_clear_error(&error);
    assert_int_equal(files_in(fixture->folder), 1);
    GBytes *bytes = mg_file_read(fixture->path, 100, NULL);
    assert_non_null(bytes);
    assert_int_equal(g_bytes_get_size(bytes), 3);
    g_bytes_unref(bytes);
}

// What a killed writer leaves beside is used again; what a living one has is not.
static void
one_writer_at_a_time(void **state)
{
    struct fixture *fixture = *state;
    char *part = g_strconcat(fixture->path, ".part", NULL);
    assert_true(g_file_set_contents(part, "half of a longer file", -1, NULL));
    assert_int_equal(mg_file_write(fixture->path, "old", 3, NULL), 0);
    assert_int_equal(files_in(fixture->folder), 1);
    int lock = mg_file_lock(part, NULL);
    assert_true(lock >= 0);
    assert_write_fails(fixture->path, EBUSY);
    assert_int_equal(mg_file_lock(part, NULL), -EBUSY);
    mg_file_unlock(part, lock);
    assert_int_equal(mg_file_write(fixture->path, "newer", 5, NULL), 0);
    assert_int_equal(files_in(fixture->folder), 1);
    // A link that another has laid there is not followed.
    assert_int_equal(symlink(fixture->path, part), 0);
    assert_write_fails(fixture->path, ELOOP);
    g_unlink(part);
    g_free(part);
}

static void
assert_read_fails(const char *path, size_t max_bytes, const char *reason)
{
    GError *error = NULL;
    assert_null(mg_file_read(path, max_bytes, &error));
    assert_true(g_str_has_prefix(error->message, path));
    assert_non_null(strstr(error->message, reason));
    g_clear_error(&error);
}

static void
only_regular_files_are_read(void **state)
{
    struct fixture *fixture = *state;
    assert_read_fails(fixture->path, 10, "No such file");
    assert_read_fails(fixture->folder, 10, "folder");
    assert_read_fails("/dev/zero", 10, "regular");
    assert_int_equal(mkfifo(fixture->path, 0600), 0);
    assert_read_fails(fixture->path, 10, "regular"); // and does not wait for a writer
}

static void
size_is_bounded(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(mg_file_write(fixture->path, "12345", 5, NULL), 0);
    assert_read_fails(fixture->path, 4, "too large");
    GBytes *bytes = mg_file_read(fixture->path, 5, NULL);
    assert_non_null(bytes);
    gsize length;
    assert_memory_equal(g_bytes_get_data(bytes, &length), "12345", 5);
    assert_int_equal(length, 5);
    g_bytes_unref(bytes);
    assert_int_equal(mg_file_write(fixture->path, NULL, 0, NULL), 0);
    bytes = mg_file_read(fixture->path, 5, NULL);
    assert_int_equal(g_bytes_get_size(bytes), 0);
    g_bytes_unref(bytes);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(saved_music_is_read_again),
        TEST(impossible_music_is_refused),
        TEST(key_is_let_go_before_it_is_struck),
        TEST(failed_writes_leave_nothing),
        TEST(special_files_stay),
        TEST(link_is_written_through),
        TEST(full_disk_keeps_old_file),
        TEST(one_writer_at_a_time),
        TEST(only_regular_files_are_read),
        TEST(size_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
