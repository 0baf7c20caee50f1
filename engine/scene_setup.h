// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Making scenes out of presets, and freeing them.  Main thread.
#ifndef MG_ENGINE_SCENE_SETUP_H
#define MG_ENGINE_SCENE_SETUP_H

#include "engine/improviser.h"
#include "engine/preset.h"
#include "engine/scene.h"

// How the improviser of every scene plays, whatever the preset.
struct mg_scene_options {
    struct mg_network_config network;
    uint64_t seed; // where the preset has none
    bool repeatable;
    bool follows;
    int lowest_alone;                    // mg_improviser_config
    const struct mg_roll *prime;         // likewise; NULL: none
    const struct mg_controller_map *map; // the user's own; NULL: none
};

// The preset may go afterwards.  Returns NULL with one line in *error.
struct mg_scene *mg_scene_create(const struct mg_preset *preset,
                                 const struct mg_scene_options *options,
                                 GError **error);

// When neither the real-time thread nor the composer knows it any more.  Takes NULL.
void mg_scene_destroy(struct mg_scene *scene);

#endif
