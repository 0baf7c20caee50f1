// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The controls: what a player can turn while it plays, and which MIDI controllers turn
// it.
//
// One table says name, range and default of each; presets, the command line, MIDI and
// the manual all go by it.  The values are single atomics with relaxed order, for each
// means something alone: a step is played with what stands there when it is drawn, so
// that a turned knob is heard at the next step and never in the middle of one.
#ifndef MG_ENGINE_CONTROLS_H
#define MG_ENGINE_CONTROLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/mark.h"
#include "engine/msg.h"

enum mg_control {
    MG_CONTROL_TEMPERATURE, // divides the logits; 0.1..10
    MG_CONTROL_DENSITY,     // notes a step to aim at; 0..20, 0: the network's own taste
    MG_CONTROL_FILL,        // strength of gap filling; 0..4, 1: the usual, 0: none
    MG_CONTROL_LOWEST,      // MIDI number that may sound; 0..127
    MG_CONTROL_HIGHEST,     // 0..127
    MG_CONTROL_LONGEST,     // quarter notes after which a note is let go; 0.25..1000
    MG_CONTROL_REPEATS,     // times that a passage may come again on end, once that is
                            // sure; 0..100
    MG_CONTROL_VELOCITY,    // 1..127
    MG_CONTROL_ACCENT,      // how much harder the first beat of a bar is struck; 0..64
    MG_CONTROL_TOUCH,       // how far velocity goes with the player's; 0..1
    MG_CONTROL_SWING,       // where the second of two steps falls; 0.5..0.75
    MG_CONTROL_TRANSPOSE,   // semitones; -24..24
    MG_CONTROL_SCALE,       // enum of engine/scale.h; 0: every key
    MG_CONTROL_ROOT,        // of the scale, pitch class; 0..11
    MG_CONTROL_MUTE,        // 1: nothing is struck
    MG_CONTROL_PANIC,       // to 1: every note is let go
    MG_CONTROL_NEXT,        // to 1: the next preset comes at the next bar
    MG_CONTROL_COUNT,
    MG_CONTROL_NONE = MG_CONTROL_COUNT,
};

enum mg_control_curve {
    MG_CURVE_LINEAR,
    MG_CURVE_LOG,     // equal ratios for equal turns; low > 0
    MG_CURVE_WHOLE,   // linear, rounded to whole numbers
    MG_CURVE_SWITCH,  // 0 or 1: a controller under 64 or from 64 on
    MG_CURVE_TRIGGER, // happens once when it goes from 0 to 1
};

struct mg_control_row {
    const char *name; // in presets, on the command line, in the map
    enum mg_control_curve curve;
    float low;
    float high;
    float initial;
    const char *help; // a few words
};

// MG_CONTROL_COUNT rows.
extern const struct mg_control_row mg_control_table[];

struct mg_controls {
    _Atomic float value[MG_CONTROL_COUNT]; // within the table's range
    // Which control a controller turns: enum mg_control, MG_CONTROL_NONE for nothing.
    // Written by main, read by the real-time thread.
    _Atomic uint8_t bound[MG_CHANNELS][128];
};

// The table's defaults, nothing bound.  Not while others read it.
void mg_controls_init(struct mg_controls *controls);

static inline float
mg_control_get(const struct mg_controls *controls, enum mg_control control)
{
    return atomic_load_explicit(&controls->value[control], memory_order_relaxed);
}

// The value is brought into range, and rounded where the curve says so.  NaN is refused.
MG_RT void mg_control_set(struct mg_controls *controls, enum mg_control control,
                          float value);

// What a controller's value 0..127 means for a control: low at 0, high at 127.
MG_RT float mg_control_of_midi(enum mg_control control, int value);

// What a button holds stays as it was in the scene before: mute, and which triggers are
// down.  Real-time thread.
MG_RT void mg_controls_carry(struct mg_controls *controls,
                             const struct mg_controls *before);

// A controller was moved: channel 0..15, controller and value 0..127.  Sets what is bound
// to it and returns that, or MG_CONTROL_NONE.  A trigger is returned only when it goes
// from 0 to 1, but panic whenever it is 1.  Real-time thread.
MG_RT enum mg_control mg_controls_turn(struct mg_controls *controls, int channel,
                                       int controller, int value);

// Whether a controller can be bound: 0..119 but for 64, the pedal.  120..127 are channel
// modes.
bool mg_controller_is_free(int controller);

// Binds a controller to a control, MG_CONTROL_NONE to let go of it; channel 0..15, or -1
// for all.  Whatever that control was bound to before stays bound.  Returns 0, or
// -EINVAL where the controller is not free.  Main thread.
int mg_controls_bind(struct mg_controls *controls, enum mg_control control, int channel,
                     int controller);

// --- as text (controls_text.c); any thread but real time -----------------------------

// MG_CONTROL_NONE where there is no such name.
enum mg_control mg_control_find(const char *name);

// Whether it has a value that stands, and is more than a trigger.
bool mg_control_is_setting(enum mg_control control);

// A value as typed: a number in the C locale within range; for a scale its name too, for
// a root the name of a note (C, F#, Bb), for a switch on or off.  Returns whether it is
// one.
bool mg_control_parse(enum mg_control control, const char *text, float *value);

// What would be one ("a number from 0.1 to 10"), to be freed with g_free().
char *mg_control_expected(enum mg_control control);

#endif
