// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a player can turn: values and their range, controllers, text, scales.
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/controls.h"
#include "engine/scale.h"

static struct mg_controls controls;

static float
value_of(enum mg_control control)
{
    return mg_control_get(&controls, control);
}

static float
set_and_get(enum mg_control control, float value)
{
    mg_control_set(&controls, control, value);
    return value_of(control);
}

static void
test_defaults_are_in_range(void **state)
{
    (void)state;
    mg_controls_init(&controls);
    for (int i = 0; i < MG_CONTROL_COUNT; i++) {
        const struct mg_control_row *row = &mg_control_table[i];
        assert_true(row->low <= row->initial && row->initial <= row->high);
        assert_true(row->curve != MG_CURVE_LOG || row->low > 0.0f);
        assert_int_equal(mg_control_find(row->name), i);
        assert_float_equal(value_of((enum mg_control)i), row->initial, 0.0f);
        assert_float_equal(set_and_get((enum mg_control)i, row->initial), row->initial,
                           0.0f);
    }
    assert_int_equal(mg_control_find("loudness"), MG_CONTROL_NONE);
    assert_int_equal(mg_control_find(""), MG_CONTROL_NONE);
}

static void
test_set(void **state)
{
    (void)state;
    mg_controls_init(&controls);
    assert_float_equal(set_and_get(MG_CONTROL_TEMPERATURE, 0.0f), 0.1f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_TEMPERATURE, INFINITY), 10.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_TEMPERATURE, NAN), 10.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_VELOCITY, 64.5f), 65.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_VELOCITY, -INFINITY), 1.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_TRANSPOSE, -1.4f), -1.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_TRANSPOSE, -1e30f), -24.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_MUTE, 0.7f), 1.0f, 0.0f);
    assert_float_equal(set_and_get(MG_CONTROL_MUTE, -3.0f), 0.0f, 0.0f);
}

// Low at 0, high at 127, rising, and of each curve's shape.
static void
test_of_midi(void **state)
{
    (void)state;
    for (int i = 0; i < MG_CONTROL_COUNT; i++) {
        enum mg_control control = (enum mg_control)i;
        const struct mg_control_row *row = &mg_control_table[i];
        assert_float_equal(mg_control_of_midi(control, 0), row->low, 0.0f);
        assert_float_equal(mg_control_of_midi(control, 127), row->high, 0.0f);
        for (int value = 0; value < 128; value++) {
            float here = mg_control_of_midi(control, value);
            double low = (double)row->low, range = (double)(row->high - row->low);
            double exact = low + range * value / 127.0;
            if (row->curve == MG_CURVE_LOG)
                exact = low * pow((double)row->high / low, value / 127.0);
            else if (row->curve == MG_CURVE_WHOLE)
                exact = floor(exact + 0.5);
            else if (row->curve != MG_CURVE_LINEAR)
                exact = value >= 64;
            assert_true(fabs((double)here - exact) <= 1e-7 * fabs(exact));
        }
    }
}

static void
test_turn(void **state)
{
    (void)state;
    mg_controls_init(&controls);
    for (int channel = 0; channel < MG_CHANNELS; channel++)
        for (int controller = 0; controller < 128; controller++)
            assert_int_equal(mg_controls_turn(&controls, channel, controller, 127),
                             MG_CONTROL_NONE);
    assert_float_equal(value_of(MG_CONTROL_MUTE), 0.0f, 0.0f); // nothing was turned
    assert_int_equal(mg_controls_bind(&controls, MG_CONTROL_DENSITY, -1, 70), 0);
    assert_int_equal(mg_controls_bind(&controls, MG_CONTROL_SWING, 9, 70), 0);
    assert_int_equal(mg_controls_bind(&controls, MG_CONTROL_DENSITY, 0, 119), 0);
    assert_int_equal(mg_controls_turn(&controls, 15, 70, 127), MG_CONTROL_DENSITY);
    assert_float_equal(value_of(MG_CONTROL_DENSITY), 20.0f, 0.0f);
    assert_int_equal(mg_controls_turn(&controls, 9, 70, 127), MG_CONTROL_SWING);
    assert_float_equal(value_of(MG_CONTROL_SWING), 0.75f, 0.0f);
    assert_int_equal(mg_controls_turn(&controls, 0, 119, 0), MG_CONTROL_DENSITY);
    assert_float_equal(value_of(MG_CONTROL_DENSITY), 0.0f, 0.0f);
    assert_int_equal(mg_controls_turn(&controls, 1, 119, 0), MG_CONTROL_NONE);
    assert_int_equal(mg_controls_bind(&controls, MG_CONTROL_NONE, -1, 70), 0);
    assert_int_equal(mg_controls_turn(&controls, 9, 70, 0), MG_CONTROL_NONE);
}

