// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The recorder: what was played becomes a MIDI file.
#ifndef MG_ENGINE_RECORDER_H
#define MG_ENGINE_RECORDER_H

#include <glib.h>
#include <stdint.h>

#include "engine/ring.h"
#include "io/smf.h"

enum { MG_RECORDER_TICKS_PER_QUARTER = 480 };

struct mg_recorder;

// bpm: of the file; played: ring of struct mg_played, whose consumer this becomes.
// Main thread, as all below.
struct mg_recorder *mg_recorder_create(double bpm, struct mg_ring *played);

// Takes NULL.
void mg_recorder_destroy(struct mg_recorder *recorder);

// Takes what was played since; call it every 20 ms or so.
void mg_recorder_drain(struct mg_recorder *recorder);

// Notes complete so far.
int mg_recorder_notes(const struct mg_recorder *recorder);

// Drains, and makes the music of the take; free it with mg_smf_finish().  Frames at
// rate_hz become ticks of the recorder's tempo, rounded once: music on its grid is on
// the file's. frames: the length played; notes that still sound end there, and go on in
// what is made later.  What lies beyond MG_SMF_TICKS_MAX is cut.  Returns how many notes that left out.
int mg_recorder_to_smf(struct mg_recorder *recorder, uint64_t frames, uint32_t rate_hz,
                       struct mg_smf *smf);

// The same, into a file, which is replaced whole or not at all.  *left_out: notes, as
// above; may be NULL.  Returns 0 or -errno with one line in *error.
int mg_recorder_save(struct mg_recorder *recorder, const char *path, uint64_t frames,
                     uint32_t rate_hz, int *left_out, GError **error);

#endif
