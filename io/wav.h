// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A WAV file in memory: stereo, 16 bits.
#ifndef MG_IO_WAV_H
#define MG_IO_WAV_H

#include <glib.h>
#include <stdint.h>

struct mg_wav {
    uint8_t *bytes; // header and samples, owned
    uint64_t frames_max;
    uint64_t frames; // written so far
    uint32_t rate_hz;
};

// Makes room for frames_max frames (at most 2^29).  Returns 0, or -ENOMEM.
int mg_wav_init(struct mg_wav *wav, uint32_t rate_hz, uint64_t frames_max);
void mg_wav_finish(struct mg_wav *wav); // takes a zeroed struct

// Appends frames; what does not fit is dropped.  left, right: (frames), -1..1; beyond
// that they are clipped.  Never fails, never allocates.
void mg_wav_add(struct mg_wav *wav, const float *left, const float *right,
                uint32_t frames);

// Writes the file whole or not at all.  Returns 0 or -errno with one line in *error.
int mg_wav_save(const struct mg_wav *wav, const char *path, GError **error);

#endif
