// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line puts in place of the preset's settings.
#include "engine/overrides.h"

#include <errno.h>

#include "engine/clock.h"

static int
refuse(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", what);
    return -EINVAL;
}

void
mg_overrides_finish(struct mg_overrides *overrides)
{
    g_free(overrides->seed);
    g_free(overrides->tempo);
    g_free(overrides->temperature);
    *overrides = (struct mg_overrides){0};
}

// The number that was typed, or *value as it is where nothing was.  Returns false where
// it is none from least to most; NaN is none.
static bool
read_number(const char *typed, double least, double most, double *value)
{
    char *end = NULL;
    if (typed)
        *value = g_ascii_strtod(typed, &end);
    return (!typed || (end != typed && *end == '\0')) && *value >= least &&
           *value <= most;
}

int
mg_overrides_apply(const struct mg_overrides *overrides,
                   struct mg_instrument_options *options, GError **error)
{
    if (overrides->seed &&
        !g_ascii_string_to_unsigned(overrides->seed, 10, 0, G_MAXINT64, &options->seed,
                                    NULL))
        return refuse(error, "--seed: not a whole number from 0 to 2^63 - 1");
    if (!read_number(overrides->tempo, MG_CLOCK_BPM_MIN, MG_CLOCK_BPM_MAX,
                     &options->bpm))
        return refuse(error, "--tempo: not a number from 1 to 999");
    if (!read_number(overrides->temperature, 0.1, 10.0, &options->temperature))
        return refuse(error, "--temperature: not a number from 0.1 to 10");
    return 0;
}
