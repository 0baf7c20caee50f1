// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line puts in place of the preset's settings; the same for all
// programs.
#ifndef MG_ENGINE_OVERRIDES_H
#define MG_ENGINE_OVERRIDES_H

#include "engine/preset.h"

struct mg_overrides {
    char *seed; // each as typed, owned; NULL: not given
    char *tempo;
    char *channel;
    char *temperature;
    char **set; // CONTROL=VALUE each
};

// Frees the strings and zeroes the struct; takes a zeroed one.
void mg_overrides_finish(struct mg_overrides *overrides);

// Puts what was given in place.  Returns 0, or -EINVAL with one line in *error, of
// the domain G_OPTION_ERROR.
int mg_overrides_apply(const struct mg_overrides *overrides, struct mg_preset *preset,
                       GError **error);

#endif
