// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Making scenes out of presets.
#include "engine/scene_setup.h"

static void
set_controls(struct mg_controls *controls, const struct mg_preset *preset,
             const struct mg_controller_map *own)
{
    static const struct mg_binding BUTTONS[] = {{MG_CONTROL_MUTE, -1, 80},
                                                {MG_CONTROL_NEXT, -1, 81},
                                                {MG_CONTROL_PANIC, -1, 82}};
    mg_controls_init(controls);
    // A preset or a bare model that binds nothing can be left, and silenced, all the same.
    for (size_t i = 0; i < G_N_ELEMENTS(BUTTONS); i++)
        mg_controls_bind(controls, BUTTONS[i].control, BUTTONS[i].channel,
                         BUTTONS[i].controller);
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        mg_control_set(controls, (enum mg_control)i, preset->control[i]);
    mg_controller_map_apply(&preset->controllers, controls);
    if (own)
        mg_controller_map_apply(own, controls);
}

struct mg_scene *
mg_scene_create(const struct mg_preset *preset, const struct mg_scene_options *options,
                GError **error)
{
    struct mg_improviser_config config = {
        .network = options->network,
        .seed = preset->seed >= 0 ? (uint64_t)preset->seed : options->seed,
        .fill_below = (int)preset->fill_below,
        .repeatable = options->repeatable,
        .follows = options->follows,
        .lowest_alone = options->lowest_alone,
        .prime = options->prime,
    };
    struct mg_improviser *improviser =
        mg_improviser_create(preset->model, &config, error);
    if (!improviser)
        return NULL;
    struct mg_scene *scene = g_new0(struct mg_scene, 1);
    scene->steps_per_quarter = preset->model->layout.shape.steps_per_quarter;
    scene->bpm = preset->bpm;
    scene->beats_per_bar = preset->beats_per_bar;
    scene->beat_type = preset->beat_type;
    scene->channel = (int)preset->channel - 1;
    scene->improviser = improviser;
    set_controls(&scene->controls, preset, options->map);
    return scene;
}

void
mg_scene_destroy(struct mg_scene *scene)
{
    if (!scene)
        return;
    mg_improviser_destroy(scene->improviser);
    g_free(scene);
}
