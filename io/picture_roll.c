// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Piano rolls.
#include "io/picture.h"

#ifdef MG_HAVE_CAIRO

#include <math.h>

#include "io/picture_page.h"

enum {
    WIDTH_MAX = 1600,
    KEY_PIXELS = 6,
    GRID_PIXELS = 4,
    MARGIN = 24,
    MARGIN_KEYS = 3,
    BAR_QUARTERS = 4,
    BARS_NUMBERED = 4,  // every so many
    NUMBER_PIXELS = 30, // of the longest number
};

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
    double pixels = fmin(24.0, (WIDTH_MAX - 2 * MARGIN) / fmax(quarters, 1.0));
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

// The number of every fourth bar of four quarters, where there is room for it.
static void
number_bars(cairo_t *cr, const struct paper *paper, const struct mg_smf *smf)
{
    int64_t step = (int64_t)BARS_NUMBERED * BAR_QUARTERS * smf->ticks_per_quarter;
    if ((double)step * paper->pixels_per_tick < NUMBER_PIXELS)
        return;
    cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
    for (int64_t tick = 0; tick < smf->end_ticks; tick += step) {
        char text[16];
        g_snprintf(text, sizeof text, "%d", (int)(tick / step) * BARS_NUMBERED + 1);
        cairo_move_to(cr, paper_x(paper, tick), MARGIN - 6);
        cairo_show_text(cr, text);
    }
}

static void
draw_grid(cairo_t *cr, const struct paper *paper, const struct mg_smf *smf)
{
    double right = paper->width - MARGIN, bottom = paper->height - MARGIN;
    // A line each quarter, bar, four bars, ...: not denser than GRID_PIXELS.
    int64_t step = smf->ticks_per_quarter;
    while ((double)step * paper->pixels_per_tick < GRID_PIXELS)
        step *= 4;
    for (int64_t tick = 0; tick <= smf->end_ticks; tick += step) {
        bool bar = tick / smf->ticks_per_quarter % BAR_QUARTERS == 0;
        double x = floor(paper_x(paper, tick)) + 0.5;
        mg_page_line(cr, bar ? 0.8 : 0.93, x, MARGIN, x, bottom);
    }
    for (int key = paper->lowest; key <= paper->highest; key++)
        if (key % 12 == 0) {
            double y = paper_y(paper, key) + KEY_PIXELS + 0.5;
            char name[8];
            mg_page_line(cr, 0.75, MARGIN, y, right, y);
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
    struct mg_page page;
    mg_page_init(&page, path, paper.width, paper.height);
    cairo_t *cr = page.cr;
    draw_grid(cr, &paper, smf);
    number_bars(cr, &paper, smf);
    mg_page_colour(cr, 0);
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        double x = paper_x(&paper, note->onset_ticks);
        double width = paper_x(&paper, note->end_ticks) - x;
        // A gap of a pixel shows where a key is struck again.
        cairo_rectangle(cr, x, paper_y(&paper, note->key), fmax(1.0, width - 1.0),
                        KEY_PIXELS - 1);
        cairo_fill(cr);
    }
    return mg_page_save(&page, error);
}

#else
typedef int mg_picture_roll_left_out; // a translation unit must declare something
#endif
