// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A libFuzzer target for the reader of MIDI files.  Built with clang's
// -fsanitize=fuzzer,address,undefined from this file, tests/midi_bytes.c,
// model/random.c, io/file.c and io/smf*.c, linked with libsmf and glib.
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
