// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-compose: the instrument under the offline driver, into a MIDI file.
#include <math.h>
#include <stdio.h>

#include "engine/instrument.h"
#include "engine/overrides.h"
#include "engine/prime.h"
#include "io/file.h"
#include "io/offline.h"
#include "io/picture.h"
#include "io/program.h"
#include "io/smf.h"

enum {
    STEPS = 256,         // 32 bars of eighth notes
    STEPS_MAX = 1000000, // a day and a half of them
    RATE_HZ = 48000,
    SEED = 1,
};

// The command line; strings owned.
struct arguments {
    char *output;
    char *picture; // or NULL
    char *prime;
    int steps;
    struct mg_overrides overrides;
};

// Saves what the instrument played in `frames` frames, and draws it if that is wanted.
static int
save(struct mg_instrument *instrument, uint64_t frames, const char *midi,
     const char *picture, GError **error)
{
    struct mg_smf smf;
    int left_out = mg_recorder_to_smf(instrument->recorder, frames, RATE_HZ, &smf);
    int code = mg_smf_save(midi, &smf, error);
    if (code == 0 && left_out)
        fprintf(stderr, "mg-compose: %s: too long for a MIDI file; %d notes left out\n",
                midi, left_out);
    if (code == 0 && picture)
        code = mg_picture_piano_roll(&smf, picture, error);
    mg_smf_finish(&smf);
    return code;
}

static uint64_t
seed_of(const struct mg_preset *preset)
{
    return preset->seed >= 0 ? (uint64_t)preset->seed : SEED;
}

// Runs the song of `steps` steps and saves it.
static int
compose(const struct mg_preset *preset, const struct mg_instrument_options *options,
        int steps, const struct arguments *arguments)
{
    GError *error = NULL;
    struct mg_instrument *instrument = mg_instrument_create(preset, options, &error);
    if (!instrument)
        return mg_program_fail_error(error);
    double spq = preset->model->layout.shape.steps_per_quarter;
    struct mg_driver_config config = {.run = mg_rt_run,
                                      .context = instrument->rt,
                                      .work = mg_instrument_work,
                                      .work_context = instrument,
                                      .rate_hz = RATE_HZ};
    struct mg_offline offline = {
        .config = &config,
        .frames = (uint64_t)floor(steps * 60.0 * RATE_HZ / (preset->bpm * spq) + 0.5),
    };
    int code = mg_offline_run(&offline);
    if (code == 0) {
        mg_instrument_end(instrument, RATE_HZ);
        code = save(instrument, offline.frames, arguments->output, arguments->picture,
                    &error);
    } else {
        g_set_error(&error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "not enough memory");
    }
    if (code == 0)
        printf("%s: %d notes in %d steps at %g BPM, seed %" G_GUINT64_FORMAT "\n",
               arguments->output, mg_recorder_notes(instrument->recorder), steps,
               preset->bpm, seed_of(preset));
    mg_instrument_destroy(instrument);
    return code == 0 ? MG_PROGRAM_DONE : mg_program_fail_error(error);
}

// What is wrong with the files to be written is said before the work.
static int
check_outputs(const struct arguments *arguments, char *name, GError **error)
{
    char *const others[] = {arguments->output, name, arguments->prime, NULL};
    int code = mg_file_check_output(arguments->output, others + 1, error);
    if (code != 0 || !arguments->picture)
        return code;
    code = mg_picture_check(arguments->picture, error);
    return code != 0 ? code : mg_file_check_output(arguments->picture, others, error);
}

static int
run(const struct arguments *arguments, char *name)
{
    GError *error = NULL;
    if (check_outputs(arguments, name, &error) != 0)
        return mg_program_fail_error(error);
    struct mg_preset *preset = mg_preset_load(name, &error);
    if (!preset)
        return mg_program_fail_error(error);
    struct mg_roll prime = {0};
    struct mg_instrument_options options = {.scene = {.seed = SEED}, .record = true};
    int status = MG_PROGRAM_GO_ON;
    if (arguments->prime) {
        if (mg_prime_load(arguments->prime, &preset->model->layout.shape, &prime,
                          &preset->bpm, &error) != 0)
            status = mg_program_fail_error(error);
        options.scene.prime = &prime;
    }
    if (status == MG_PROGRAM_GO_ON &&
        (mg_overrides_apply(&arguments->overrides, preset, &error) != 0 ||
         mg_overrides_network(&arguments->overrides, &options, &error) != 0)) {
        status = mg_program_usage("%s", error->message);
        g_error_free(error);
    }
    if (status == MG_PROGRAM_GO_ON)
        status = compose(preset, &options, prime.steps + arguments->steps, arguments);
    mg_roll_finish(&prime);
    mg_preset_destroy(preset);
    return status;
}

int
main(int argc, char **argv)
{
    struct arguments arguments = {.steps = STEPS};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments.output,
         "The MIDI file to write", "FILE"},
        {"seed", 's', 0, G_OPTION_ARG_STRING, &arguments.overrides.seed,
         "Same seed, same music (default: the preset's, or 1)", "N"},
        {"steps", 'n', 0, G_OPTION_ARG_INT, &arguments.steps,
         "Steps to compose (default 256)", "N"},
        {"picture", 0, 0, G_OPTION_ARG_FILENAME, &arguments.picture,
         "Draw the piano roll as PNG or SVG", "FILE"},
        {"prime", 'p', 0, G_OPTION_ARG_FILENAME, &arguments.prime,
         "Go on from this MIDI file; the output begins with it", "FILE"},
        {"tempo", 't', 0, G_OPTION_ARG_STRING, &arguments.overrides.tempo,
         "Quarter notes a minute (default: the prime's or the preset's)", "BPM"},
        {"temperature", 'T', 0, G_OPTION_ARG_STRING, &arguments.overrides.temperature,
         "Under 1 plays safe, over 1 takes risks", "X"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.overrides.set,
         "Put a control of the preset elsewhere; may be repeated", "CONTROL=VALUE"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &arguments.overrides.precision,
         "Weights in fp32 or bf16 (default: as the model's file has them)", "FORMAT"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &arguments.overrides.threads,
         "Threads that compute a step, 1 or 2 (default 1)", "N"},
        {0},
    };
    int status =
        mg_program_parse(&argc, &argv, "mg-compose", "PRESET|MODEL",
                         "Composes with a trained network into a MIDI file.", entries);
    if (status == MG_PROGRAM_GO_ON) {
        if (argc != 2)
            status = mg_program_usage("name one preset or model");
        else if (!arguments.output)
            status = mg_program_usage("-o FILE: name the file to write");
        else if (arguments.steps < 1 || arguments.steps > STEPS_MAX)
            status =
                mg_program_usage("--steps: not a whole number from 1 to %d", STEPS_MAX);
        else
            status = run(&arguments, argv[1]);
    }
    g_free(arguments.output);
    g_free(arguments.picture);
    g_free(arguments.prime);
    mg_overrides_finish(&arguments.overrides);
    return mg_program_end(status);
}