static void
test_what_cannot_be_bound(void **state)
{
    (void)state;
    static const int TAKEN[] = {-1, 64, 120, 123, 127, 128};
    mg_controls_init(&controls);
    for (size_t i = 0; i < G_N_ELEMENTS(TAKEN); i++)
        assert_int_equal(mg_controls_bind(&controls, MG_CONTROL_FILL, -1, TAKEN[i]),
                         -EINVAL);
    assert_int_equal(mg_controls_turn(&controls, 0, 64, 127), MG_CONTROL_NONE);
}

// A button that is held, sends its value twice or goes up says nothing more; but panic
// is heard each time, and the next scene's controls know what is down.
static void
test_trigger(void **state)
{
    (void)state;
    static const struct {
        int value;
        enum mg_control said;
    } MOVES[] = {{63, MG_CONTROL_NONE}, {127, MG_CONTROL_NEXT}, {127, MG_CONTROL_NONE},
                 {64, MG_CONTROL_NONE}, {0, MG_CONTROL_NONE},   {64, MG_CONTROL_NEXT}};
    static struct mg_controls other;
    mg_controls_init(&controls);
    mg_controls_bind(&controls, MG_CONTROL_NEXT, -1, 81);
    mg_controls_bind(&controls, MG_CONTROL_PANIC, -1, 82);
    for (size_t i = 0; i < G_N_ELEMENTS(MOVES); i++)
        assert_int_equal(mg_controls_turn(&controls, 3, 81, MOVES[i].value),
                         MOVES[i].said);
    for (int i = 0; i < 3; i++)
        assert_int_equal(mg_controls_turn(&controls, 3, 82, 127), MG_CONTROL_PANIC);
    assert_int_equal(mg_controls_turn(&controls, 3, 82, 0), MG_CONTROL_NONE);
    mg_control_set(&controls, MG_CONTROL_MUTE, 1);
    mg_controls_init(&other);
    mg_controls_bind(&other, MG_CONTROL_NEXT, -1, 81);
    mg_controls_carry(&other, &controls);
    assert_true(mg_control_get(&other, MG_CONTROL_MUTE) > 0.0f);
    assert_int_equal(mg_controls_turn(&other, 3, 81, 101), MG_CONTROL_NONE);
}

// --- text ----------------------------------------------------------------------------

static void
test_parse(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum mg_control control;
        float value; // -1: refused
    } CASES[] = {
        {"0.9", MG_CONTROL_TEMPERATURE, 0.9f},
        {"0.1", MG_CONTROL_TEMPERATURE, 0.1f},
        {"0,9", MG_CONTROL_TEMPERATURE, -1},
        {"nan", MG_CONTROL_TEMPERATURE, -1},
        {"1e999", MG_CONTROL_TEMPERATURE, -1},
        {"0.09", MG_CONTROL_TEMPERATURE, -1},
        {"", MG_CONTROL_TEMPERATURE, -1},
        {"1x", MG_CONTROL_TEMPERATURE, -1},
        {"1e2", MG_CONTROL_VELOCITY, 100},
        {"64.5", MG_CONTROL_VELOCITY, -1},
        {"0", MG_CONTROL_VELOCITY, -1},
        {"minor", MG_CONTROL_SCALE, 2},
        {"3", MG_CONTROL_SCALE, 3},
        {"on", MG_CONTROL_SCALE, -1},
        {"C", MG_CONTROL_ROOT, 0},
        {"F#", MG_CONTROL_ROOT, 6},
        {"Gb", MG_CONTROL_ROOT, 6},
        {"11", MG_CONTROL_ROOT, 11},
        {"c", MG_CONTROL_ROOT, -1},
        {"on", MG_CONTROL_MUTE, 1},
        {"off", MG_CONTROL_MUTE, 0},
        {"0.5", MG_CONTROL_MUTE, -1},
        {"on", MG_CONTROL_VELOCITY, -1},
    };
    setlocale(LC_ALL, "de_DE.UTF-8"); // a decimal comma, where it is installed
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        float value = -1.0f;
        assert_int_equal(mg_control_parse(CASES[i].control, CASES[i].text, &value),
                         CASES[i].value >= 0.0f);
        assert_float_equal(value, CASES[i].value, 0.0f);
    }
    setlocale(LC_ALL, "C");
}

