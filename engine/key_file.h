// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Key files: the text of presets and controller maps, and the one line that says what is
// wrong with it.
#ifndef MG_ENGINE_KEY_FILE_H
#define MG_ENGINE_KEY_FILE_H

#include <glib.h>

// Loads a regular file of at most 64 KiB, with its comments.  Returns NULL with one line
// in *error; it is G_FILE_ERROR_NOENT where there is no such file.  The caller frees it.
// Any thread but real time.
GKeyFile *mg_key_file_load(const char *path, GError **error);

// Refuses groups that are not in `groups` (ended by NULL).  Returns 0 or -EINVAL with
// one line in *error.
int mg_key_file_check_groups(GKeyFile *file, const char *path,
                             const char *const *groups, GError **error);

// Puts "PATH: [GROUP] KEY: MESSAGE" into *error, and returns -EINVAL.
int mg_key_file_refuse(GError **error, const char *path, const char *group,
                       const char *key, const char *format, ...) G_GNUC_PRINTF(5, 6);

#endif
