// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Standard MIDI files: notes, tempo and metre of any file in the wild, read through
// libsmf behind a bounded pass (io/smf_clean.h); and notes written back.
#ifndef MG_IO_SMF_H
#define MG_IO_SMF_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    MG_SMF_DRUM_CHANNEL = 9,    // channel 10 as musicians count
    MG_SMF_TICKS_MAX = 1 << 30, // the longest piece; libsmf counts ticks in an int
};

struct mg_smf_note {
    int64_t onset_ticks;
    int64_t end_ticks; // > onset_ticks
    uint8_t key;       // 0..127
    uint8_t velocity;  // 1..127
    uint8_t channel;   // 0..15
    uint16_t track;    // 0 is the first MTrk chunk
};

struct mg_smf_tempo {
    int64_t at_ticks;
    uint32_t us_per_quarter; // 1..16777215
};

struct mg_smf_metre {
    int64_t at_ticks;
    uint8_t numerator;   // 1..255
    uint8_t denominator; // 1, 2, 4 .. 128
};

// What was dropped or repaired on the way in.  All counts are 0 for a sound file.
struct mg_smf_report {
    int damaged_events; // data bytes >= 0x80, truncated, or status bytes out of place
    int skipped_chunks; // neither MThd nor MTrk
    int clamped_chunks; // said to be longer than the file
    int missing_tracks; // declared in the header and not there
    int missing_track_ends; // tracks without an end-of-track event
    int bad_metas;       // tempo or time signature with an impossible length or value
    int thinned_changes; // tempo changes over 4,096, metre changes over 512: dropped
    int hanging_notes;   // note-ons without a note-off: ended at the end of their track
    int stray_note_offs; // note-offs without a note-on
    bool riff;           // was wrapped in RIFF (.rmi)
    bool smpte;          // SMPTE division turned into ticks per quarter
};

struct mg_smf {
    int ticks_per_quarter;     // 1..32767
    int64_t end_ticks;         // the last end-of-track, and no note ends later
    struct mg_smf_note *notes; // sorted by onset, then key, then end
    int note_count;
    struct mg_smf_tempo *tempos; // sorted; empty: 120 BPM
    int tempo_count;
    struct mg_smf_metre *metres; // sorted; empty: 4/4
    int metre_count;
    struct mg_smf_report report;
};

// Reads a MIDI file.  Returns 0 or -errno with one line in *error ("PATH: what is wrong
// and what to do").  The arrays belong to *smf until mg_smf_finish().  Any thread but
// real time.
int mg_smf_load(const char *path, struct mg_smf *smf, GError **error);

// The same from memory; `name` stands in the error line.  Pure: this is what gets
// fuzzed.
int mg_smf_parse(const char *name, const uint8_t *bytes, size_t length,
                 struct mg_smf *smf, GError **error);

// Sorts the notes as the struct has them: by onset, then key, then end.
void mg_smf_sort_notes(struct mg_smf *smf);

// Frees the arrays and zeroes the struct; takes a zeroed one.
void mg_smf_finish(struct mg_smf *smf);

// Writes a MIDI file (format 1, conductor track first, one track of notes; where one
// key ends and is struck again at the same tick the note-off comes first).  The file is
// replaced whole or not at all.  Returns 0 or -errno with one line in *error.
int mg_smf_save(const char *path, const struct mg_smf *smf, GError **error);

#endif
