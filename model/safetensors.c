// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The safetensors container: 8 bytes of header length, a JSON header, the data.
#include "model/safetensors.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/bf16.h"

enum { LENGTH_BYTES = 8, HEADER_MAX_BYTES = 1 << 20, HEADER_ALIGNMENT = 8 };

static int
refuse(GError **error, const char *what, const char *name)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s%s%s", what,
                *name ? ": " : "", name);
    return -EINVAL;
}

static uint64_t
read_u64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

// The shape: one or two sizes of 1 to 2^31.
static int
parse_shape(const json_t *shape, struct mg_array *array)
{
    size_t dims = json_array_size(shape);
    if (!json_is_array(shape) || dims < 1 || dims > 2)
        return -EINVAL;
    int64_t size[2] = {0, 0};
    for (size_t d = 0; d < dims; d++) {
        const json_t *item = json_array_get(shape, d);
        size[d] = json_integer_value(item);
        if (!json_is_integer(item) || size[d] < 1 || size[d] > INT32_MAX)
            return -EINVAL;
    }
    array->rows = size[0];
    array->cols = size[1];
    return 0;
}

// One entry of the header: {"dtype": "F32", "shape": [..], "data_offsets": [begin,
// end]}.
static int
parse_array(const char *name, const json_t *entry, const uint8_t *data,
            size_t data_length, struct mg_array *array, GError **error)
{
    const char *dtype = json_string_value(json_object_get(entry, "dtype"));
    if (!dtype || (strcmp(dtype, "F32") != 0 && strcmp(dtype, "BF16") != 0))
        return refuse(error, "not an F32 or BF16 array", name);
    array->name = name;
    array->dtype = strcmp(dtype, "F32") == 0 ? MG_DTYPE_F32 : MG_DTYPE_BF16;
    if (parse_shape(json_object_get(entry, "shape"), array))
        return refuse(error, "impossible shape of array", name);

    const json_t *offsets = json_object_get(entry, "data_offsets");
    const json_t *first = json_array_get(offsets, 0),
                 *last = json_array_get(offsets, 1);
    int64_t begin = json_integer_value(first), end = json_integer_value(last);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) ||
        !json_is_integer(last) || begin < 0 || end < begin ||
        (uint64_t)end > data_length)
        return refuse(error, "array lies outside the file", name);
    // Both sizes are below 2^31: the product fits.
    uint64_t count = (uint64_t)array->rows * (uint64_t)(array->cols ? array->cols : 1);
    uint64_t width = array->dtype == MG_DTYPE_F32 ? 4 : 2;
    array->bytes = (size_t)(end - begin);
    if (array->bytes % width || array->bytes / width != count)
        return refuse(error, "shape and length differ for array", name);
    array->data = data + begin;
    return 0;
}

static int
parse_metadata(const json_t *entry, GHashTable *metadata, GError **error)
{
    const char *key;
    json_t *value;
    if (!json_is_object(entry))
        return refuse(error, "metadata is not a table", "");
    json_object_foreach((json_t *)entry, key, value)
    {
        if (!json_is_string(value))
            return refuse(error, "metadata is not a string", key);
        g_hash_table_replace(metadata, g_strdup(key),
                             g_strdup(json_string_value(value)));
    }
    return 0;
}

static int
parse_entries(json_t *header, const uint8_t *data, size_t data_length,
              struct mg_safetensors *out, GError **error)
{
    const char *key;
    json_t *entry;
    json_object_foreach(header, key, entry)
    {
        if (strcmp(key, "__metadata__") == 0) {
            if (parse_metadata(entry, out->metadata, error))
                return -EINVAL;
            continue;
        }
        struct mg_array *array = g_new0(struct mg_array, 1);
        char *name = g_strdup(key);
        g_hash_table_replace(out->arrays, name, array);
        if (parse_array(name, entry, data, data_length, array, error))
            return -EINVAL;
    }
    return 0;
}

