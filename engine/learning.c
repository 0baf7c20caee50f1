// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI learn.
#include "engine/learning.h"

const char *
mg_learning_wants(const struct mg_learning *learning)
{
    return learning->names ? *learning->names : NULL;
}

char *
mg_learning_tend(struct mg_learning *learning, struct mg_instrument *instrument,
                 GError **error)
{
    const char *wanted = mg_learning_wants(learning);
    uint32_t turned =
        atomic_load_explicit(&instrument->rt->turned, memory_order_relaxed);
    uint32_t before = learning->heard;
    learning->heard = turned;
    // The low half is channel and controller, the high half counts.
    if (!wanted || turned == before || (turned & 0xffff) == (before & 0xffff))
        return NULL;
    struct mg_binding binding = {.control = mg_control_find(wanted),
                                 .channel = -1,
                                 .controller = (int)(turned & 0x7f)};
    if (mg_instrument_bind(instrument, &binding) != 0)
        return NULL; // a controller that means something else
    learning->names++;
    mg_controller_map_add(learning->map, &binding);
    if (mg_controller_map_store(learning->path, &binding, error) != 0)
        return NULL;
    return g_strdup_printf("%s=%d", wanted, binding.controller);
}
