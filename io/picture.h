// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Pictures (by cairo): piano rolls and curves, as SVG where the name of the file ends in
// ".svg", else as PNG.
#ifndef MG_IO_PICTURE_H
#define MG_IO_PICTURE_H

#include <glib.h>
#include <stddef.h>

#include "io/smf.h"

// A curve of points; a value that is not finite leaves a gap.
struct mg_curve {
    const char *name; // in the legend
    const double *x;
    const double *y;
    size_t count;
};

// Curves over a common x, with a legend.
struct mg_chart {
    const struct mg_curve *curves;
    int count;          // up to 4
    const char *x_name; // of the axes, with their units
    const char *y_name;
    const char *mark; // what to write at a point of a curve, or NULL
    double mark_x;
    double mark_y;
};

// Whether this build draws pictures.  Returns 0, or -ENOTSUP with one line in *error,
// in which `path` stands.  Any thread, as all below.
int mg_picture_check(const char *path, GError **error);

// Draws the notes of a piece: time to the right, pitch upwards, a line at each C and
// each quarter note, a number at every fourth bar of four quarters.  The file is replaced whole or not at all.  Returns 0, or -errno
// with one line in *error (-ENOTSUP where cairo was left out of this build).
int mg_picture_piano_roll(const struct mg_smf *smf, const char *path, GError **error);

// Draws a chart.  Errors as above.
int mg_picture_chart(const struct mg_chart *chart, const char *path, GError **error);

#endif