static int
by_place(gconstpointer a, gconstpointer b)
{
    const struct mg_array *x = a, *y = b;
    return ((const char *)x->data > (const char *)y->data) -
           ((const char *)x->data < (const char *)y->data);
}

// The format allows neither overlap nor hole: in order, each starts where the last
// ended.
static int
check_places(const struct mg_safetensors *tensors, const uint8_t *data,
             size_t data_length, GError **error)
{
    GList *arrays = g_list_sort(g_hash_table_get_values(tensors->arrays), by_place);
    const uint8_t *at = data;
    bool sound = true;
    for (GList *item = arrays; item && sound; item = item->next) {
        const struct mg_array *array = item->data;
        sound = array->data == at;
        at += array->bytes;
    }
    g_list_free(arrays);
    if (!sound || at != data + data_length)
        return refuse(error, "arrays overlap or leave a hole", "");
    return 0;
}

static char *
hash_strings(GHashTable *metadata)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    GList *keys = g_list_sort(g_hash_table_get_keys(metadata), (GCompareFunc)strcmp);
    for (const GList *key = keys; key; key = key->next) {
        const char *name = key->data, *text = g_hash_table_lookup(metadata, name);
        if (strcmp(name, MG_METADATA_SHA256) == 0)
            continue;
        g_checksum_update(sum, (const guchar *)name, (gssize)strlen(name) + 1);
        g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text) + 1);
    }
    char *hash = g_strdup(g_checksum_get_string(sum));
    g_list_free(keys);
    g_checksum_free(sum);
    return hash;
}

static int
check_sum(const struct mg_safetensors *tensors, const uint8_t *data, size_t data_length,
          GError **error)
{
    const char *expected = g_hash_table_lookup(tensors->metadata, "sha256");
    if (!expected)
        return refuse(error, "no sha256 in the metadata", "");
    char *actual = g_compute_checksum_for_data(G_CHECKSUM_SHA256, data, data_length);
    bool same = strcmp(expected, actual) == 0;
    g_free(actual);
    expected = g_hash_table_lookup(tensors->metadata, MG_METADATA_SHA256);
    actual = hash_strings(tensors->metadata);
    same = same && (!expected || strcmp(expected, actual) == 0);
    g_free(actual);
    return same ? 0 : refuse(error, "the checksum is wrong: the file is damaged", "");
}

int
mg_safetensors_parse(const void *bytes, size_t length, struct mg_safetensors *out,
                     GError **error)
{
    const uint8_t *start = bytes;
    out->arrays = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    out->metadata = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    uint64_t header_length = length < LENGTH_BYTES ? 0 : read_u64(start);
    if (header_length < 2 || header_length > HEADER_MAX_BYTES ||
        header_length > length - LENGTH_BYTES)
        return refuse(error, "not a safetensors file, or cut short", "");

    json_error_t where;
    json_t *header = json_loadb((const char *)start + LENGTH_BYTES, header_length,
                                JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(header)) {
        json_decref(header);
        return refuse(error, "the header is not JSON", where.text);
    }
    const uint8_t *data = start + LENGTH_BYTES + header_length;
    size_t data_length = length - LENGTH_BYTES - header_length;
    int status = parse_entries(header, data, data_length, out, error);
    json_decref(header);
    if (!status)
        status = check_places(out, data, data_length, error);
    if (!status)
        status = check_sum(out, data, data_length, error);
    return status;
}

void
mg_safetensors_finish(struct mg_safetensors *tensors)
{
    if (tensors->arrays)
        g_hash_table_destroy(tensors->arrays);
    if (tensors->metadata)
        g_hash_table_destroy(tensors->metadata);
    *tensors = (struct mg_safetensors){0};
}

static float
value_at(const struct mg_array *array, size_t i)
{
    if (array->dtype == MG_DTYPE_BF16) {
        uint16_t half;
        memcpy(&half, (const uint8_t *)array->data + 2 * i, 2);
        return mg_bf16_value(half);
    }
    float value;
    memcpy(&value, (const uint8_t *)array->data + 4 * i, 4);
    return value;
}

