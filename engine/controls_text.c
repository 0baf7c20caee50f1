// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The controls as text: as a person types and reads them.
#include <glib.h>
#include <math.h>
#include <string.h>

#include "engine/controls.h"
#include "engine/scale.h"

// Pitch classes; the flats are names of the keys with sharps.
static const char *const SHARPS[] = {"C",  "C#", "D",  "D#", "E",  "F",
                                     "F#", "G",  "G#", "A",  "A#", "B"};
static const char *const FLATS[] = {"C",  "Db", "D",  "Eb", "E",  "F",
                                    "Gb", "G",  "Ab", "A",  "Bb", "B"};

enum mg_control
mg_control_find(const char *name)
{
    for (int i = 0; i < MG_CONTROL_COUNT; i++)
        if (strcmp(mg_control_table[i].name, name) == 0)
            return (enum mg_control)i;
    return MG_CONTROL_NONE;
}

bool
mg_control_is_setting(enum mg_control control)
{
    return control != MG_CONTROL_NONE &&
           mg_control_table[control].curve != MG_CURVE_TRIGGER;
}

static bool
is_switch(enum mg_control control)
{
    return mg_control_table[control].curve >= MG_CURVE_SWITCH;
}

// The number behind a name that this control knows, or -1.
static int
find_word(enum mg_control control, const char *text)
{
    if (control == MG_CONTROL_SCALE)
        return mg_scale_find(text);
    if (control == MG_CONTROL_ROOT)
        for (int i = 0; i < 12; i++)
            if (strcmp(text, SHARPS[i]) == 0 || strcmp(text, FLATS[i]) == 0)
                return i;
    if (is_switch(control))
        return strcmp(text, "on") == 0 ? 1 : strcmp(text, "off") == 0 ? 0 : -1;
    return -1;
}

bool
mg_control_parse(enum mg_control control, const char *text, float *value)
{
    const struct mg_control_row *row = &mg_control_table[control];
    int word = find_word(control, text);
    if (word >= 0) {
        *value = (float)word;
        return true;
    }
    char *end = NULL;
    double number = g_ascii_strtod(text, &end);
    bool any = row->curve == MG_CURVE_LINEAR || row->curve == MG_CURVE_LOG;
    if (end == text || *end != '\0' || !(any || number == floor(number)))
        return false;
    float nearest = (float)number;
    if (!(nearest >= row->low && nearest <= row->high)) // NaN too
        return false;
    *value = nearest;
    return true;
}

// The shortest digits that name this float.
static char *
print_number(float value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    const char *const formats[] = {"%.6g", "%.7g", "%.8g", "%.9g"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof text, formats[i], (double)value);
        float back = (float)g_ascii_strtod(text, NULL);
        if (!(back < value || back > value))
            break;
    }
    return g_strdup(text);
}

char *
mg_control_expected(enum mg_control control)
{
    const struct mg_control_row *row = &mg_control_table[control];
    if (control == MG_CONTROL_SCALE) {
        GString *text = g_string_new("a scale: ");
        for (int i = 0; i < MG_SCALE_COUNT; i++)
            g_string_append_printf(text, "%s%s", i ? ", " : "", mg_scale_name(i));
        return g_string_free(text, FALSE);
    }
    if (control == MG_CONTROL_ROOT)
        return g_strdup("a note such as C, F# or Bb");
    if (is_switch(control))
        return g_strdup("on or off");
    char *low = print_number(row->low);
    char *high = print_number(row->high);
    char *text =
        g_strdup_printf("a %snumber from %s to %s",
                        row->curve == MG_CURVE_WHOLE ? "whole " : "", low, high);
    g_free(low);
    g_free(high);
    return text;
}
