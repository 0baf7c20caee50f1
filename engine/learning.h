// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI learn: the next controller that moves turns the control that was named.
#ifndef MG_ENGINE_LEARNING_H
#define MG_ENGINE_LEARNING_H

#include <glib.h>
#include <stdbool.h>

#include "engine/controller_map.h"
#include "engine/instrument.h"

struct mg_learning {
    char *const *names; // of controls, what is still to be learned; NULL: nothing
    struct mg_controller_map *map; // the user's own, kept in step with its file
    const char *path;              // of that file; the caller's
    uint32_t heard;                // of rt->turned
};

// The control that waits for a controller, or NULL when all are learned.
const char *mg_learning_wants(const struct mg_learning *learning);

// Binds the controller that moved since the last call, if one did, for this scene and
// those to come, and puts it into the file.  A knob is learned once: while it still
// moves nothing more is.  Returns the line that went into the file, to be freed with
// g_free(), or NULL; with one line in *error when the file could not be written, though
// it is bound.  Main thread.
char *mg_learning_tend(struct mg_learning *learning, struct mg_instrument *instrument,
                       GError **error);

#endif
