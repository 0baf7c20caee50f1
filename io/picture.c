// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pictures: the page, and what is said where cairo was left out.
#include "io/picture.h"

#include <errno.h>

#ifdef MG_HAVE_CAIRO

#include <cairo-svg.h>

#include "io/file.h"
#include "io/picture_page.h"

int
mg_picture_check(const char *path, GError **error)
{
    (void)path;
    (void)error;
    return 0;
}

static cairo_status_t
append(void *closure, const unsigned char *data, unsigned int length)
{
    g_byte_array_append(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

void
mg_page_init(struct mg_page *page, const char *path, int width, int height)
{
    *page = (struct mg_page){
        .path = path,
        .svg = g_str_has_suffix(path, ".svg"),
        .bytes = g_byte_array_new(),
    };
    page->surface =
        page->svg
            ? cairo_svg_surface_create_for_stream(append, page->bytes, width, height)
            : cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    page->cr = cairo_create(page->surface);
    cairo_set_source_rgb(page->cr, 1, 1, 1);
    cairo_paint(page->cr);
    cairo_set_line_width(page->cr, 1);
    cairo_set_font_size(page->cr, 11);
}

// Puts the file's bytes together.
static cairo_status_t
encode(struct mg_page *page)
{
    cairo_status_t status = cairo_status(page->cr);
    if (status != CAIRO_STATUS_SUCCESS)
        return status;
    if (!page->svg)
        return cairo_surface_write_to_png_stream(page->surface, append, page->bytes);
    cairo_surface_finish(page->surface);
    return cairo_surface_status(page->surface);
}

int
mg_page_save(struct mg_page *page, GError **error)
{
    int status = -EIO;
    cairo_status_t drawn = encode(page);
    cairo_destroy(page->cr);
    cairo_surface_destroy(page->surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        status = mg_file_write(page->path, page->bytes->data, page->bytes->len, error);
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", page->path,
                    cairo_status_to_string(drawn));
    g_byte_array_unref(page->bytes);
    return status;
}

void
mg_page_line(cairo_t *cr, double grey, double x0, double y0, double x1, double y1)
{
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
}

void
mg_page_colour(cairo_t *cr, int number)
{
    static const double COLOURS[][3] = {
        {0.12, 0.35, 0.66}, {0.84, 0.37, 0.0}, {0.0, 0.5, 0.35}, {0.5, 0.2, 0.5}};
    const double *colour = COLOURS[number % (int)G_N_ELEMENTS(COLOURS)];
    cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
}

#else // !MG_HAVE_CAIRO

int
mg_picture_check(const char *path, GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
                "%s: this build draws no pictures (cairo was left out)", path);
    return -ENOTSUP;
}

int
mg_picture_piano_roll(const struct mg_smf *smf, const char *path, GError **error)
{
    (void)smf;
    return mg_picture_check(path, error);
}

int
mg_picture_chart(const struct mg_chart *chart, const char *path, GError **error)
{
    (void)chart;
    return mg_picture_check(path, error);
}

#endif
