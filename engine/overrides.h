// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line puts in place of the preset's settings; the same for all programs.
#ifndef MG_ENGINE_OVERRIDES_H
#define MG_ENGINE_OVERRIDES_H

#include "engine/instrument.h"

struct mg_overrides {
    char *seed;         // as typed, owned by the caller; NULL: not given
    double bpm;         // NaN: not given
    double temperature; // NaN: not given
};

#define MG_OVERRIDES_NONE                                                              \
    {                                                                                  \
        NULL, NAN, NAN                                                                 \
    }

// Puts what was given in place.  Returns 0, or -EINVAL with one line in *error.
int mg_overrides_apply(const struct mg_overrides *overrides,
                       struct mg_instrument_options *options, GError **error);

#endif
