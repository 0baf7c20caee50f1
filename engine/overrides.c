// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the command line puts in place of the preset's settings.
#include "engine/overrides.h"

#include <errno.h>
#include <string.h>

#include "engine/clock.h"

static int
refuse(GError **error, const char *what)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s", what);
    return -EINVAL;
}

void
mg_overrides_finish(struct mg_overrides *overrides)
{
    g_free(overrides->seed);
    g_free(overrides->tempo);
    g_free(overrides->channel);
    g_free(overrides->precision);
    g_free(overrides->temperature);
    g_strfreev(overrides->set);
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

// option: how it was asked for, for the error.
static int
set_control(float *values, enum mg_control control, const char *text,
            const char *option, GError **error)
{
    if (mg_control_parse(control, text, &values[control]))
        return 0;
    char *expected = mg_control_expected(control);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "%s: '%.40s' is not %s", option, text, expected);
    g_free(expected);
    return -EINVAL;
}

// setting: NAME=VALUE.
static int
set_named(float *values, const char *setting, GError **error)
{
    const char *sign = strchr(setting, '=');
    char *name = g_strndup(setting, sign ? (gsize)(sign - setting) : strlen(setting));
    enum mg_control control = mg_control_find(name);
    int code = 0;
    if (sign && mg_control_is_setting(control)) {
        char *option = g_strconcat("--set ", name, NULL);
        code = set_control(values, control, sign + 1, option, error);
        g_free(option);
    } else {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--set: '%.40s' is not CONTROL=VALUE; "
                    "musicguru-preset(5) has the controls",
                    setting);
        code = -EINVAL;
    }
    g_free(name);
    return code;
}

static int
set_controls(const struct mg_overrides *overrides, float *values, GError **error)
{
    int code = 0;
    if (overrides->temperature)
        code = set_control(values, MG_CONTROL_TEMPERATURE, overrides->temperature,
                           "--temperature", error);
    for (char **set = overrides->set; set && *set && code == 0; set++)
        code = set_named(values, *set, error);
    if (code == 0 && values[MG_CONTROL_LOWEST] > values[MG_CONTROL_HIGHEST])
        return refuse(error, "--set: lowest is above highest");
    return code;
}

int
mg_overrides_network(const struct mg_overrides *overrides,
                     struct mg_instrument_options *options, GError **error)
{
    const char *precision = overrides->precision;
    if (precision && strcmp(precision, "fp32") == 0)
        options->scene.network.precision = MG_PRECISION_FP32;
    else if (precision && strcmp(precision, "bf16") == 0)
        options->scene.network.precision = MG_PRECISION_BF16;
    else if (precision)
        return refuse(error, "--precision: neither fp32 nor bf16");
    if (overrides->threads < 0 || overrides->threads > 2)
        return refuse(error, "--threads: neither 1 nor 2");
    options->threads = overrides->threads;
    return 0;
}

int
mg_overrides_apply(const struct mg_overrides *overrides, struct mg_preset *preset,
                   GError **error)
{
    guint64 seed = 0;
    if (overrides->seed &&
        !g_ascii_string_to_unsigned(overrides->seed, 10, 0, G_MAXINT64, &seed, NULL))
        return refuse(error, "--seed: not a whole number from 0 to 2^63 - 1");
    if (overrides->seed)
        preset->seed = (int64_t)seed;
    guint64 channel = (guint64)preset->channel;
    if (overrides->channel && !g_ascii_string_to_unsigned(overrides->channel, 10, 1,
                                                          MG_CHANNELS, &channel, NULL))
        return refuse(error, "--channel: not a whole number from 1 to 16");
    preset->channel = (int64_t)channel;
    if (!read_number(overrides->tempo, MG_CLOCK_BPM_MIN, MG_CLOCK_BPM_MAX,
                     &preset->bpm))
        return refuse(error, "--tempo: not a number from 1 to 999");
    return set_controls(overrides, preset->control, error);
}
