// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The search for MIDI files in a list of files and folders.
#ifndef MG_TRAINER_FILES_H
#define MG_TRAINER_FILES_H

#include <glib.h>

// One file found.
struct mg_found {
    char *path; // as to be opened
    char *name; // relative to its argument; of a file argument the last part
};

// Finds the MIDI files of `arguments` (NULL-terminated): a file is taken whatever its
// name, a folder is searched at every depth for .mid, .midi, .rmi and .kar in any case,
// in byte order.  No file is found twice and no folder entered twice, so that a loop of
// links ends. *found: of struct mg_found *, in the order of the arguments; the caller
// unrefs it.  Returns 0, or -errno with one line in *error when an argument is missing
// or a folder cannot be read; *found is then NULL.  Any thread but real time.
int mg_files_find(char *const *arguments, GPtrArray **found, GError **error);

// What a file is, whatever the name it goes by: its device and inode, or the absolute path
// where there is none.  The caller frees it with g_free().
char *mg_files_identity(const char *path);

#endif
