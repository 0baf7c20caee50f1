// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The model file: a round trip, and every way of being damaged or hostile.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model_file.h"
#include "tests/fixture.h"

static const struct mg_shape SHAPE = {
    .lowest_note = 30,
    .notes = 60,
    .steps_per_quarter = 4,
    .time_layers = 2,
    .time_units = {6, 4},
    .note_layers = 1,
    .note_units = {5},
};

// A file as bytes that may be changed.
static uint8_t *
encode(size_t *length)
{
    struct mg_model *model = mg_fixture_model(&SHAPE, 1);
    mg_model_set(model, "name", "caf\xc3\xa9 \"x\"");
    GBytes *bytes = mg_model_encode(model);
    mg_model_destroy(model);
    gsize size;
    uint8_t *data = g_bytes_unref_to_data(bytes, &size);
    *length = size;
    return data;
}

static void
assert_refused(const void *bytes, size_t length)
{
    GError *error = NULL;
    struct mg_model *model = mg_model_parse(bytes, length, &error);
    assert_null(model);
    assert_non_null(error);
    assert_null(strchr(error->message, '\n'));
    g_error_free(error);
}

static void
round_trip(void **unused)
{
    (void)unused;
    size_t length;
    uint8_t *data = encode(&length);
    struct mg_model *before = mg_fixture_model(&SHAPE, 1);
    struct mg_model *after = mg_model_parse(data, length, NULL);
    assert_non_null(after);
    assert_memory_equal(&before->layout.shape, &after->layout.shape, sizeof SHAPE);
    assert_memory_equal(before->weights, after->weights,
                        before->layout.parameters * sizeof(float));
    assert_string_equal(mg_model_get(after, "name"), "caf\xc3\xa9 \"x\"");
    assert_null(mg_model_get(after, "notes"));
    mg_model_destroy(before);
    mg_model_destroy(after);
    g_free(data);
}

static void
truncation_is_refused(void **unused)
{
    (void)unused;
    size_t length;
    uint8_t *data = encode(&length);
    for (size_t cut = 0; cut < length; cut++)
        assert_refused(data, cut);
    g_free(data);
}

// Every bit of the file, but for the name that its metadata's checksum has.  What is taken
// all the same says the same: é may be written \u00E9, and spaces fill up the header.
static void
bit_flips_are_refused(void **unused)
{
    (void)unused;
    size_t length;
    uint8_t *data = encode(&length);
    uint8_t *whole = g_memdup2(data, length);
    uint64_t header;
    memcpy(&header, data, sizeof header);
    char *text = g_strndup((char *)data + 8, header);
    size_t name = 8 + (size_t)(strstr(text, MG_METADATA_SHA256) - text);
    g_free(text);
    for (size_t bit = 0; bit < 8 * length; bit++) {
        if (bit / 8 >= name && bit / 8 < name + strlen(MG_METADATA_SHA256))
            continue;
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct mg_model *model = mg_model_parse(data, length, NULL);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (!model)
            continue;
        GBytes *again = mg_model_encode(model);
        assert_int_equal(g_bytes_get_size(again), length);
        if (memcmp(g_bytes_get_data(again, NULL), whole, length) != 0)
            fail_msg("bit %zu of byte %zu is not missed", bit % 8, bit / 8);
        g_bytes_unref(again);
        mg_model_destroy(model);
    }
    g_free(whole);
    g_free(data);
}

// A file with a given header and data and, unless the header has one, the right
// checksum in place of "@".
static void
assert_header_refused(const char *header, const float *data, size_t count)
{
    char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)data,
                                            count * sizeof *data);
    char **parts = g_strsplit(header, "@", -1);
    char *text = g_strjoinv(sum, parts);
    size_t text_length = strlen(text), length = 8 + text_length + count * sizeof *data;
    uint8_t *file = calloc(1, length);
    assert_non_null(file);
    uint64_t size = text_length;
    memcpy(file, &size, 8);
    memcpy(file + 8, text, text_length); // NOLINT(bugprone-not-null-terminated-result)
    memcpy(file + 8 + text_length, data, count * sizeof *data);
    assert_refused(file, length);
    free(file);
    g_free(text);
    g_strfreev(parts);
    g_free(sum);
}

#define META                                                                           \
    "\"__metadata__\":{\"format\":\"musicguru/1\",\"features\":\"seed\","              \
    "\"sha256\":\"@\",\"lowest_note\":\"21\",\"notes\":\"88\","                        \
    "\"steps_per_quarter\":\"2\",\"time_units\":\"%s\",\"note_units\":\"1\"}"

