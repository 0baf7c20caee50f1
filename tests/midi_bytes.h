// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Builds MIDI files byte by byte, sound and broken ones, and damages them at random.
#ifndef MG_TESTS_MIDI_BYTES_H
#define MG_TESTS_MIDI_BYTES_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

// A literal without its closing zero, as the arguments (data, size).
#define BYTES(literal) (literal), sizeof(literal) - 1

#define MIDI_NOTE "\x00\x90\x3c\x64\x60\x80\x3c\x00" // one note of 96 ticks
#define MIDI_END "\x00\xff\x2f\x00"

// Appends a header chunk of 6 + extra bytes.
void mg_midi_header(GByteArray *file, int format, int tracks, int division, int extra);

// Appends a chunk that says it is `claimed` bytes long; -1: the truth.
void mg_midi_chunk(GByteArray *file, const char *id, int64_t claimed, const void *data,
                   size_t size);

// Appends an honest MTrk chunk.
void mg_midi_track(GByteArray *file, const void *data, size_t size);

// Appends a variable-length number below 2^28.
void mg_midi_number(GByteArray *data, uint32_t value);

// Damages a copy of `file` in one to eight places: bytes changed, put in, taken out,
// cut off or doubled.  The same seed gives the same bytes.
GByteArray *mg_midi_mutant(const uint8_t *file, size_t length, uint64_t seed);

// Parses and checks what mg_smf_parse() promises of any bytes.  Returns NULL, or what
// was broken; *notes: the notes read, -1 when the file was refused.
const char *mg_midi_try(const uint8_t *bytes, size_t length, int *notes);

#endif
