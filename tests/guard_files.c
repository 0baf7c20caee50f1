// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A disk that fails, for any program: MG_FAULT=KIND MG_FAULT_AT=N LD_PRELOAD=guard_files.so
//
// Counts the calls of write, ftruncate, fsync and rename, and acts on the N-th:
//
//     kill         the process dies before the call
//     torn         it dies with half of the bytes written (the N-th of the writes alone)
//     short        half of the bytes are written, which is no error (so, too)
//     ENOSPC, EIO  the call fails; a write has written half of the bytes
//     full         that call and all later ones fail with ENOSPC
//     readonly     all of them, and each making of a file, fail with EROFS
//
// MG_FAULT_IN=TEXT: only files whose path holds TEXT are meant, and counted; a library's own
// pipes are not.
//
// No fsync goes through: processes are killed here, not machines, and it takes long.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h> // rename
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int calls;

// The real function behind this one.
static void
find_real(void *function, const char *name)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    memcpy(function, &symbol, sizeof symbol);
}

static bool
is_kind(const char *kind)
{
    const char *fault = getenv("MG_FAULT");
    return fault && strcmp(fault, kind) == 0;
}

static bool
is_meant(const char *path)
{
    const char *text = getenv("MG_FAULT_IN");
    return !text || strstr(path, text);
}

static bool
is_open_meant(int file)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return is_meant(path);
}

static bool
is_hit(bool meant)
{
    if (!meant)
        return false;
    const char *at = getenv("MG_FAULT_AT");
    int number = ++calls, wanted = at ? atoi(at) : 0;
    return is_kind("readonly") ||
           (wanted && (is_kind("full") ? number >= wanted : number == wanted));
}

static void
die(void)
{
    kill(getpid(), SIGKILL);
}

// Before a call that writes nothing by halves.  True: it fails, errno says why.
static bool
fails(bool meant)
{
    if (is_kind("torn") || is_kind("short") || !is_hit(meant))
        return false;
    if (is_kind("kill"))
        die();
    errno = is_kind("readonly") ? EROFS : is_kind("EIO") ? EIO : ENOSPC;
    return true;
}

ssize_t
write(int file, const void *bytes, size_t count)
{
    static __typeof__(write) *real;
    if (!real)
        find_real(&real, "write");
    if (!is_hit(is_open_meant(file)))
        return real(file, bytes, count);
    if (is_kind("kill"))
        die();
    ssize_t half = is_kind("readonly") ? 0 : real(file, bytes, count / 2);
    if (is_kind("short"))
        return half;
    if (is_kind("torn"))
        die();
    errno = is_kind("readonly") ? EROFS : is_kind("EIO") ? EIO : ENOSPC;
    return -1;
}

int
ftruncate(int file, off_t length)
{
    static __typeof__(ftruncate) *real;
    if (!real)
        find_real(&real, "ftruncate");
    return fails(is_open_meant(file)) ? -1 : real(file, length);
}

int
fsync(int file)
{
    return fails(is_open_meant(file)) ? -1 : 0;
}

int
rename(const char *from, const char *to)
{
    static __typeof__(rename) *real;
    if (!real)
        find_real(&real, "rename");
    return fails(is_meant(to)) ? -1 : real(from, to);
}

int
open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & O_CREAT ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if (!real)
        find_real(&real, "open");
    if (flags & O_CREAT && is_kind("readonly") && is_meant(path)) {
        errno = EROFS;
        return -1;
    }
    return real(path, flags, mode);
}
