// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The parts of the real-time core, for each other: rt.c runs the cycle, rt_talk.c talks
// to the composer, rt_step.c plays the steps, rt_hand.c hears the hand.
#ifndef MG_ENGINE_RT_PARTS_H
#define MG_ENGINE_RT_PARTS_H

#include "engine/rt.h"

// --- rt_talk.c -----------------------------------------------------------------------

// The hand struck or let go of a key, at a frame of this cycle.
MG_RT void mg_rt_tell_key(struct mg_rt *rt, int key, bool on, uint32_t frame);

// The step before `step` is over: the composer is to decide `step` of `scene`.  struck:
// the revision that sounded, 0 if none did.
MG_RT void mg_rt_ask_next(struct mg_rt *rt, struct mg_scene *scene, int64_t step,
                          uint32_t struck);

// Sends what is owed to the composer.
MG_RT void mg_rt_tell_composer(struct mg_rt *rt);

// Wakes it if it was told something.
MG_RT void mg_rt_wake_composer(struct mg_rt *rt);

MG_RT void mg_rt_take_decisions(struct mg_rt *rt);

// Whether the decision of `step` is there; in freewheel, after waiting for it.
MG_RT bool mg_rt_find_decision(struct mg_rt *rt, const struct mg_cycle *cycle,
                               int64_t step);

// --- rt_step.c -----------------------------------------------------------------------

// Plays a step of this cycle: rt->now.steps[i].
MG_RT void mg_rt_run_step(struct mg_rt *rt, struct mg_outlet *outlet, int i);

// Sounds the first step of a generation if its decision has come since, in its time.
MG_RT void mg_rt_try_delayed(struct mg_rt *rt, struct mg_outlet *outlet);

// Gives up waiting for it.
MG_RT void mg_rt_drop_delayed(struct mg_rt *rt);

// The clocks take the scene's metre.
MG_RT void mg_rt_take_metre(struct mg_rt *rt);

// Takes what main offers, and begins it if nothing rolls.
MG_RT void mg_rt_take_scene(struct mg_rt *rt, bool rolling);

// --- rt_hand.c -----------------------------------------------------------------------

// Hears one event of the input, at a frame of this cycle.
MG_RT void mg_rt_hear(struct mg_rt *rt, struct mg_outlet *outlet,
                      const struct mg_midi_event *event, uint32_t frame);

#endif
