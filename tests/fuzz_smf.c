// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A libFuzzer target for the reader of MIDI files:
//
//     clang -std=c17 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined \
//         -I. $(pkg-config --cflags smf glib-2.0) tests/fuzz_smf.c tests/midi_bytes.c \
//         model/random.c io/file.c io/smf*.c $(pkg-config --libs smf glib-2.0) -o fuzz_smf
//
// Without libFuzzer, tests/test_smf.c runs seeded mutants through the same check.
#include <stdio.h>
#include <stdlib.h>

#include "tests/midi_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int notes;
    const char *broken = mg_midi_try(data, size, &notes);
    if (broken) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
    return 0;
}
