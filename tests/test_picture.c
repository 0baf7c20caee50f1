// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pictures: a PNG comes out, whatever the numbers are, and in a short time.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "io/file.h"
#include "io/picture.h"

enum { LIMIT_SECONDS = 20 };

// Asked by the leak sanitizer: what fontconfig keeps until the end is not ours.
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

static char *folder;
static char *path;

// Width of the PNG at `path`, which is removed.
static unsigned
take_width(void)
{
    g_autoptr(GError) error = NULL;
    GBytes *file = mg_file_read(path, 1 << 24, &error);
    assert_non_null(file);
    size_t length;
    const uint8_t *bytes = g_bytes_get_data(file, &length);
    assert_true(length > 24);
    assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
    unsigned width = (unsigned)bytes[18] << 8 | bytes[19];
    g_bytes_unref(file);
    assert_int_equal(g_unlink(path), 0);
    return width;
}

// Skips the test where cairo was left out.
static void
need_cairo(void)
{
    g_autoptr(GError) error = NULL;
    int code = mg_picture_check("x.png", &error);
    if (code == 0)
        return;
    assert_int_equal(code, -ENOTSUP);
    assert_non_null(error);
    skip();
}

static void
draw(int ticks_per_quarter, int64_t end_ticks, unsigned width_min, unsigned width_max)
{
    struct mg_smf_note notes[] = {
        {.onset_ticks = 0, .end_ticks = 1, .key = 0, .velocity = 1},
        {.onset_ticks = end_ticks - 1,
         .end_ticks = end_ticks,
         .key = 127,
         .velocity = 1},
    };
    struct mg_smf smf = {.ticks_per_quarter = ticks_per_quarter,
                         .end_ticks = end_ticks,
                         .notes = notes,
                         .note_count = 2};
    g_autoptr(GError) error = NULL;
    alarm(LIMIT_SECONDS); // a grid line for each quarter would take minutes
    assert_int_equal(mg_picture_piano_roll(&smf, path, &error), 0);
    alarm(0);
    assert_in_range(take_width(), width_min, width_max);
}

static void
test_rolls(void **state)
{
    (void)state;
    need_cairo();
    draw(480, 480 * 8, 200, 300);
    draw(480, 1, 30, 100);
    draw(1, MG_SMF_TICKS_MAX, 1500, 1601); // a thousand million quarters
    draw(32767, MG_SMF_TICKS_MAX, 1500, 1601);
}

static void
test_curves(void **state)
{
    (void)state;
    need_cairo();
    const double x[] = {0, 1, 2, 3}, y[] = {1, (double)NAN, -(double)INFINITY, 1e300};
    const struct mg_curve curves[] = {{"a", x, y, 4}, {"none", x, y, 0}};
    struct mg_chart chart = {curves, 2, "x", "y", NULL, 0, 0};
    g_autoptr(GError) error = NULL;
    assert_int_equal(mg_picture_chart(&chart, path, &error), 0);
    assert_int_equal(take_width(), 640);
    chart.count = 0; // no point at all, and a mark at none
    chart.mark = "nowhere";
    chart.mark_x = (double)NAN;
    assert_int_equal(mg_picture_chart(&chart, path, &error), 0);
    assert_int_equal(take_width(), 640);
    assert_true(mg_picture_chart(&chart, "/nonexistent/a.png", &error) < 0);
    assert_non_null(error);
}

static void
test_svg(void **state)
{
    (void)state;
    need_cairo();
    const double x[] = {0, 1}, y[] = {1, 2};
    const struct mg_curve curve = {"<a>", x, y, 2};
    const struct mg_chart chart = {&curve, 1, "x", "y", "best", 1, 2};
    char *svg = g_strconcat(path, ".svg", NULL), *text = NULL;
    g_autoptr(GError) error = NULL;
    assert_int_equal(mg_picture_chart(&chart, svg, &error), 0);
    assert_true(g_file_get_contents(svg, &text, NULL, NULL));
    assert_true(g_str_has_prefix(text, "<?xml"));
    assert_non_null(strstr(text, "<svg"));
    assert_true(g_str_has_suffix(text, "</svg>\n"));
    assert_int_equal(g_unlink(svg), 0);
    g_free(text);
    g_free(svg);
}

static int
set_up(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("musicguru-XXXXXX", NULL);
    path = folder ? g_build_filename(folder, "picture.png", NULL) : NULL;
    return path ? 0 : -1;
}

static int
tear_down(void **state)
{
    (void)state;
    int code = g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return code;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rolls),
        cmocka_unit_test(test_curves),
        cmocka_unit_test(test_svg),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
