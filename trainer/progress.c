// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The progress bar and its plain form.
#include "trainer/progress.h"

#include <math.h>
#include <string.h>
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
mg_progress_begin(struct mg_progress_line *line, FILE *out, int64_t first,
                  int64_t total)
{
    *line = (struct mg_progress_line){
        .out = out,
        .terminal = isatty(fileno(out)),
        .first = first,
        .total = total,
        .began = now_seconds(),
        .loss = (double)NAN,
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

static void
draw_bar(const struct mg_progress_line *line, int64_t update, const char *figures)
{
    char bar[BAR_CHARS + 1];
    int done = (int)(update * BAR_CHARS / (line->total ? line->total : 1));
    memset(bar, '.', BAR_CHARS);
    memset(bar, '#', (size_t)(done < BAR_CHARS ? done : BAR_CHARS));
    bar[BAR_CHARS] = 0;
    fprintf(line->out, "\r\033[K[%s] %s", bar, figures);
    fflush(line->out);
}

void
mg_progress_show(struct mg_progress_line *line, int64_t update,
                 const struct mg_update *progress)
{
    double loss = progress->loss.play + progress->loss.articulate;
    // A mean over about the last 50 updates.
    line->loss = isnan(line->loss) ? loss : 0.98 * line->loss + 0.02 * loss;
    line->steps += (double)progress->steps;

    double now = now_seconds(), elapsed = now - line->began;
    int64_t done = update - line->first;
    char left[40], figures[160];
    format_left(elapsed / (double)done * (double)(line->total - update), left,
                sizeof left);
    snprintf(figures, sizeof figures,
             "update %lld of %lld, %.3f nats a step, %.0f steps/s, %s",
             (long long)update, (long long)line->total, line->loss,
             line->steps / elapsed, left);
    if (line->terminal) {
        draw_bar(line, update, figures);
    } else if (now - line->reported >= LINE_SECONDS || update == line->total) {
        fprintf(line->out, "%s\n", figures);
        fflush(line->out);
        line->reported = now;
    }
}

void
mg_progress_clear(struct mg_progress_line *line)
{
    if (line->terminal)
        fputs("\r\033[K", line->out);
}
