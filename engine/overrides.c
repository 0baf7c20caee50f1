// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line puts in place of the preset's settings.
#include "engine/overrides.h"

#include <errno.h>
#include <math.h>

#include "engine/clock.h"

static int
refuse(GError **error, const char *what)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s", what);
    return -EINVAL;
}

int
mg_overrides_apply(const struct mg_overrides *overrides,
                   struct mg_instrument_options *options, GError **error)
{
    if (overrides->seed &&
        !g_ascii_string_to_unsigned(overrides->seed, 10, 0, G_MAXINT64, &options->seed,
                                    NULL))
        return refuse(error, "--seed: not a whole number from 0 to 2^63 - 1");
    if (!isnan(overrides->bpm))
        options->bpm = overrides->bpm;
    if (!(options->bpm >= MG_CLOCK_BPM_MIN && options->bpm <= MG_CLOCK_BPM_MAX))
        return refuse(error, "--tempo: not a number from 1 to 999");
    if (!isnan(overrides->temperature))
        options->temperature = overrides->temperature;
    if (!(options->temperature >= 0.1 && options->temperature <= 10.0))
        return refuse(error, "--temperature: not a number from 0.1 to 10");
    return 0;
}
