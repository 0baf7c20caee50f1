// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Piano rolls and curves.
#include "io/picture.h"

#include <errno.h>
#include <math.h>

#include "io/file.h"

#ifdef MG_HAVE_CAIRO

#include <cairo.h>

enum { ROLL_WIDTH_MAX = 1600, KEY_PIXELS = 6, MARGIN = 24, MARGIN_KEYS = 3 };
enum { CURVES_WIDTH = 800, CURVES_HEIGHT = 480, CURVES_MARGIN = 56, TICKS = 5 };

static const double COLOURS[][3] = {
    {0.12, 0.35, 0.66}, {0.84, 0.37, 0.0}, {0.0, 0.5, 0.35}, {0.5, 0.2, 0.5}};

static cairo_status_t
append(void *closure, const unsigned char *data, unsigned int length)
{
    g_byte_array_append(closure, data, length);
    return CAIRO_STATUS_SUCCESS;
}

// Writes what was drawn as a PNG and frees both.
static int
save(cairo_t *cr, cairo_surface_t *surface, const char *path, GError **error)
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

static cairo_t *
blank(int width, int height, cairo_surface_t **surface)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(*surface);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_set_line_width(cr, 1);
    cairo_set_font_size(cr, 11);
    return cr;
}

static void
line(cairo_t *cr, double grey, double x0, double y0, double x1, double y1)
{
    cairo_set_source_rgb(cr, grey, grey, grey);
    cairo_move_to(cr, x0, y0);
    cairo_line_to(cr, x1, y1);
    cairo_stroke(cr);
}

// Where the notes of a piece land on the paper.
struct paper {
    int lowest;  // key at the bottom
    int highest; // key at the top
    int width;
    int height;
    double pixels_per_tick;
};

static struct paper
paper_of(const struct mg_smf *smf)
{
    struct paper paper = {.lowest = 60, .highest = 60};
    for (int i = 0; i < smf->note_count; i++) {
        paper.lowest = MIN(paper.lowest, smf->notes[i].key);
        paper.highest = MAX(paper.highest, smf->notes[i].key);
    }
    paper.lowest -= MARGIN_KEYS;
    paper.highest += MARGIN_KEYS;
    double quarters = (double)smf->end_ticks / smf->ticks_per_quarter;
    double pixels = fmin(24.0, (ROLL_WIDTH_MAX - 2 * MARGIN) / fmax(quarters, 1.0));
    paper.pixels_per_tick = pixels / smf->ticks_per_quarter;
    paper.width = 2 * MARGIN + (int)ceil(pixels * fmax(quarters, 1.0));
    paper.height = 2 * MARGIN + (paper.highest - paper.lowest + 1) * KEY_PIXELS;
    return paper;
}

static double
paper_x(const struct paper *paper, int64_t ticks)
{
    return MARGIN + (double)ticks * paper->pixels_per_tick;
}

static double
paper_y(const struct paper *paper, int key)
{
    return MARGIN + (paper->highest - key) * KEY_PIXELS;
}

static void
draw_grid(cairo_t *cr, const struct paper *paper, const struct mg_smf *smf)
{
    double right = paper->width - MARGIN, bottom = paper->height - MARGIN;
    int step = smf->ticks_per_quarter *
               (paper->pixels_per_tick * smf->ticks_per_quarter < 4 ? 4 : 1);
    for (int64_t tick = 0; tick <= smf->end_ticks; tick += step) {
        bool bar = tick / smf->ticks_per_quarter % 4 == 0;
        double x = floor(paper_x(paper, tick)) + 0.5;
        line(cr, bar ? 0.8 : 0.93, x, MARGIN, x, bottom);
    }
    for (int key = paper->lowest; key <= paper->highest; key++)
        if (key % 12 == 0) {
            double y = paper_y(paper, key) + KEY_PIXELS + 0.5;
            char name[8];
            line(cr, 0.75, MARGIN, y, right, y);
            g_snprintf(name, sizeof name, "C%d", key / 12 - 1);
            cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
            cairo_move_to(cr, 3, y);
            cairo_show_text(cr, name);
        }
}

int
mg_picture_piano_roll(const struct mg_smf *smf, const char *path, GError **error)
{
    struct paper paper = paper_of(smf);
    cairo_surface_t *surface;
    cairo_t *cr = blank(paper.width, paper.height, &surface);
    draw_grid(cr, &paper, smf);
    cairo_set_source_rgb(cr, COLOURS[0][0], COLOURS[0][1], COLOURS[0][2]);
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        double x = paper_x(&paper, note->onset_ticks);
        double width = paper_x(&paper, note->end_ticks) - x;
        // A gap of a pixel shows where a key is struck again.
        cairo_rectangle(cr, x, paper_y(&paper, note->key), fmax(1.0, width - 1.0),
                        KEY_PIXELS - 1);
        cairo_fill(cr);
    }
    return save(cr, surface, path, error);
}

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
    return CURVES_MARGIN + share * (CURVES_WIDTH - 2 * CURVES_MARGIN);
}

static double
curve_y(const struct bounds *b, double y)
{
    double share = (y - b->y[0]) / (b->y[1] - b->y[0]);
    return CURVES_HEIGHT - CURVES_MARGIN - share * (CURVES_HEIGHT - 2 * CURVES_MARGIN);
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
        line(cr, 0.85, CURVES_MARGIN, curve_y(b, y), CURVES_WIDTH - CURVES_MARGIN,
             curve_y(b, y));
        label(cr, 8, curve_y(b, y) + 4, y);
        label(cr, curve_x(b, x) - 10, CURVES_HEIGHT - CURVES_MARGIN + 18, x);
    }
    cairo_move_to(cr, CURVES_WIDTH / 2.0 - 30, CURVES_HEIGHT - 16);
    cairo_show_text(cr, x_name);
    cairo_move_to(cr, 8, CURVES_MARGIN - 20);
    cairo_show_text(cr, y_name);
}

static void
draw_curve(cairo_t *cr, const struct bounds *b, const struct mg_curve *curve,
           int number)
{
    const double *colour = COLOURS[number % (int)G_N_ELEMENTS(COLOURS)];
    bool pen_down = false;
    cairo_set_source_rgb(cr, colour[0], colour[1], colour[2]);
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
    cairo_move_to(cr, CURVES_WIDTH - 220, CURVES_MARGIN + 16 * (number + 1));
    cairo_show_text(cr, curve->name);
}

int
mg_picture_curves(const struct mg_curve *curves, int count, const char *x_name,
                  const char *y_name, const char *path, GError **error)
{
    struct bounds bounds = bounds_of(curves, count);
    cairo_surface_t *surface;
    cairo_t *cr = blank(CURVES_WIDTH, CURVES_HEIGHT, &surface);
    draw_axes(cr, &bounds, x_name, y_name);
    for (int c = 0; c < count; c++)
        draw_curve(cr, &bounds, &curves[c], c);
    return save(cr, surface, path, error);
}

#else // !MG_HAVE_CAIRO

static int
left_out(const char *path, GError **error)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
                "%s: this build draws no pictures (cairo was left out)", path);
    return -ENOTSUP;
}

int
mg_picture_piano_roll(const struct mg_smf *smf, const char *path, GError **error)
{
    (void)smf;
    return left_out(path, error);
}

int
mg_picture_curves(const struct mg_curve *curves, int count, const char *x_name,
                  const char *y_name, const char *path, GError **error)
{
    (void)curves, (void)count, (void)x_name, (void)y_name;
    return left_out(path, error);
}

#endif
