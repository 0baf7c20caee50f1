// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The playlist: the presets of a performance, one after the other as the player wishes.
#ifndef MG_ENGINE_PLAYLIST_H
#define MG_ENGINE_PLAYLIST_H

#include <glib.h>

#include "engine/instrument.h"
#include "engine/overrides.h"

struct mg_playlist {
    char *const *names; // NULL-terminated, one at least; the caller's
    const struct mg_overrides *overrides;
    guint at;
    uint32_t granted; // wishes for the next preset
};

// Loads the preset that the list stands at, with the overrides.  Returns NULL with one
// line in *error.  Main thread, as below.
struct mg_preset *mg_playlist_load(const struct mg_playlist *list, GError **error);

// Goes on to the next preset, or to the first after the last, if the player has asked for
// it: it is read anew and begins at the next bar line.  Returns its name, which is the
// caller's to free; NULL when nothing was asked for; NULL with one line in *error when
// it does not load: the old one plays on, and the next wish is for the one after.
char *mg_playlist_tend(struct mg_playlist *list, struct mg_instrument *instrument,
                       GError **error);

#endif