static void
hostile_headers_are_refused(void **unused)
{
    (void)unused;
    static const char *const arrays[] = {
        "",
        ",\"a\":{}",
        ",\"a\":[]",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[4294967297],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647],"
        "\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[9223372036854775807],"
        "\"data_offsets\":[0,9223372036854775807]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}",
        ",\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}",
    };
    static const char *const units[] = {"1",         "",         "0",    "-1",
                                        "1,1,1,1,1", "1,",       "4097", "99999999999",
                                        "1e3",       "4096,4096"};
    const float data[2] = {1, 2};
    for (size_t u = 0; u < G_N_ELEMENTS(units); u++)
        for (size_t i = 0; i < G_N_ELEMENTS(arrays); i++) {
            char *meta = g_strdup_printf(META, units[u]);
            char *header = g_strconcat("{", meta, arrays[i], "}", NULL);
            assert_header_refused(header, data, 2);
            g_free(header);
            g_free(meta);
        }
    assert_header_refused("{}", data, 0);
    assert_header_refused("[]", data, 0);
    assert_header_refused("{\"__metadata__\":{\"sha256\":\"@\"}}", data, 0);
    assert_header_refused(
        "{\"__metadata__\":{\"sha256\":\"@\",\"format\":\"musicguru/2\"}}", data, 0);
    assert_header_refused("{\"__metadata__\":{\"sha256\":7}}", data, 0);
}

static void
non_finite_weights_are_refused(void **unused)
{
    (void)unused;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        struct mg_model *model = mg_fixture_model(&SHAPE, 1);
        model->weights[model->layout.parameters / 2] = bad[i];
        GBytes *bytes = mg_model_encode(model);
        gsize length;
        const void *data = g_bytes_get_data(bytes, &length);
        assert_refused(data, length);
        g_bytes_unref(bytes);
        mg_model_destroy(model);
    }
}

// Half the bytes, and each weight the nearest bf16: 8 bits of it are kept.
static void
bf16_round_trip(void **unused)
{
    (void)unused;
    struct mg_model *before = mg_fixture_model(&SHAPE, 1);
    size_t full;
    uint8_t *data = encode(&full);
    GBytes *bytes = mg_model_encode_bf16(before);
    struct mg_model *after =
        mg_model_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    assert_non_null(after);
    assert_true(full - g_bytes_get_size(bytes) > 2 * (before->layout.parameters - 100));
    assert_int_equal(before->precision, MG_PRECISION_FP32);
    assert_int_equal(after->precision, MG_PRECISION_BF16);
    for (size_t i = 0; i < before->layout.parameters; i++) {
        int exponent;
        double value = (double)before->weights[i];
        (void)frexp(value, &exponent);
        double kept = ldexp(nearbyint(ldexp(value, 8 - exponent)), exponent - 8);
        assert_true((double)after->weights[i] == kept);
    }
    mg_model_destroy(after);
    g_bytes_unref(bytes);
    g_free(data);
    mg_model_destroy(before);
}

// bf16 is the upper half of fp32: values that need no more bits come back exactly.
static void
bf16_is_read(void **unused)
{
    (void)unused;
    const uint16_t halves[] = {0x3f80, 0xc000, 0x3e80}; // 1, -2, 0.25
    char *sum =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)halves, 6);
    char *header =
        g_strdup_printf("{\"__metadata__\":{\"sha256\":\"%s\"},\"a\":{\"dtype\":"
                        "\"BF16\",\"shape\":[3],\"data_offsets\":[0,6]}}",
                        sum);
    uint64_t size = strlen(header);
    uint8_t file[512];
    memcpy(file, &size, 8);
    memcpy(file + 8, header, size); // NOLINT(bugprone-not-null-terminated-result)
    memcpy(file + 8 + size, halves, 6);
    struct mg_safetensors parsed = {0};
    float values[3];
    assert_int_equal(mg_safetensors_parse(file, 8 + size + 6, &parsed, NULL), 0);
    assert_int_equal(mg_safetensors_read(&parsed, "a", 3, 0, values, NULL), 0);
    assert_true(values[0] == 1.0f && values[1] == -2.0f && values[2] == 0.25f);
    assert_int_not_equal(mg_safetensors_read(&parsed, "a", 3, 1, values, NULL), 0);
    assert_int_not_equal(mg_safetensors_read(&parsed, "b", 3, 0, values, NULL), 0);
    mg_safetensors_finish(&parsed);
    g_free(header);
    g_free(sum);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(truncation_is_refused),
        cmocka_unit_test(bit_flips_are_refused),
        cmocka_unit_test(hostile_headers_are_refused),
        cmocka_unit_test(non_finite_weights_are_refused),
        cmocka_unit_test(bf16_is_read),
        cmocka_unit_test(bf16_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
