// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A small file as memory: what is written to it is there when the process is gone,
// however it went.
#ifndef MG_IO_MAPPED_FILE_H
#define MG_IO_MAPPED_FILE_H

#include <glib.h>
#include <stddef.h>

// Where such a file belongs: $XDG_RUNTIME_DIR/musicguru/NAME.SUFFIX, whose folder is
// made.  It lies in memory: a file on a disk may make the thread that writes to it wait.
// NAME may hold any character.  Returns the path, to be freed with g_free(), or NULL
// with one line in *error.  Main thread, as all below.
char *mg_mapped_file_path(const char *name, const char *suffix, GError **error);

// Maps `bytes` bytes of a regular file, which is made (for the user alone) where there
// is none.  A file of another size loses its contents: it becomes `bytes` zeros.  The
// memory is there for certain: writing to it does not fail later.  Nobody else can open
// the file so until it is closed, or the process has ended.  Returns NULL with one line
// in *error.
void *mg_mapped_file_open(const char *path, size_t bytes, GError **error);

// Takes what open returned, or NULL.  The file stays.
void mg_mapped_file_close(void *memory, size_t bytes);

#endif
