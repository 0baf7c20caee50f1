// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Controller maps: which MIDI controller turns what, as a preset says it and as the user
// does.
//
// A map is the group [controllers] of a key file, a line for each control:
//
//     temperature=74      controller 74 on any channel
//     density=71@3        controller 71 on channel 3 alone
//
// The user's own stands over that of a preset, so that a keyboard keeps its knobs from
// preset to preset.  Main thread.
#ifndef MG_ENGINE_CONTROLLER_MAP_H
#define MG_ENGINE_CONTROLLER_MAP_H

#include <glib.h>
#include <stdbool.h>

#include "engine/controls.h"

#define MG_CONTROLLER_MAP_GROUP "controllers"

struct mg_binding {
    enum mg_control control;
    int channel; // 0..15; -1: all
    int controller;
};

struct mg_controller_map {
    int count;
    struct mg_binding bindings[MG_CONTROL_COUNT]; // one for each control at most
};

// "74" or "74@3" (channel 1..16).  Returns whether it is that, and the controller free.
bool mg_controller_map_parse(const char *text, int *channel, int *controller);

// Adds a binding; the one that its control had, and that of another control on this very
// controller, give way.
void mg_controller_map_add(struct mg_controller_map *map,
                           const struct mg_binding *binding);

// Reads the group of a key file, if it is there; path: of that file, for the error.
// Returns 0, or -EINVAL with one line in *error ("FILE: [controllers] KEY: what is
// wrong").
int mg_controller_map_read(GKeyFile *file, const char *path,
                           struct mg_controller_map *map, GError **error);

// The user's own: musicguru/controllers under $XDG_CONFIG_HOME.  To be freed with
// g_free().
char *mg_controller_map_path(void);

// Loads a map; without a file it is empty.  Returns 0 or -errno with one line in *error.
int mg_controller_map_load(const char *path, struct mg_controller_map *map,
                           GError **error);

// Binds all that the map says.  What is said of one channel stands over what is said of
// all.
void mg_controller_map_apply(const struct mg_controller_map *map,
                             struct mg_controls *controls);

// Puts one binding into the file: other lines and comments stay, but for another control
// on this very controller.  Makes the folder if it is missing; replaces the file whole
// or, where it cannot be read, not at all.  Returns 0 or -errno with one line in *error.
int mg_controller_map_store(const char *path, const struct mg_binding *binding,
                            GError **error);

#endif
