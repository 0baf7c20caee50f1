// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// libasound writes to stderr by itself when something is not there.
#ifndef MG_IO_ALSA_QUIET_H
#define MG_IO_ALSA_QUIET_H

#include <stdbool.h>

// Silences it, or lets it speak again; for the whole process.  Main thread.
void mg_alsa_set_quiet(bool quiet);

#endif
