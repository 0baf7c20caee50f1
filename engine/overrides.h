// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line says of how a preset is played; the same for all programs.
#ifndef MG_ENGINE_OVERRIDES_H
#define MG_ENGINE_OVERRIDES_H

#include "engine/instrument.h"
#include "engine/preset.h"

struct mg_overrides {
    char *seed; // each as typed, owned; NULL: not given
    char *tempo;
    char *channel;
    char *precision; // fp32 or bf16
    int threads;     // 0: not given
    char *temperature;
    char **set; // CONTROL=VALUE each
};

// Frees the strings and zeroes the struct; takes a zeroed one.
void mg_overrides_finish(struct mg_overrides *overrides);

// How the network is computed.  Returns as below.
int mg_overrides_network(const struct mg_overrides *overrides,
                         struct mg_instrument_options *options, GError **error);

// Puts what was given in place of what the preset says.  Returns 0, or -EINVAL with one line in *error, of
// the domain G_OPTION_ERROR.
int mg_overrides_apply(const struct mg_overrides *overrides, struct mg_preset *preset,
                       GError **error);

#endif
