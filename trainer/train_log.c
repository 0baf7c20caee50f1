// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Lines of JSON, appended.
#include "trainer/train_log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mg_train_log {
    int fd;
    bool is_regular;
    char *path;
    gint64 began_us; // monotonic
};

static int
fail(const struct mg_train_log *log, int number, const char *what, GError **error)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
                log->path, what);
    return -number;
}

static bool
is_ours(const char *line, size_t length)
{
    static const char begin[] = "{\"update\":";
    return memcmp(line, begin, MIN(length, sizeof begin - 1)) == 0;
}

// How many bytes the whole lines up to an update have; -EINVAL at one that is none of ours.
static off_t
bytes_until(FILE *file, int64_t update)
{
    char *line = NULL;
    size_t room = 0;
    off_t bytes = 0;
    ssize_t length;
    while ((length = getline(&line, &room, file)) > 0) {
        int64_t number;
        bool is_whole = line[length - 1] == '\n';
        if (!is_ours(line, (size_t)length) ||
            (is_whole && sscanf(line, "{\"update\":%" SCNd64 ",", &number) != 1))
            bytes = -EINVAL;
        if (bytes < 0 || !is_whole || number > update)
            break;
        bytes += length;
    }
    free(line);
    return bytes;
}

static int
cut_after(const struct mg_train_log *log, int64_t update, GError **error)
{
    if (!log->is_regular)
        return 0;
    FILE *file = fopen(log->path, "r");
    if (!file)
        return fail(log, errno, g_strerror(errno), error);
    off_t bytes = bytes_until(file, update);
    fclose(file);
    if (bytes < 0)
        return fail(log, EINVAL, "is not a log of mg-train, and is left alone", error);
    return ftruncate(log->fd, bytes) ? fail(log, errno, g_strerror(errno), error) : 0;
}

struct mg_train_log *
mg_train_log_open(const char *path, int64_t update, GError **error)
{
    struct mg_train_log *log = g_new0(struct mg_train_log, 1);
    log->path = g_strdup(path);
    log->began_us = g_get_monotonic_time();
    log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    struct stat status;
    int failure = 0;
    if (log->fd < 0 || fstat(log->fd, &status))
        failure = fail(log, errno, g_strerror(errno), error);
    else
        log->is_regular = S_ISREG(status.st_mode);
    if (!failure)
        failure = cut_after(log, update, error);
    if (!failure)
        return log;
    mg_train_log_close(log);
    return NULL;
}

void
mg_train_log_close(struct mg_train_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    g_free(log->path);
    g_free(log);
}

// Takes the text over: "NAME":VALUE,... after the update.
static int
add_line(struct mg_train_log *log, int64_t update, char *text, GError **error)
{
    double seconds = 1e-6 * (double)(g_get_monotonic_time() - log->began_us);
    char *line = g_strdup_printf("{\"update\":%" PRId64 ",%s,\"seconds\":%.3f}\n",
                                 update, text, seconds);
    struct stat before;
    bool known = log->is_regular && fstat(log->fd, &before) == 0;
    size_t length = strlen(line);
    ssize_t wrote = write(log->fd, line, length);
    int number = wrote < 0 ? errno : ENOSPC;
    g_free(line);
    g_free(text);
    if (wrote == (ssize_t)length)
        return 0;
    if (wrote > 0 && known && ftruncate(log->fd, before.st_size))
        number = errno;
    return fail(log, number, g_strerror(number), error);
}

// JSON has no number for what is none.
static const char *
format_number(double value, char text[G_ASCII_DTOSTR_BUF_SIZE])
{
    if (!isfinite(value))
        return "null";
    return g_ascii_formatd(text, G_ASCII_DTOSTR_BUF_SIZE, "%.9g", value);
}

int
mg_train_log_update(struct mg_train_log *log, int64_t done, const struct mg_update *u,
                    int notes, double seconds, GError **error)
{
    char a[G_ASCII_DTOSTR_BUF_SIZE], b[sizeof a], c[sizeof a], sum[64] = "";
    if (u->sum_seconds >= 0.0)
        g_snprintf(sum, sizeof sum, ",\"sum_seconds\":%.6f", u->sum_seconds);
    return add_line(
        log, done,
        g_strdup_printf("\"play\":%s,\"articulate\":%s,\"norm\":%s,\"rate\":%.9g,"
                        "\"note_steps_per_s\":%.0f%s",
                        format_number(u->loss.play, a),
                        format_number(u->loss.articulate, b), format_number(u->norm, c),
                        u->learning_rate,
                        (double)u->steps * notes / fmax(seconds, 1e-6), sum),
        error);
}

int
mg_train_log_score(struct mg_train_log *log, int64_t done, const struct mg_score *score,
                   bool is_best, GError **error)
{
    double steps = (double)score->steps;
    return add_line(log, done,
                    g_strdup_printf("\"held_out_play\":%.9g,\"held_out_articulate\":"
                                    "%.9g,\"best\":%s",
                                    score->loss.play / steps,
                                    score->loss.articulate / steps,
                                    is_best ? "true" : "false"),
                    error);
}

int
mg_train_log_rollback(struct mg_train_log *log, int64_t from,
                      const struct mg_training *t, GError **error)
{
    int status = cut_after(log, t->update, error);
    if (status)
        return status;
    return add_line(log, t->update,
                    g_strdup_printf("\"rolled_back_from\":%" PRId64
                                    ",\"rate_share\":%.9g",
                                    from, mg_watch_rate_share(&t->watch)),
                    error);
}
