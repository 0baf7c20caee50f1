// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Whole files in and out.
#ifndef _XOPEN_SOURCE     // some libraries' flags bring it along
#define _XOPEN_SOURCE 700 // realpath()
#endif
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fail(GError **error, const char *path, int number, const char *what)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
                path, what);
    return -number;
}

// Reads until the end or `room` bytes.  Returns the bytes read or -errno.
static ssize_t
read_all(int fd, uint8_t *bytes, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t got = read(fd, bytes + length, room - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

static GBytes *
read_regular(int fd, const char *path, size_t max_bytes, GError **error)
{
    struct stat status;
    if (fstat(fd, &status)) {
        fail(error, path, errno, g_strerror(errno));
        return NULL;
    }
    if (!S_ISREG(status.st_mode)) {
        fail(error, path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL,
             S_ISDIR(status.st_mode) ? "is a folder, not a file"
                                     : "is not a regular file");
        return NULL;
    }
    size_t size = (size_t)status.st_size;
    // One byte more than its size tells a file that grows from one that does not.
    uint8_t *bytes = size <= max_bytes ? malloc(size + 1) : NULL;
    if (!bytes) {
        fail(error, path, size <= max_bytes ? ENOMEM : EFBIG,
             size <= max_bytes ? "not enough memory" : "is too large");
        return NULL;
    }
    ssize_t length = read_all(fd, bytes, size + 1);
    if (length < 0 || (size_t)length > size) {
        free(bytes);
        fail(error, path, length < 0 ? (int)-length : EAGAIN,
             length < 0 ? g_strerror((int)-length) : "grew while it was read");
        return NULL;
    }
    return g_bytes_new_with_free_func(bytes, (gsize)length, free, bytes);
}

GBytes *
mg_file_read(const char *path, size_t max_bytes, GError **error)
{
    // Non-blocking: opening a FIFO would wait for a writer.
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        fail(error, path, errno, g_strerror(errno));
        return NULL;
    }
    GBytes *bytes = read_regular(fd, path, max_bytes, error);
    close(fd);
    return bytes;
}

// The errno behind what g_file_set_contents_full() may say.
static int
errno_of(const GError *error)
{
    static const int numbers[][2] = {
        {G_FILE_ERROR_ACCES, EACCES}, {G_FILE_ERROR_NOENT, ENOENT},
        {G_FILE_ERROR_ISDIR, EISDIR}, {G_FILE_ERROR_NOTDIR, ENOTDIR},
        {G_FILE_ERROR_NOSPC, ENOSPC}, {G_FILE_ERROR_ROFS, EROFS},
        {G_FILE_ERROR_PERM, EPERM},   {G_FILE_ERROR_NAMETOOLONG, ENAMETOOLONG},
        {G_FILE_ERROR_LOOP, ELOOP},   {G_FILE_ERROR_MFILE, EMFILE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
        if (g_error_matches(error, G_FILE_ERROR, numbers[i][0]))
            return numbers[i][1];
    return EIO;
}

int
mg_file_write(const char *path, const void *bytes, size_t length, GError **error)
{
    struct stat status;
    // The rename would replace a device or a FIFO (as root even /dev/null) by a file.
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return fail(error, path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL,
                    S_ISDIR(status.st_mode)
                        ? "is a folder, not a file"
                        : "is not a regular file and is left alone");
    // Behind a link the file is replaced, not the link.
    char *target = realpath(path, NULL);
    GError *cause = NULL;
    int result = 0;
    if (!g_file_set_contents_full(
            target ? target : path, bytes ? bytes : "", (gssize)length,
            G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
            &cause)) {
        int number = errno_of(cause);
        result = fail(error, path, number,
                      number == EIO ? cause->message : g_strerror(number));
        g_error_free(cause);
    }
    free(target);
    return result;
}

int
mg_file_write_bytes(const char *path, GBytes *bytes, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    int status = mg_file_write(path, data, length, error);
    g_bytes_unref(bytes);
    return status;
}
