// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Curves over a common axis.
#include "io/picture.h"

#ifdef MG_HAVE_CAIRO

#include <math.h>

#include "io/picture_page.h"

enum {
    WIDTH = 640, // small enough to be read where it is scaled down to a phone's
    HEIGHT = 400,
    LEFT = 60,
    RIGHT = 24,
    TOP = 36,
    BOTTOM = 52,
    INTERVALS_MAX = 8, // between the ticks of an axis
    LEGEND_PIXELS = 200,
    SAMPLE_PIXELS = 24, // of line in the legend
};

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
bounds_of(const struct mg_chart *chart)
{
    struct bounds b = {{(double)INFINITY, (double)-INFINITY},
                       {(double)INFINITY, (double)-INFINITY}};
    for (int c = 0; c < chart->count; c++) {
        const struct mg_curve *curve = &chart->curves[c];
        for (size_t i = 0; i < curve->count; i++)
            if (isfinite(curve->y[i])) {
                widen(b.x, curve->x[i]);
                widen(b.y, curve->y[i]);
            }
    }
    for (int k = 0; k < 2; k++) {
        double *range = k ? b.y : b.x;
        if (!(range[0] < range[1])) {
            range[0] = isfinite(range[0]) ? range[0] - 1.0 : 0.0;
            range[1] = range[0] + 2.0;
        }
    }
    b.y[0] -= 0.1 * (b.y[1] - b.y[0]); // room for a mark below the lowest point
    return b;
}

static double
chart_x(const struct bounds *b, double x)
{
    double share = (x - b->x[0]) / (b->x[1] - b->x[0]);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double
chart_y(const struct bounds *b, double y)
{
    double share = (y - b->y[0]) / (b->y[1] - b->y[0]);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

// 1, 2 or 5 times a power of ten, so that a range has at most INTERVALS_MAX of them.
static double
tick_step(const double range[2])
{
    double least = (range[1] - range[0]) / INTERVALS_MAX;
    double power = pow(10.0, floor(log10(least)));
    static const double factors[] = {1, 2, 5};
    for (size_t i = 0; i < G_N_ELEMENTS(factors); i++)
        if (factors[i] * power >= least)
            return factors[i] * power;
    return 10.0 * power;
}

enum alignment { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

static void
write_at(cairo_t *cr, double x, double y, enum alignment alignment, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    cairo_move_to(cr, x - extents.x_advance * alignment / 2.0, y);
    cairo_show_text(cr, text);
}

// A line across and its figure for each tick of an axis.
static void
draw_ticks(cairo_t *cr, const struct bounds *b, bool upright)
{
    const double *range = upright ? b->y : b->x;
    double step = tick_step(range), first = ceil(range[0] / step);
    for (int i = 0; i <= INTERVALS_MAX && (first + i) * step <= range[1]; i++) {
        char text[G_ASCII_DTOSTR_BUF_SIZE];
        double value = (first + i) * step;
        g_ascii_formatd(text, sizeof text, "%.6g", value + 0.0); // + 0.0: no "-0"
        double x = chart_x(b, value), y = chart_y(b, value);
        if (upright)
            mg_page_line(cr, 0.88, LEFT, y, WIDTH - RIGHT, y);
        else
            mg_page_line(cr, 0.88, x, TOP, x, HEIGHT - BOTTOM);
        cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
        if (upright)
            write_at(cr, LEFT - 6, y + 4, ALIGN_RIGHT, text);
        else
            write_at(cr, x, HEIGHT - BOTTOM + 16, ALIGN_CENTRE, text);
    }
}

static void
draw_axes(cairo_t *cr, const struct bounds *b, const struct mg_chart *chart)
{
    draw_ticks(cr, b, false);
    draw_ticks(cr, b, true);
    mg_page_line(cr, 0.3, LEFT, TOP, LEFT, HEIGHT - BOTTOM);
    mg_page_line(cr, 0.3, LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
    write_at(cr, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 14, ALIGN_CENTRE,
             chart->x_name);
    write_at(cr, 8, TOP - 16, ALIGN_LEFT, chart->y_name);
}

// Every second curve is dashed: on paper there may be no colour.
static void
choose_pen(cairo_t *cr, int number)
{
    static const double dashes[] = {6, 4};
    mg_page_colour(cr, number);
    cairo_set_dash(cr, dashes, number % 2 ? 2 : 0, 0);
    cairo_set_line_width(cr, 1.6);
}

static void
draw_curve(cairo_t *cr, const struct bounds *b, const struct mg_curve *curve)
{
    bool pen_down = false;
    for (size_t i = 0; i < curve->count; i++) {
        if (!isfinite(curve->y[i])) {
            pen_down = false;
            continue;
        }
        double x = chart_x(b, curve->x[i]), y = chart_y(b, curve->y[i]);
        (pen_down ? cairo_line_to : cairo_move_to)(cr, x, y);
        pen_down = true;
    }
    cairo_stroke(cr);
}

static void
draw_legend(cairo_t *cr, const struct mg_curve *curve, int number)
{
    double x = WIDTH - RIGHT - LEGEND_PIXELS, y = TOP + 8 + 16 * number;
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + SAMPLE_PIXELS, y);
    cairo_stroke(cr);
    write_at(cr, x + SAMPLE_PIXELS + 6, y + 4, ALIGN_LEFT, curve->name);
}

// A ring at the marked point, its text below on the side where there is more room.
static void
draw_mark(cairo_t *cr, const struct bounds *b, const struct mg_chart *chart)
{
    double x = chart_x(b, chart->mark_x), y = chart_y(b, chart->mark_y);
    bool left = x > (LEFT + WIDTH - RIGHT) / 2.0;
    cairo_set_dash(cr, NULL, 0, 0);
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, 5, 0, 2 * G_PI);
    cairo_stroke(cr);
    write_at(cr, left ? x - 8 : x + 8, y + 18, left ? ALIGN_RIGHT : ALIGN_LEFT,
             chart->mark);
}

int
mg_picture_chart(const struct mg_chart *chart, const char *path, GError **error)
{
    struct bounds bounds = bounds_of(chart);
    struct mg_page page;
    mg_page_init(&page, path, WIDTH, HEIGHT);
    draw_axes(page.cr, &bounds, chart);
    for (int c = 0; c < chart->count; c++) {
        choose_pen(page.cr, c);
        draw_curve(page.cr, &bounds, &chart->curves[c]);
        draw_legend(page.cr, &chart->curves[c], c);
    }
    if (chart->mark)
        draw_mark(page.cr, &bounds, chart);
    return mg_page_save(&page, error);
}

#else
typedef int mg_picture_curves_left_out; // a translation unit must declare something
#endif
