// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The emitter of MIDI files.
#include "io/smf_write.h"

#include <assert.h>
#include <string.h>

enum { DELTA_MAX = 0x0fffffff }; // four bytes of seven bits

static void
append_u32(GByteArray *bytes, uint32_t value)
{
    const uint8_t big_endian[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                                  (uint8_t)(value >> 8), (uint8_t)value};
    g_byte_array_append(bytes, big_endian, sizeof big_endian);
}

static void
append_u16(GByteArray *bytes, int value)
{
    const uint8_t big_endian[] = {(uint8_t)(value >> 8), (uint8_t)value};
    g_byte_array_append(bytes, big_endian, sizeof big_endian);
}

static void
append_delta(GByteArray *bytes, uint32_t value)
{
    uint8_t digits[4];
    int at = 3;
    digits[at] = value & 0x7f;
    while (value >>= 7)
        digits[--at] = (uint8_t)(0x80 | (value & 0x7f));
    g_byte_array_append(bytes, digits + at, (guint)(4 - at));
}

void
mg_smf_write_header(GByteArray *bytes, int tracks, int ticks_per_quarter)
{
    assert(tracks > 0 && tracks <= 65535);
    assert(ticks_per_quarter > 0 && ticks_per_quarter <= 32767);
    g_byte_array_append(bytes, (const guint8 *)"MThd", 4);
    append_u32(bytes, 6);
    append_u16(bytes, 1);
    append_u16(bytes, tracks);
    append_u16(bytes, ticks_per_quarter);
}

void
mg_smf_write_track_begin(struct mg_smf_writer *writer, GByteArray *bytes)
{
    g_byte_array_append(bytes, (const guint8 *)"MTrk", 4);
    append_u32(bytes, 0);
    *writer = (struct mg_smf_writer){.bytes = bytes, .start = bytes->len};
}

void
mg_smf_write_event(struct mg_smf_writer *writer, int64_t at_ticks, const uint8_t *event,
                   guint size)
{
    static const uint8_t nothing[] = {0xff, 0x01, 0x00}; // an empty text
    assert(at_ticks >= writer->at_ticks);
    int64_t delta = at_ticks - writer->at_ticks;
    for (; delta > DELTA_MAX; delta -= DELTA_MAX) {
        append_delta(writer->bytes, DELTA_MAX);
        g_byte_array_append(writer->bytes, nothing, sizeof nothing);
    }
    append_delta(writer->bytes, (uint32_t)delta);
    g_byte_array_append(writer->bytes, event, size);
    writer->at_ticks = at_ticks;
}

void
mg_smf_write_tempo(struct mg_smf_writer *writer, int64_t at_ticks,
                   uint32_t us_per_quarter)
{
    const uint8_t event[] = {0xff,
                             0x51,
                             3,
                             (uint8_t)(us_per_quarter >> 16),
                             (uint8_t)(us_per_quarter >> 8),
                             (uint8_t)us_per_quarter};
    mg_smf_write_event(writer, at_ticks, event, sizeof event);
}

void
mg_smf_write_metre(struct mg_smf_writer *writer, int64_t at_ticks, int numerator,
                   int denominator)
{
    uint8_t power = 0;
    while (1 << power < denominator)
        power++;
    // The last two are the usual ones: a click every 24 clocks, 8 32nds in a quarter.
    const uint8_t event[] = {0xff, 0x58, 4, (uint8_t)numerator, power, 24, 8};
    mg_smf_write_event(writer, at_ticks, event, sizeof event);
}

void
mg_smf_write_track_end(struct mg_smf_writer *writer, int64_t at_ticks)
{
    static const uint8_t end[] = {0xff, 0x2f, 0x00};
    mg_smf_write_event(writer, at_ticks, end, sizeof end);
    uint32_t length = GUINT32_TO_BE(writer->bytes->len - writer->start);
    memcpy(writer->bytes->data + writer->start - 4, &length, sizeof length);
}
