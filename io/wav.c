// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A WAV file in memory: stereo, 16 bits.
#include "io/wav.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"

enum { HEADER_BYTES = 44, CHANNELS = 2, FRAME_BYTES = 2 * CHANNELS };

int
mg_wav_init(struct mg_wav *wav, uint32_t rate_hz, uint64_t frames_max)
{
    *wav = (struct mg_wav){.rate_hz = rate_hz, .frames_max = frames_max};
    if (frames_max > UINT64_C(1) << 29) // the format counts bytes in 32 bits
        return -ENOMEM;
    wav->bytes = malloc(HEADER_BYTES + (size_t)frames_max * FRAME_BYTES);
    return wav->bytes ? 0 : -ENOMEM;
}

void
mg_wav_finish(struct mg_wav *wav)
{
    free(wav->bytes);
    *wav = (struct mg_wav){0};
}

static void
put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> (8 * i));
}

static void
put_sample(uint8_t *to, float sample)
{
    float clipped = fmaxf(-1.0f, fminf(1.0f, sample));
    put(to, (uint32_t)lrintf(clipped * 32767.0f), 2);
}

void
mg_wav_add(struct mg_wav *wav, const float *left, const float *right, uint32_t frames)
{
    for (uint32_t i = 0; i < frames && wav->frames < wav->frames_max; i++) {
        uint8_t *to = wav->bytes + HEADER_BYTES + wav->frames++ * FRAME_BYTES;
        put_sample(to, left[i]);
        put_sample(to + 2, right[i]);
    }
}

static void
put_header(const struct mg_wav *wav)
{
    uint8_t *header = wav->bytes;
    uint32_t data_bytes = (uint32_t)(wav->frames * FRAME_BYTES);
    memcpy(header, "RIFF....WAVEfmt ", 16);
    put(header + 4, HEADER_BYTES - 8 + data_bytes, 4);
    put(header + 16, 16, 4); // length of the format
    put(header + 20, 1, 2);  // PCM
    put(header + 22, CHANNELS, 2);
    put(header + 24, wav->rate_hz, 4);
    put(header + 28, wav->rate_hz * FRAME_BYTES, 4);
    put(header + 32, FRAME_BYTES, 2);
    put(header + 34, 16, 2); // bits per sample
    memcpy(header + 36, "data", 4);
    put(header + 40, data_bytes, 4);
}

int
mg_wav_save(const struct mg_wav *wav, const char *path, GError **error)
{
    put_header(wav);
    return mg_file_write(path, wav->bytes, HEADER_BYTES + wav->frames * FRAME_BYTES,
                         error);
}
