// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Parts of the trainer whose libraries nothing else is to need: shared objects that are
// looked for when they are wanted.
#ifndef MG_TRAINER_PLUGIN_H
#define MG_TRAINER_PLUGIN_H

#include <glib.h>

// The address of a symbol in a plug-in: `file` beside the program, or where it is
// installed, or in the folder that MG_PLUGINS in the environment names.  The plug-in stays
// loaded: what it made may be anywhere.  NULL with one line in *error, which ends with the
// remedy where there is no such file.
void *mg_plugin_symbol(const char *file, const char *symbol, const char *remedy,
                       GError **error);

#endif
