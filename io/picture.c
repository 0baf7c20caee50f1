// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pictures: the page, and what is said where cairo was left out.
#include "io/picture.h"

#include <errno.h>

#ifdef MG_HAVE_CAIRO

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

int
mg_picture_save(cairo_t *cr, cairo_surface_t *surface, const char *path, GError **error)
{
    GByteArray *png = g_byte_array_new();
    cairo_status_t drawn = cairo_status(cr);
    if (drawn == CAIRO_STATUS_SUCCESS)
        drawn = cairo_surface_write_to_png_stream(surface, append, png);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    int status = -EIO;
    if (drawn == CAIRO_STATUS_SUCCESS)
        status = mg_file_write(path, png->data, png->len, error);
    else
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", path,
                    cairo_status_to_string(drawn));
    g_byte_array_unref(png);
    return status;
}

cairo_t *
mg_picture_blank(int width, int height, cairo_surface_t **surface)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(*surface);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_set_line_width(cr, 1);
    cairo_set_font_size(cr, 11);
    return cr;
}

void
mg_picture_line(cairo_t *cr, double grey, double x0, double y0, double x1, double y1)
{
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
}

void
mg_picture_colour(cairo_t *cr, int number)
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
mg_picture_curves(const struct mg_curve *curves, int count, const char *x_name,
                  const char *y_name, const char *path, GError **error)
{
    (void)curves, (void)count, (void)x_name, (void)y_name;
    return mg_picture_check(path, error);
}

#endif
