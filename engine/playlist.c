// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The playlist of presets.
#include "engine/playlist.h"

struct mg_preset *
mg_playlist_load(const struct mg_playlist *list, GError **error)
{
    struct mg_preset *preset = mg_preset_load(list->names[list->at], error);
    if (preset && mg_overrides_apply(list->overrides, preset, error) != 0) {
        mg_preset_destroy(preset);
        return NULL;
    }
    return preset;
}

char *
mg_playlist_tend(struct mg_playlist *list, struct mg_instrument *instrument,
                 GError **error)
{
    uint32_t wishes =
        atomic_load_explicit(&instrument->rt->next_wishes, memory_order_relaxed);
    if (wishes == list->granted || mg_instrument_is_changing(instrument))
        return NULL;
    list->granted++;
    list->at = list->names[list->at + 1] ? list->at + 1 : 0;
    struct mg_preset *preset = mg_playlist_load(list, error);
    char *name = NULL;
    if (preset && mg_instrument_change(instrument, preset, error) == 0)
        name = g_strdup(preset->name);
    mg_preset_destroy(preset);
    return name;
}
