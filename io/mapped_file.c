// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A small file as memory.
#include "io/mapped_file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fail(GError **error, const char *path, const char *what)
{
    g_autofree char *shown = g_filename_display_name(path);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", shown, what);
}

char *
mg_mapped_file_path(const char *name, const char *suffix, GError **error)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    if (!runtime || !g_path_is_absolute(runtime)) {
        fail(error, "XDG_RUNTIME_DIR", "not set to a folder");
        return NULL;
    }
    g_autofree char *folder = g_build_filename(runtime, "musicguru", NULL);
    if (g_mkdir(folder, 0700) != 0 && errno != EEXIST) {
        fail(error, folder, g_strerror(errno));
        return NULL;
    }
    // Different names give different files.
    g_autofree char *escaped = g_uri_escape_string(name, NULL, FALSE);
    g_autofree char *file = g_strconcat(escaped, ".", suffix, NULL);
    return g_build_filename(folder, file, NULL);
}

// Locks the file and gives it its size.  Returns 0 or -errno.
static int
prepare(int file, size_t bytes)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return -errno;
    if (!S_ISREG(status.st_mode))
        return -EINVAL;
    if (flock(file, LOCK_EX | LOCK_NB) != 0)
        return -errno;
    // Asked again: who held the lock may have changed it.
    if (fstat(file, &status) != 0)
        return -errno;
    if (status.st_size != (off_t)bytes && ftruncate(file, 0) != 0)
        return -errno;
    // A hole that cannot be filled later would be a SIGBUS.
    return -posix_fallocate(file, 0, (off_t)bytes);
}

void *
mg_mapped_file_open(const char *path, size_t bytes, GError **error)
{
    // Not waiting for somebody at the other end of a FIFO.
    int file = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (file < 0) {
        fail(error, path, errno == ELOOP ? "is a symbolic link" : g_strerror(errno));
        return NULL;
    }
    int code = prepare(file, bytes);
    void *memory = MAP_FAILED;
    if (code == 0) {
        memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        code = memory == MAP_FAILED ? -errno : 0;
    }
    // The lock is the open file's, which the mapping keeps open.
    close(file);
    if (code == 0)
        return memory;
    fail(error, path,
         code == -EWOULDBLOCK ? "another process uses it"
         : code == -EINVAL    ? "no regular file"
                              : g_strerror(-code));
    return NULL;
}

void
mg_mapped_file_close(void *memory, size_t bytes)
{
    if (memory)
        munmap(memory, bytes);
}
