// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The page that pictures are drawn on; for the pictures themselves, where cairo is
// built in.
#ifndef MG_IO_PICTURE_PAGE_H
#define MG_IO_PICTURE_PAGE_H

#include <cairo.h>
#include <glib.h>
#include <stdbool.h>

// A picture being drawn.
struct mg_page {
    const char *path; // where it goes; borrowed
    bool svg;         // what its name ends in
    GByteArray *bytes;
    cairo_surface_t *surface;
    cairo_t *cr; // to draw with
};

// A white page of width times height pixels, for a file at `path`: SVG where that ends in
// ".svg", else PNG.  It is the caller's until mg_page_save().
void mg_page_init(struct mg_page *page, const char *path, int width, int height);

// Writes what was drawn and frees the page.  The file is replaced whole or not at all.
// Returns 0 or -errno with one line in *error.
int mg_page_save(struct mg_page *page, GError **error);

// A line of one pixel; grey: 0 black, 1 white.
void mg_page_line(cairo_t *cr, double grey, double x0, double y0, double x1, double y1);

// Sets the colour of note or curve number 0, 1, ...; they come round again after four.
void mg_page_colour(cairo_t *cr, int number);

#endif
