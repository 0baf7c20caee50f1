// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Writes a random model for the end-to-end tests:
//
//     probe_model FILE [small | reference [STEPS_PER_QUARTER]]
//
// A small one, or one of the reference size, in eighths if nothing else is said.  Its output bias is raised so that it
// plays several notes a step: a test of silence would pass too easily.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "model/model.h"
#include "model/model_file.h"
#include "model/random.h"

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    bool reference = argc > 2 && strcmp(argv[2], "reference") == 0;
    struct mg_shape shape = {
        .lowest_note = 21,
        .notes = 88,
        .steps_per_quarter = argc > 3 ? atoi(argv[3]) : 2,
        .time_layers = 2,
        .time_units = {reference ? 300 : 24, reference ? 300 : 24},
        .note_layers = 2,
        .note_units = {reference ? 100 : 12, reference ? 50 : 8},
        .feature_set = reference ? MG_FEATURE_SET_SEED : MG_FEATURE_SET_FULL,
    };
    GError *error = NULL;
    struct mg_model *model = mg_model_create(&shape, &error);
    int rc = model ? 0 : -1;
    if (model) {
        mg_model_randomize(model, 1);
        float *bias = model->weights + model->layout.out_bias;
        bias[0] = -3.0f; // some twelve of 88 keys
        bias[1] = 0.0f;
        // A fresh model hears nothing yet: its output weights are 0.
        float *out = model->weights + model->layout.out_weight;
        for (int i = 0; i < 2 * shape.note_units[1]; i++)
            out[i] =
                2.0f *
                    mg_random_unit(
                        mg_random_at(1, MG_RANDOM_CHOICE, (uint32_t)i, 0, 0).word[0]) -
                1.0f;
        mg_model_set(model, "name", "random");
        rc = mg_file_write_bytes(argv[1], mg_model_encode(model), &error);
    }
    mg_model_destroy(model);
    if (rc != 0)
        fprintf(stderr, "probe_model: %s\n", error ? error->message : "failed");
    g_clear_error(&error);
    return rc != 0;
}
