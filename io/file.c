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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

// Opens or makes a regular file to write to, with its lock.  Returns the descriptor, or
// -errno: -EBUSY where another has the lock.
static int
open_locked(const char *path)
{
    struct stat opened, named;
    for (;;) {
        int fd =
            open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
        if (fd < 0)
            return -errno;
        int status = 0;
        // A file system that knows no locks is none to refuse work on.
        if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
            status = -EBUSY;
        else if (fstat(fd, &opened))
            status = -errno;
        else if (!S_ISREG(opened.st_mode))
            status = -EINVAL;
        // Who had it before may have renamed or removed it since it was opened here.
        else if (lstat(path, &named) == 0 && named.st_ino == opened.st_ino &&
                 named.st_dev == opened.st_dev)
            return fd;
        close(fd);
        if (status)
            return status;
    }
}

int
mg_file_lock(const char *path, GError **error)
{
    int fd = open_locked(path);
    return fd >= 0 ? fd
                   : fail(error, path, -fd,
                          fd == -EBUSY ? "another program holds it" : g_strerror(-fd));
}

void
mg_file_unlock(const char *path, int lock)
{
    if (lock < 0)
        return;
    unlink(path); // while it is locked: the next one makes a new file
    close(lock);
}

// Returns 0 or -errno.
static int
write_all(int fd, const uint8_t *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(fd, bytes + done, length - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? -errno : -EIO;
        done += (size_t)wrote;
    }
    return 0;
}

// What an earlier writer left in it when it was killed goes.
static int
fill(int fd, const void *bytes, size_t length)
{
    if (ftruncate(fd, 0))
        return -errno;
    int status = write_all(fd, bytes, length);
    return !status && fsync(fd) ? -errno : status;
}

// A rename is on disk when its folder is.
static int
sync_folder_of(const char *path)
{
    char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Some file systems cannot sync a folder and say EINVAL.
    int status = fd < 0 || (fsync(fd) && errno != EINVAL) ? -errno : 0;
    if (fd >= 0)
        close(fd);
    g_free(folder);
    return status;
}

static int
replace(const char *path, const void *bytes, size_t length)
{
    char *part = g_strconcat(path, ".part", NULL);
    int fd = open_locked(part);
    int status = fd < 0 ? fd : fill(fd, bytes, length);
    if (!status && rename(part, path))
        status = -errno;
    if (fd >= 0 && status)
        unlink(part);
    if (fd >= 0)
        close(fd);
    g_free(part);
    return status ? status : sync_folder_of(path);
}

// The rename would replace a device or a FIFO (as root even /dev/null) by a file.
static int
check_kind(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0 || S_ISREG(status.st_mode))
        return 0;
    return fail(error, path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL,
                S_ISDIR(status.st_mode) ? "is a folder, not a file"
                                        : "is not a regular file and is left alone");
}

bool
mg_file_is_same(const char *a, const char *b)
{
    struct stat one, other;
    char *whole_a = g_canonicalize_filename(a, NULL);
    char *whole_b = g_canonicalize_filename(b, NULL);
    bool same = strcmp(whole_a, whole_b) == 0 ||
                (stat(a, &one) == 0 && stat(b, &other) == 0 &&
                 one.st_ino == other.st_ino && one.st_dev == other.st_dev);
    g_free(whole_a);
    g_free(whole_b);
    return same;
}

int
mg_file_check_output(const char *path, char *const *inputs, GError **error)
{
    int kind = check_kind(path, error);
    if (kind)
        return kind;
    for (; inputs && *inputs; inputs++)
        if (mg_file_is_same(path, *inputs))
            return fail(error, path, EINVAL, "is to be read and to be written");
    char *target = realpath(path, NULL); // behind a link
    char *folder = g_path_get_dirname(target ? target : path);
    int code = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    g_free(folder);
    free(target);
    return code ? fail(error, path, code, g_strerror(code)) : 0;
}

int
mg_file_write(const char *path, const void *bytes, size_t length, GError **error)
{
    int kind = check_kind(path, error);
    if (kind)
        return kind;
    // Behind a link the file is replaced, not the link.
    char *target = realpath(path, NULL);
    int result = replace(target ? target : path, bytes, length);
    free(target);
    return result ? fail(error, path, -result,
                         result == -EBUSY ? "another program is writing it"
                                          : g_strerror(-result))
                  : 0;
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
