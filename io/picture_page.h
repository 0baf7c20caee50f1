// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The page that pictures are drawn on; for the pictures themselves, where cairo is
// built in.
#ifndef MG_IO_PICTURE_PAGE_H
#define MG_IO_PICTURE_PAGE_H

#include <cairo.h>
#include <glib.h>

// A white page of width times height pixels.  Both are the caller's until
// mg_picture_save().
cairo_t *mg_picture_blank(int width, int height, cairo_surface_t **surface);

// A line of one pixel; grey: 0 black, 1 white.
void mg_picture_line(cairo_t *cr, double grey, double x0, double y0, double x1,
                     double y1);

// Sets the colour of note or curve number 0, 1, ...; they come round again after four.
void mg_picture_colour(cairo_t *cr, int number);

// Writes what was drawn as a PNG and frees both.  The file is replaced whole or not at
// all.  Returns 0 or -errno with one line in *error.
int mg_picture_save(cairo_t *cr, cairo_surface_t *surface, const char *path,
                    GError **error);

#endif
