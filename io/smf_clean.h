// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The bounded pass before libsmf, which aborts, hangs or loses notes on files in the
// wild: any bytes in, a strict format-1 file with the same notes, tempo and metre out.
#ifndef MG_IO_SMF_CLEAN_H
#define MG_IO_SMF_CLEAN_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "io/smf.h"

enum {
    MG_SMF_BYTES_MAX = 16 << 20,
    MG_SMF_TRACKS_MAX = 512,
    MG_SMF_NOTE_EVENTS_MAX = 100000, // note-ons and note-offs: hours of piano
    MG_SMF_TEMPOS_MAX = 4096,
    MG_SMF_METRES_MAX = 512, // libsmf looks both up for every note
};

// Rewrites a file: formats 0 and 1, plain or in RIFF; SMPTE time becomes ticks per
// quarter.  Kept are note-ons, note-offs, tempo and metre, and the tick each track ends
// at.  The first track is the conductor, with the tempo and metre of all tracks; track
// k of the file is track k + 1 after it.  Damage is stepped over and counted; a file
// with more of it than 1 % of its events (and more than 8), nothing readable, more
// notes or tracks than the bounds, or longer than MG_SMF_TICKS_MAX is refused.  Tempo
// changes over the bound are thinned evenly, which keeps the music's pace.  report:
// zeroed first; hanging_notes and stray_note_offs are left to the reader of the
// result.  Returns the bytes, which the caller frees, or NULL with one line in *error
// ("NAME: what is wrong").  Pure; time and memory are linear in `length`.  Any thread
// but real time.
GByteArray *mg_smf_clean(const char *name, const uint8_t *bytes, size_t length,
                         struct mg_smf_report *report, GError **error);

#endif
