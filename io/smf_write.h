// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Emits the bytes of a strict format-1 MIDI file: explicit status bytes, deltas of at
// most four bytes, one end-of-track a track.
#ifndef MG_IO_SMF_WRITE_H
#define MG_IO_SMF_WRITE_H

#include <glib.h>
#include <stdint.h>

// A track being written.
struct mg_smf_writer {
    GByteArray *bytes; // the track goes to its end; not owned
    guint start;       // where its data begins
    int64_t at_ticks;  // of the last event
};

// Appends the MThd chunk.  tracks: with the conductor, 1..65535; ticks_per_quarter:
// 1..32767.  All of these: any thread but real time; the caller has checked the values.
void mg_smf_write_header(GByteArray *bytes, int tracks, int ticks_per_quarter);

// Opens a track at the end of `bytes`.
void mg_smf_write_track_begin(struct mg_smf_writer *writer, GByteArray *bytes);

// Adds an event, status byte first.  at_ticks never falls within a track.
void mg_smf_write_event(struct mg_smf_writer *writer, int64_t at_ticks,
                        const uint8_t *event, guint size);

// us_per_quarter: 1..16777215.
void mg_smf_write_tempo(struct mg_smf_writer *writer, int64_t at_ticks,
                        uint32_t us_per_quarter);

// denominator: 1, 2, 4 .. 128.
void mg_smf_write_metre(struct mg_smf_writer *writer, int64_t at_ticks, int numerator,
                        int denominator);

// Ends the track at a tick at or after its last event and fills in its length.
void mg_smf_write_track_end(struct mg_smf_writer *writer, int64_t at_ticks);

#endif
