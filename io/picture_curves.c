// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Curves over a common axis.
#include "io/picture.h"

#ifdef MG_HAVE_CAIRO

#include <math.h>

#include "io/picture_page.h"

enum { WIDTH = 800, HEIGHT = 480, MARGIN = 56, TICKS = 5 };

// The range of all finite points.
struct bounds {
    double x[2];
    double y[2];
};

static void
widen(double range[2], double value)
{
    range[0] = fmin(range[0], value);
    range[1] = fmax(range[1], value);
}

static struct bounds
bounds_of(const struct mg_curve *curves, int count)
{
    struct bounds b = {{(double)INFINITY, (double)-INFINITY},
                       {(double)INFINITY, (double)-INFINITY}};
    for (int c = 0; c < count; c++)
        for (size_t i = 0; i < curves[c].count; i++)
            if (isfinite(curves[c].y[i])) {
                widen(b.x, curves[c].x[i]);
                widen(b.y, curves[c].y[i]);
            }
    for (int k = 0; k < 2; k++) {
        double *range = k ? b.y : b.x;
        if (!(range[0] < range[1])) {
            range[0] = isfinite(range[0]) ? range[0] - 1.0 : 0.0;
            range[1] = range[0] + 2.0;
        }
    }
    return b;
}

static double
curve_x(const struct bounds *b, double x)
{
    double share = (x - b->x[0]) / (b->x[1] - b->x[0]);
    return MARGIN + share * (WIDTH - 2 * MARGIN);
}

static double
curve_y(const struct bounds *b, double y)
{
    double share = (y - b->y[0]) / (b->y[1] - b->y[0]);
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN);
}

static void
label(cairo_t *cr, double x, double y, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
    cairo_move_to(cr, x, y);
    cairo_show_text(cr, g_ascii_formatd(text, sizeof text, "%.4g", value));
}

static void
draw_axes(cairo_t *cr, const struct bounds *b, const char *x_name, const char *y_name)
{
    for (int i = 0; i <= TICKS; i++) {
        double x = b->x[0] + (b->x[1] - b->x[0]) * i / TICKS;
        double y = b->y[0] + (b->y[1] - b->y[0]) * i / TICKS;
        mg_page_line(cr, 0.85, MARGIN, curve_y(b, y), WIDTH - MARGIN, curve_y(b, y));
        label(cr, 8, curve_y(b, y) + 4, y);
        label(cr, curve_x(b, x) - 10, HEIGHT - MARGIN + 18, x);
    }
    cairo_move_to(cr, WIDTH / 2.0 - 30, HEIGHT - 16);
    cairo_show_text(cr, x_name);
    cairo_move_to(cr, 8, MARGIN - 20);
    cairo_show_text(cr, y_name);
}

static void
draw_curve(cairo_t *cr, const struct bounds *b, const struct mg_curve *curve,
           int number)
{
    bool pen_down = false;
    mg_page_colour(cr, number);
    for (size_t i = 0; i < curve->count; i++) {
        if (!isfinite(curve->y[i])) {
            pen_down = false;
            continue;
        }
        double x = curve_x(b, curve->x[i]), y = curve_y(b, curve->y[i]);
        (pen_down ? cairo_line_to : cairo_move_to)(cr, x, y);
        pen_down = true;
    }
    cairo_stroke(cr);
    cairo_move_to(cr, WIDTH - 220, MARGIN + 16 * (number + 1));
    cairo_show_text(cr, curve->name);
}

int
mg_picture_curves(const struct mg_curve *curves, int count, const char *x_name,
                  const char *y_name, const char *path, GError **error)
{
    struct bounds bounds = bounds_of(curves, count);
    struct mg_page page;
    mg_page_init(&page, path, WIDTH, HEIGHT);
    cairo_t *cr = page.cr;
    draw_axes(cr, &bounds, x_name, y_name);
    for (int c = 0; c < count; c++)
        draw_curve(cr, &bounds, &curves[c], c);
    return mg_page_save(&page, error);
}

#else
typedef int mg_picture_curves_left_out; // a translation unit must declare something
#endif
