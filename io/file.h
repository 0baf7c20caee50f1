// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Whole files in and out: bounded, regular files only; written beside and renamed.
#ifndef MG_IO_FILE_H
#define MG_IO_FILE_H

#include <glib.h>
#include <stddef.h>

// Reads a whole regular file of at most max_bytes.  Never blocks on a FIFO or a device.
// Returns NULL with one line in *error ("PATH: what is wrong").  Any thread but real
// time.
GBytes *mg_file_read(const char *path, size_t max_bytes, GError **error);

// Replaces a file whole or not at all: written beside it, fsynced, renamed.  Returns 0
// or -errno with one line in *error ("PATH: what is wrong"); the old file is then
// untouched.
int mg_file_write(const char *path, const void *bytes, size_t length, GError **error);

// The same for a GBytes, which it unrefs.
int mg_file_write_bytes(const char *path, GBytes *bytes, GError **error);

#endif
