// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-play's command line.
#include "engine/play_options.h"

#include <string.h>

#include "engine/controls.h"
#include "io/driver.h"
#include "io/program.h"

static bool
is_one_of(const char *text, const char *const *words)
{
    return text && g_strv_contains(words, text);
}

// What can be said of single options.
static int
check_values(const struct mg_play_options *options)
{
    static const char *const DRIVERS[] = {"jack", "alsa", "synth", "offline", NULL};
    if (options->driver && !is_one_of(options->driver, DRIVERS))
        return mg_program_usage("--driver: '%s' is none of jack, alsa, synth, offline",
                                options->driver);
    if (!(options->duration >= 0.0 && options->duration <= 1e9))
        return mg_program_usage("--duration: not a number of seconds");
    if (options->split < 0 || options->split > 127)
        return mg_program_usage("--split: not a MIDI note from 1 to 127");
    for (char **name = options->learn; name && *name; name++)
        if (mg_control_find(*name) == MG_CONTROL_NONE)
            return mg_program_usage(
                "--learn: '%.40s' is no control; musicguru-preset(5) has them", *name);
    return MG_PROGRAM_GO_ON;
}

// What two of them together say.
static int
check_together(const struct mg_play_options *options)
{
    static const char *const FILES[] = {"offline", NULL};
    static const char *const WIRES[] = {"jack", "alsa", NULL};
    bool is_wired = !options->driver || is_one_of(options->driver, WIRES);
    if (is_one_of(options->driver, FILES) && options->duration > MG_SYNTH_SECONDS_MAX)
        return mg_program_usage("--duration: more than %d seconds into a file",
                                MG_SYNTH_SECONDS_MAX);
    if ((options->timebase || options->start) && options->driver &&
        strcmp(options->driver, "jack") != 0)
        return mg_program_usage("--timebase and --start: only with JACK");
    if ((options->clock_in || options->clock_out) && !is_wired)
        return mg_program_usage("--clock-in and --clock-out: only with JACK and ALSA");
    if (options->clock_in && options->free_run)
        return mg_program_usage("--clock-in and --free-run: choose one clock");
    return MG_PROGRAM_GO_ON;
}

static int
take_presets(int argc, char **argv, struct mg_play_options *options)
{
    if (argc < 2)
        return mg_program_usage("name a preset or model");
    options->presets = g_strdupv(argv + 1);
    if (!options->name)
        options->name = g_strdup("musicguru");
    return MG_PROGRAM_GO_ON;
}

static int
check(int argc, char **argv, struct mg_play_options *options)
{
    int status = check_values(options);
    if (status == MG_PROGRAM_GO_ON)
        status = check_together(options);
    if (status == MG_PROGRAM_GO_ON)
        status = take_presets(argc, argv, options);
    return status;
}

int
mg_play_options_parse(int *argc, char ***argv, struct mg_play_options *options)
{
    const GOptionEntry entries[] = {
        {"driver", 'd', 0, G_OPTION_ARG_STRING, &options->driver,
         "jack, alsa, synth or offline (default: jack, else synth)", "DRIVER"},
        {"name", 'n', 0, G_OPTION_ARG_STRING, &options->name,
         "JACK or ALSA client name (default musicguru)", "NAME"},
        {"connect", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &options->connect,
         "Connect to this port, now or when it appears", "PORT"},
        {"wait", 'w', 0, G_OPTION_ARG_NONE, &options->wait,
         "Wait for the server to appear", NULL},
        {"free-run", 'f', 0, G_OPTION_ARG_NONE, &options->free_run,
         "Play at once, whatever the transport does", NULL},
        {"start", 0, 0, G_OPTION_ARG_NONE, &options->start, "Roll the JACK transport",
         NULL},
        {"timebase", 0, 0, G_OPTION_ARG_NONE, &options->timebase,
         "Be JACK's timebase master if there is none", NULL},
        {"clock-in", 0, 0, G_OPTION_ARG_NONE, &options->clock_in,
         "Follow the MIDI clock of the input", NULL},
        {"clock-out", 0, 0, G_OPTION_ARG_NONE, &options->clock_out, "Send a MIDI clock",
         NULL},
        {"seed", 's', 0, G_OPTION_ARG_STRING, &options->overrides.seed,
         "Same seed, same choices (default: the preset's, or a new one)", "N"},
        {"repeatable", 'R', 0, G_OPTION_ARG_NONE, &options->repeatable,
         "Same place, same music", NULL},
        {"tempo", 't', 0, G_OPTION_ARG_STRING, &options->overrides.tempo,
         "Quarter notes a minute where the transport has no tempo", "BPM"},
        {"temperature", 'T', 0, G_OPTION_ARG_STRING, &options->overrides.temperature,
         "Under 1 plays safe, over 1 takes risks", "X"},
        {"channel", 0, 0, G_OPTION_ARG_STRING, &options->overrides.channel,
         "MIDI channel of the output (default: the preset's)", "1..16"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->overrides.set,
         "Put a control of the preset elsewhere; may be repeated", "CONTROL=VALUE"},
        {"learn", 'l', 0, G_OPTION_ARG_STRING_ARRAY, &options->learn,
         "Bind the next controller moved; may be repeated", "CONTROL"},
        {"follow", 0, 0, G_OPTION_ARG_NONE, &options->follow,
         "Play only while, and some bars after, somebody plays", NULL},
        {"split", 0, 0, G_OPTION_ARG_INT, &options->split,
         "Leave the keys below this one to the hand", "NOTE"},
        {"thru", 0, 0, G_OPTION_ARG_NONE, &options->thru,
         "Send the notes of the input on to the output", NULL},
        {"record", 'r', 0, G_OPTION_ARG_FILENAME, &options->record,
         "Save what was played to this MIDI file", "FILE"},
        {"duration", 0, 0, G_OPTION_ARG_DOUBLE, &options->duration,
         "Stop after this long", "SECONDS"},
        {"soundfont", 0, 0, G_OPTION_ARG_FILENAME, &options->soundfont,
         "For the built-in synth (default: an installed one)", "FILE"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &options->overrides.precision,
         "Weights in fp32 or bf16 (default: as the model's file has them)", "FORMAT"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &options->overrides.threads,
         "Threads that compute a step, 1 or 2 (default 1)", "N"},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &options->json,
         "Print the figures at the end as JSON", NULL},
        {0},
    };
    int status =
        mg_program_parse(argc, argv, "mg-play", "PRESET|MODEL...",
                         "Improvises with a trained network, in real time.", entries);
    return status == MG_PROGRAM_GO_ON ? check(*argc, *argv, options) : status;
}

void
mg_play_options_finish(struct mg_play_options *options)
{
    g_strfreev(options->presets);
    g_free(options->driver);
    g_free(options->name);
    g_strfreev(options->connect);
    g_free(options->soundfont);
    g_free(options->record);
    g_strfreev(options->learn);
    mg_overrides_finish(&options->overrides);
    *options = (struct mg_play_options){0};
}
