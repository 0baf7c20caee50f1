// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI files made and damaged.
#include "tests/midi_bytes.h"

#include <string.h>

#include "io/smf.h"
#include "model/random.h"

static void
append_big_endian(GByteArray *file, uint32_t value, int size)
{
    while (size--) {
        uint8_t byte = (uint8_t)(value >> (8 * size));
        g_byte_array_append(file, &byte, 1);
    }
}

void
mg_midi_header(GByteArray *file, int format, int tracks, int division, int extra)
{
    g_byte_array_append(file, (const guint8 *)"MThd", 4);
    append_big_endian(file, (uint32_t)(6 + extra), 4);
    append_big_endian(file, (uint32_t)format, 2);
    append_big_endian(file, (uint32_t)tracks, 2);
    append_big_endian(file, (uint32_t)division & 0xffff, 2);
    append_big_endian(file, 0, extra);
}

void
mg_midi_chunk(GByteArray *file, const char *id, int64_t claimed, const void *data,
              size_t size)
{
    g_byte_array_append(file, (const guint8 *)id, 4);
    append_big_endian(file, claimed < 0 ? (uint32_t)size : (uint32_t)claimed, 4);
    g_byte_array_append(file, data, (guint)size);
}

void
mg_midi_track(GByteArray *file, const void *data, size_t size)
{
    mg_midi_chunk(file, "MTrk", -1, data, size);
}

void
mg_midi_number(GByteArray *data, uint32_t value)
{
    for (int shift = 21; shift > 0; shift -= 7)
        if (value >> shift) {
            uint8_t byte = (uint8_t)(0x80 | (value >> shift & 0x7f));
            g_byte_array_append(data, &byte, 1);
        }
    uint8_t last = value & 0x7f;
    g_byte_array_append(data, &last, 1);
}

// One place of damage.  r: what to do, where, with what.
static void
damage(GByteArray *file, const uint32_t r[4])
{
    static const uint8_t tricky[] = {0x00, 0x7f, 0x80, 0x81, 0x90, 0xf0, 0xf7, 0xff};
    guint at = r[1] % file->len;
    guint size = 1 + r[2] % MIN(file->len - at, 16);
    uint8_t byte = r[3] & 0x100 ? tricky[r[3] % G_N_ELEMENTS(tricky)] : (uint8_t)r[3];
    uint8_t copy[16];
    switch (r[0] % 8) {
    case 0:
    case 1:
    case 2:
        file->data[at] = byte;
        break;
    case 3:
        file->data[at] ^= (uint8_t)(1 << r[2] % 8);
        break;
    case 4:
        g_byte_array_remove_range(file, at, size);
        break;
    case 5: // put something in: the rest is moved by appending and turning it
        memcpy(copy, file->data + at, size);
        g_byte_array_append(file, copy, size);
        memmove(file->data + at + size, file->data + at, file->len - at - size);
        memset(file->data + at, byte, size);
        break;
    case 6:
        memset(file->data + at, byte, size);
        break;
    default:
        if (r[2] % 8 == 0) // seldom: it ends the file
            g_byte_array_set_size(file, at);
        else
            memmove(file->data + at, file->data + r[3] % (file->len - size + 1), size);
    }
}

GByteArray *
mg_midi_mutant(const uint8_t *file, size_t length, uint64_t seed)
{
    GByteArray *mutant = g_byte_array_new();
    g_byte_array_append(mutant, file, (guint)length);
    struct mg_random many = mg_random_at(seed, MG_RANDOM_CHOICE, 0, 0, 0);
    uint32_t count = 1 + many.word[0] % 8;
    for (uint32_t i = 1; i <= count && mutant->len; i++)
        damage(mutant, mg_random_at(seed, MG_RANDOM_CHOICE, i, 0, 0).word);
    return mutant;
}

static const char *
check_notes(const struct mg_smf *smf)
{
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        if (note->onset_ticks < 0 || note->end_ticks <= note->onset_ticks ||
            note->end_ticks > smf->end_ticks)
            return "a note ends before it starts or after the end";
        if (note->key > 127 || note->velocity < 1 || note->velocity > 127 ||
            note->channel > 15 || note->track >= 512)
            return "a note's key, velocity, channel or track is out of range";
        if (i &&
            (note[-1].onset_ticks > note->onset_ticks ||
             (note[-1].onset_ticks == note->onset_ticks && note[-1].key > note->key)))
            return "the notes are not sorted";
    }
    return NULL;
}

static const char *
check_changes(const struct mg_smf *smf)
{
    if (smf->tempo_count > 4096 || smf->metre_count > 512)
        return "too many tempo or metre changes";
    for (int i = 0; i < smf->tempo_count; i++)
        if (smf->tempos[i].us_per_quarter < 1 ||
            smf->tempos[i].us_per_quarter > 0xffffff ||
            (i && smf->tempos[i - 1].at_ticks >= smf->tempos[i].at_ticks))
            return "a tempo is impossible or out of order";
    for (int i = 0; i < smf->metre_count; i++)
        if (smf->metres[i].numerator < 1 || smf->metres[i].denominator < 1 ||
            (smf->metres[i].denominator & (smf->metres[i].denominator - 1)) ||
            (i && smf->metres[i - 1].at_ticks >= smf->metres[i].at_ticks))
            return "a metre is impossible or out of order";
    return NULL;
}

const char *
mg_midi_try(const uint8_t *bytes, size_t length, int *notes)
{
    struct mg_smf smf;
    GError *error = NULL;
    const char *broken = NULL;
    *notes = -1;
    if (mg_smf_parse("file", bytes, length, &smf, &error)) {
        if (!error || strncmp(error->message, "file: ", 6) != 0 ||
            strchr(error->message, '\n'))
            broken = "refused without one line of reason";
        else if (smf.notes || smf.tempos || smf.metres)
            broken = "refused with something left";
        g_clear_error(&error);
    } else {
        *notes = smf.note_count;
        if (error)
            broken = "read, with an error";
        else if (smf.ticks_per_quarter < 1 || smf.ticks_per_quarter > 32767 ||
                 smf.end_ticks > MG_SMF_TICKS_MAX + 1)
            broken = "the time is out of range";
        else if (!(broken = check_notes(&smf)))
            broken = check_changes(&smf);
    }
    mg_smf_finish(&smf);
    return broken;
}