int
mg_safetensors_read(const struct mg_safetensors *tensors, const char *name,
                    int64_t rows, int64_t cols, float *out, GError **error)
{
    const struct mg_array *array = g_hash_table_lookup(tensors->arrays, name);
    if (!array)
        return refuse(error, "missing array", name);
    if (array->rows != rows || array->cols != cols)
        return refuse(error, "wrong shape of array", name);
    size_t count = (size_t)rows * (size_t)(cols ? cols : 1);
    for (size_t i = 0; i < count; i++) {
        out[i] = value_at(array, i);
        if (!isfinite(out[i]))
            return refuse(error, "NaN or infinity in array", name);
    }
    return 0;
}

static json_t *
describe(const struct mg_array *array, size_t offset)
{
    json_t *shape = array->cols ? json_pack("[I, I]", (json_int_t)array->rows,
                                            (json_int_t)array->cols)
                                : json_pack("[I]", (json_int_t)array->rows);
    const char *dtype = array->dtype == MG_DTYPE_F32 ? "F32" : "BF16";
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype, "shape", shape,
                     "data_offsets", (json_int_t)offset,
                     (json_int_t)offset + (json_int_t)array->bytes);
}

// JSON is UTF-8; a path of another encoding keeps its readable part.
static GHashTable *
make_valid(GHashTable *metadata)
{
    GHashTable *valid = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, metadata);
    while (g_hash_table_iter_next(&iter, &key, &value))
        g_hash_table_replace(valid, g_utf8_make_valid(key, -1),
                             g_utf8_make_valid(value, -1));
    return valid;
}

static json_t *
describe_metadata(GHashTable *metadata, const char *sha256)
{
    json_t *object = json_object();
    GHashTable *valid = make_valid(metadata);
    g_hash_table_replace(valid, g_strdup("sha256"), g_strdup(sha256));
    g_hash_table_replace(valid, g_strdup(MG_METADATA_SHA256), hash_strings(valid));
    GList *keys = g_list_sort(g_hash_table_get_keys(valid), (GCompareFunc)strcmp);
    for (GList *k = keys; k; k = k->next)
        json_object_set_new(object, k->data,
                            json_string(g_hash_table_lookup(valid, k->data)));
    g_list_free(keys);
    g_hash_table_destroy(valid);
    return object;
}

// The JSON header as text, padded with spaces so that the data is aligned.
static GString *
encode_header(const struct mg_array *arrays, size_t count, GHashTable *metadata,
              const char *sha256)
{
    json_t *header = json_object();
    json_object_set_new(header, "__metadata__", describe_metadata(metadata, sha256));
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        json_object_set_new(header, arrays[i].name, describe(&arrays[i], offset));
        offset += arrays[i].bytes;
    }
    char *text = json_dumps(header, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(header);
    GString *string = g_string_new(text);
    free(text);
    while (string->len % HEADER_ALIGNMENT)
        g_string_append_c(string, ' ');
    return string;
}

GBytes *
mg_safetensors_encode(const struct mg_array *arrays, size_t count, GHashTable *metadata)
{
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (size_t i = 0; i < count; i++)
        g_checksum_update(sum, arrays[i].data, (gssize)arrays[i].bytes);
    GString *header =
        encode_header(arrays, count, metadata, g_checksum_get_string(sum));
    g_checksum_free(sum);

    GByteArray *out = g_byte_array_new();
    uint8_t length[LENGTH_BYTES];
    for (int i = 0; i < LENGTH_BYTES; i++)
        length[i] = (uint8_t)((uint64_t)header->len >> 8 * i);
    g_byte_array_append(out, length, LENGTH_BYTES);
    g_byte_array_append(out, (const uint8_t *)header->str, (guint)header->len);
    g_string_free(header, TRUE);
    for (size_t i = 0; i < count; i++)
        g_byte_array_append(out, arrays[i].data, (guint)arrays[i].bytes);
    return g_byte_array_free_to_bytes(out);
}
