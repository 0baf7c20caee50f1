// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Magic, version, a Python dictionary padded to 64 bytes, the values.
#include "io/npy.h"

enum { PREFIX_BYTES = 10, ALIGNMENT = 64 };

GBytes *
mg_npy_encode(const float *values, const size_t *shape, int dims)
{
    GString *header =
        g_string_new("{'descr': '<f4', 'fortran_order': False, 'shape': (");
    size_t count = 1;
    for (int d = 0; d < dims; d++) {
        g_string_append_printf(header, "%zu, ", shape[d]);
        count *= shape[d];
    }
    g_string_append(header, "), }");
    while ((PREFIX_BYTES + header->len + 1) % ALIGNMENT)
        g_string_append_c(header, ' ');
    g_string_append_c(header, '\n');

    GByteArray *out = g_byte_array_new();
    const guint8 prefix[PREFIX_BYTES] = {
        0x93,
        'N',
        'U',
        'M',
        'P',
        'Y',
        1,
        0,
        (guint8)(header->len & 0xff),
        (guint8)(header->len >> 8),
    };
    g_byte_array_append(out, prefix, PREFIX_BYTES);
    g_byte_array_append(out, (const guint8 *)header->str, (guint)header->len);
    g_byte_array_append(out, (const guint8 *)values, (guint)(count * sizeof *values));
    g_string_free(header, TRUE);
    return g_byte_array_free_to_bytes(out);
}
