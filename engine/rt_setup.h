// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Making and freeing the real-time core, and talking to it.  Any thread but real time.
#ifndef MG_ENGINE_RT_SETUP_H
#define MG_ENGINE_RT_SETUP_H

#include "engine/rt.h"

// Returns NULL when memory is short.  The config's numbers were checked by the caller.
struct mg_rt *mg_rt_create(const struct mg_rt_config *config);

// After the driver is closed and the composer has ended.  Takes NULL.
void mg_rt_destroy(struct mg_rt *rt);

// Asks for what enum mg_rt_command says; done in the next cycle.
void mg_rt_command(struct mg_rt *rt, enum mg_rt_command command);

// Offers the next scene, which is rt's from here on; it begins at the next bar line.  Once
// the one before has come back from the composer.
void mg_rt_offer(struct mg_rt *rt, struct mg_scene *scene);

// After MG_RT_QUIT: whether the last note-off has left.
bool mg_rt_is_quiet(struct mg_rt *rt);

#endif
