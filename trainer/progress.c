// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The progress bar and its plain form.
#include "trainer/progress.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_CHARS = 10 };

static const double LINE_SECONDS = 30.0;

static double
now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void
mg_progress_begin(struct mg_progress_line *line, FILE *out, int64_t total, int notes)
{
    *line = (struct mg_progress_line){
        .out = out,
        .terminal = isatty(fileno(out)),
        .total = total,
        .notes = notes,
        .began = now_seconds(),
        .held_out = (double)INFINITY,
    };
    line->reported = line->began;
}

// "1:02:03 left"
static void
format_left(double seconds, char *text, size_t size)
{
    long s = lround(seconds);
    snprintf(text, size, "%ld:%02ld:%02ld left", s / 3600, s / 60 % 60, s % 60);
}

static int
terminal_columns(FILE *terminal)
{
    enum { USUAL = 80 };
    struct winsize size;
    bool known =
        ioctl(fileno(terminal), TIOCGWINSZ, &size) == 0 && size.ws_col > BAR_CHARS;
    return known ? size.ws_col : USUAL;
}

// In one row, or the next bar could not take its place.
static void
draw_bar(const struct mg_progress_line *line, int64_t update, const char *figures)
{
    char bar[BAR_CHARS + 1];
    int done = (int)(update * BAR_CHARS / (line->total ? line->total : 1));
    memset(bar, '.', BAR_CHARS);
    memset(bar, '#', (size_t)(done < BAR_CHARS ? done : BAR_CHARS));
    bar[BAR_CHARS] = 0;
    int room = terminal_columns(line->out) - BAR_CHARS - (int)strlen("[] ") - 1;
    fprintf(line->out, "\r\033[K[%s] %.*s", bar, room > 0 ? room : 0, figures);
    fflush(line->out);
}

// "update 120 of 5000, 1:02:03 left, 9.213 nats a step (held out 9.500), 812345 note-steps/s"
static void
format_figures(const struct mg_progress_line *line, int64_t update, double loss,
               double elapsed, char *text, size_t size)
{
    char left[40], held_out[40] = "";
    format_left(elapsed / (double)line->done * (double)(line->total - update), left,
                sizeof left);
    if (isfinite(line->held_out))
        snprintf(held_out, sizeof held_out, " (held out %.3f)", line->held_out);
    snprintf(text, size,
             "update %lld of %lld, %s, %.3f nats a step%s, %.0f note-steps/s",
             (long long)update, (long long)line->total, left, loss, held_out,
             line->steps * line->notes / elapsed);
}

void
mg_progress_show(struct mg_progress_line *line, int64_t update,
                 const struct mg_update *progress, double loss)
{
    line->steps += (double)progress->steps;
    line->done++;
    double now = now_seconds();
    char figures[200];
    format_figures(line, update, loss, now - line->began, figures, sizeof figures);
    if (line->terminal) {
        draw_bar(line, update, figures);
    } else if (now - line->reported >= LINE_SECONDS || update == line->total) {
        fprintf(line->out, "%s\n", figures);
        fflush(line->out);
        line->reported = now;
    }
}

void
mg_progress_clear(const struct mg_progress_line *line)
{
    if (line->terminal)
        fputs("\r\033[K", line->out);
}

void
mg_progress_say(const struct mg_progress_line *line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    mg_progress_clear(line);
    vfprintf(line->out, format, values);
    va_end(values);
}
