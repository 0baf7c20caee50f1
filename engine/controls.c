// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The controls: the table, the values, and what MIDI controllers do to them.
#include "engine/controls.h"

#include <errno.h>
#include <math.h>

#include "engine/scale.h"

// In the order of enum mg_control.
const struct mg_control_row mg_control_table[] = {
    {"temperature", MG_CURVE_LOG, 0.1f, 10, 1,
     "under 1 plays safe, over 1 takes risks"},
    {"density", MG_CURVE_LINEAR, 0, 20, 0, "notes a step to aim at; 0: as it likes"},
    {"fill", MG_CURVE_LINEAR, 0, 4, 1, "how soon gaps are filled; 0: never"},
    {"lowest", MG_CURVE_WHOLE, 0, 127, 0, "lowest key that may sound"},
    {"highest", MG_CURVE_WHOLE, 0, 127, 127, "highest key that may sound"},
    {"longest_note", MG_CURVE_LOG, 0.25f, 1000, 8, "quarter notes until it is let go"},
    {"repeats", MG_CURVE_WHOLE, 0, 100, 2, "how often on end a passage may come again"},
    {"velocity", MG_CURVE_WHOLE, 1, 127, 80, "how hard notes are struck"},
    {"accent", MG_CURVE_WHOLE, 0, 64, 12, "how much harder on the first beat"},
    {"touch", MG_CURVE_LINEAR, 0, 1, 0.5f, "how far velocity goes with the player's"},
    {"swing", MG_CURVE_LINEAR, 0.5f, 0.75f, 0.5f,
     "where the second of two steps falls"},
    {"transpose", MG_CURVE_WHOLE, -24, 24, 0, "semitones"},
    {"scale", MG_CURVE_WHOLE, 0, MG_SCALE_COUNT - 1, 0, "the keys that may sound"},
    {"root", MG_CURVE_WHOLE, 0, 11, 0, "of the scale"},
    {"mute", MG_CURVE_SWITCH, 0, 1, 0, "nothing is struck"},
    {"panic", MG_CURVE_TRIGGER, 0, 1, 0, "every note is let go"},
    {"next", MG_CURVE_TRIGGER, 0, 1, 0, "the next preset, at the next bar"},
};

_Static_assert(sizeof mg_control_table / sizeof mg_control_table[0] == MG_CONTROL_COUNT,
               "one row for each control");

// --- values --------------------------------------------------------------------------

static float
clamp(const struct mg_control_row *row, float value)
{
    if (value < row->low)
        return row->low;
    return value > row->high ? row->high : value;
}

// Brings a number into the range and onto the values that the control can have.
static float
fit(const struct mg_control_row *row, float value)
{
    switch (row->curve) {
    case MG_CURVE_LINEAR:
    case MG_CURVE_LOG:
        break;
    case MG_CURVE_WHOLE:
        return (float)floor((double)clamp(row, value) + 0.5);
    case MG_CURVE_SWITCH:
    case MG_CURVE_TRIGGER:
        return value >= 0.5f ? 1.0f : 0.0f;
    }
    return clamp(row, value);
}

void
mg_control_set(struct mg_controls *controls, enum mg_control control, float value)
{
    if (isnan(value))
        return;
    atomic_store_explicit(&controls->value[control],
                          fit(&mg_control_table[control], value), memory_order_relaxed);
}

void
mg_controls_init(struct mg_controls *controls)
{
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        atomic_init(&controls->value[i], mg_control_table[i].initial);
    for (int channel = 0; channel < MG_CHANNELS; channel++)
        for (int controller = 0; controller < 128; controller++)
            atomic_init(&controls->bound[channel][controller], MG_CONTROL_NONE);
}

// --- controllers ---------------------------------------------------------------------

bool
mg_controller_is_free(int controller)
{
    return controller >= 0 && controller < 120 && controller != 64;
}

// ratio^(value / 127), without the pow() of a library that may do anything in the
// real-time thread.  As 1/127 = 1/128 + 1/128^2 + ..., the seven bits of value, again
// and again, are the binary digits of the exponent; each digit is worth one more square
// root, which is one instruction.  35 digits are more than a float can tell apart.
static double
power(double ratio, int value)
{
    double result = 1.0;
    for (int digit = 0; digit < 35; digit++) {
        ratio = sqrt(ratio);
        if (value >> (6 - digit % 7) & 1)
            result *= ratio;
    }
    return result;
}

float
mg_control_of_midi(enum mg_control control, int value)
{
    const struct mg_control_row *row = &mg_control_table[control];
    double low = (double)row->low;
    double high = (double)row->high;
    if (row->curve == MG_CURVE_LOG)
        return fit(row, (float)(low * power(high / low, value)));
    return fit(row, (float)(low + (high - low) * value / 127.0));
}

enum mg_control
mg_controls_turn(struct mg_controls *controls, int channel, int controller, int value)
{
    enum mg_control control =
        atomic_load_explicit(&controls->bound[channel][controller],
                             memory_order_relaxed);
    if (control == MG_CONTROL_NONE)
        return MG_CONTROL_NONE;
    float before = mg_control_get(controls, control);
    float after = mg_control_of_midi(control, value);
    mg_control_set(controls, control, after);
    if (control == MG_CONTROL_PANIC) // once too often does no harm
        return after > 0.0f ? control : MG_CONTROL_NONE;
    bool is_trigger = mg_control_table[control].curve == MG_CURVE_TRIGGER;
    return is_trigger && !(after > before) ? MG_CONTROL_NONE : control;
}

void
mg_controls_carry(struct mg_controls *controls, const struct mg_controls *before)
{
    static const enum mg_control CARRIED[] = {MG_CONTROL_MUTE, MG_CONTROL_PANIC,
                                              MG_CONTROL_NEXT};
    for (int i = 0; i < 3; i++)
        mg_control_set(controls, CARRIED[i], mg_control_get(before, CARRIED[i]));
}

int
mg_controls_bind(struct mg_controls *controls, enum mg_control control, int channel,
                 int controller)
{
    if (!mg_controller_is_free(controller))
        return -EINVAL;
    for (int i = 0; i < MG_CHANNELS; i++)
        if (channel == i || channel < 0)
            atomic_store_explicit(&controls->bound[i][controller], (uint8_t)control,
                                  memory_order_relaxed);
    return 0;
}