static void
test_expected(void **state)
{
    (void)state;
    char *text = mg_control_expected(MG_CONTROL_TRANSPOSE);
    assert_string_equal(text, "a whole number from -24 to 24");
    g_free(text);
    text = mg_control_expected(MG_CONTROL_TEMPERATURE);
    assert_string_equal(text, "a number from 0.1 to 10");
    g_free(text);
}

// --- scales --------------------------------------------------------------------------

// The steps from C on, by their names.
static void
test_scales(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int keys[9]; // ended by 12
    } KNOWN[] = {{"major", {0, 2, 4, 5, 7, 9, 11, 12}},
                 {"minor", {0, 2, 3, 5, 7, 8, 10, 12}},
                 {"harmonic-minor", {0, 2, 3, 5, 7, 8, 11, 12}},
                 {"melodic-minor", {0, 2, 3, 5, 7, 9, 11, 12}},
                 {"dorian", {0, 2, 3, 5, 7, 9, 10, 12}},
                 {"phrygian", {0, 1, 3, 5, 7, 8, 10, 12}},
                 {"lydian", {0, 2, 4, 6, 7, 9, 11, 12}},
                 {"mixolydian", {0, 2, 4, 5, 7, 9, 10, 12}},
                 {"locrian", {0, 1, 3, 5, 6, 8, 10, 12}},
                 {"phrygian-dominant", {0, 1, 4, 5, 7, 8, 10, 12}},
                 {"pentatonic", {0, 2, 4, 7, 9, 12}},
                 {"minor-pentatonic", {0, 3, 5, 7, 10, 12}},
                 {"blues", {0, 3, 5, 6, 7, 10, 12}},
                 {"whole-tone", {0, 2, 4, 6, 8, 10, 12}},
                 {"octatonic", {0, 2, 3, 5, 6, 8, 9, 11, 12}}};
    for (size_t i = 0; i < G_N_ELEMENTS(KNOWN); i++) {
        int scale = mg_scale_find(KNOWN[i].name);
        assert_in_range(scale, 1, MG_SCALE_COUNT - 1);
        const int *next = KNOWN[i].keys;
        for (int key = 0; key < 12; key++) {
            assert_int_equal(mg_scale_has(scale, 0, key), key == *next);
            next += key == *next;
        }
    }
    assert_int_equal(G_N_ELEMENTS(KNOWN), MG_SCALE_COUNT - 1);
    assert_int_equal(mg_scale_find("Major"), -1);
}

// A scale over another root is the same one, moved; the chromatic one has every key.
static void
test_roots(void **state)
{
    (void)state;
    for (int scale = 0; scale < MG_SCALE_COUNT; scale++) {
        assert_int_equal(mg_scale_find(mg_scale_name(scale)), scale);
        for (int root = 0; root < 12; root++)
            for (int key = 0; key < 128; key++)
                assert_int_equal(mg_scale_has(scale, root, key),
                                 scale == 0 ||
                                     mg_scale_has(scale, 0, (key - root + 120) % 12));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_in_range),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_of_midi),
        cmocka_unit_test(test_turn),
        cmocka_unit_test(test_what_cannot_be_bound),
        cmocka_unit_test(test_trigger),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
