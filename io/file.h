// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Whole files in and out: bounded, regular files only; written beside and renamed.  And
// files as locks.
#ifndef MG_IO_FILE_H
#define MG_IO_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

// Reads a whole regular file of at most max_bytes.  Never blocks on a FIFO or a device.
// Returns NULL with one line in *error ("PATH: what is wrong").  Any thread but real
// time.
GBytes *mg_file_read(const char *path, size_t max_bytes, GError **error);

// Replaces a file whole or not at all: written beside it as PATH.part, fsynced, renamed.
// A PATH.part whose writer was killed is used again.  Returns 0 or -errno with one line in
// *error ("PATH: what is wrong"); the old file is then untouched (but for the last step of
// all, where only the folder could not be fsynced).
int mg_file_write(const char *path, const void *bytes, size_t length, GError **error);

// The same for a GBytes, which it unrefs.
int mg_file_write_bytes(const char *path, GBytes *bytes, GError **error);

// Whether two paths lead to the same file, which need not be there.
bool mg_file_is_same(const char *a, const char *b);

// Before the work that ends in mg_file_write(): whether `path` can be written as things are,
// and is none of `inputs` (NULL-terminated paths, there or not), which would be lost.  Makes
// nothing.  Returns 0 or -errno with one line in *error.
int mg_file_check_output(const char *path, char *const *inputs, GError **error);

// Takes the lock file `path`, made where it is missing; it falls with the process, however
// that ends.  Returns a descriptor to be given back, or -errno with one line in *error:
// -EBUSY where another process has it.  A file system without locks grants it always.
int mg_file_lock(const char *path, GError **error);

// Removes the lock file and lets go of it.  lock < 0: does nothing.
void mg_file_unlock(const char *path, int lock);

#endif
