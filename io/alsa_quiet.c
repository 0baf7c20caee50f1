// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// libasound writes to stderr by itself when something is not there.
#include "io/alsa_quiet.h"

#include <alsa/asoundlib.h>

static void
drop_line(const char *file, int line, const char *function, int code,
          const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)code;
    (void)format;
}

void
mg_alsa_set_quiet(bool quiet)
{
    snd_lib_error_set_handler(quiet ? drop_line : NULL);
}
