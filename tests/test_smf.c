// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI files in: one small file for each way in which files in the wild are broken,
// what is read of sound ones, and thousands of mutants.  With MG_DATA set to a folder
// of MIDI files the mutants are of those; MG_MUTANTS sets their number.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka wants the four above first.
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "io/smf.h"
#include "io/smf_clean.h"
#include "tests/midi_bytes.h"
#include "trainer/files.h"

enum { REFUSED = -1, MUTANTS = 20000, SECOND_US = 1000000 };

// --- files that take more than one line to make -----------------------------------------

static void
alien_chunk_eats_file(GByteArray *file)
{
    mg_midi_header(file, 1, 2, 480, 0);
    mg_midi_chunk(file, "XXXX", 0x7fffffff, BYTES(""));
    mg_midi_track(file, BYTES(MIDI_NOTE MIDI_END));
}

static void
alien_chunk_between(GByteArray *file)
{
    mg_midi_header(file, 1, 2, 480, 0);
    mg_midi_track(file, BYTES(MIDI_NOTE MIDI_END));
    mg_midi_chunk(file, "XFIH", -1, BYTES("abcd"));
    mg_midi_track(file, BYTES(MIDI_NOTE MIDI_NOTE MIDI_NOTE MIDI_END));
}

static void
alien_chunk_first(GByteArray *file)
{
    mg_midi_header(file, 1, 2, 480, 0);
    mg_midi_chunk(file, "XFKM", -1, BYTES("zz"));
    mg_midi_track(file, BYTES(MIDI_NOTE MIDI_END));
    mg_midi_track(file, BYTES(MIDI_NOTE MIDI_NOTE MIDI_END));
}

static void
empty_track_and_zeros(GByteArray *file)
{
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, BYTES(""));
    g_byte_array_append(file, (const guint8 *)"\0\0\0\0\0\0\0\0", 8);
}

static void
time_overflow(GByteArray *file)
{
    GByteArray *track = g_byte_array_new();
    for (int i = 0; i < 20; i++)
        g_byte_array_append(track, (const guint8 *)"\xff\xff\xff\x7f\x90\x3c\x64", 7);
    g_byte_array_append(track, (const guint8 *)BYTES(MIDI_END));
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
nine_bytes(GByteArray *file)
{
    mg_midi_header(file, 0, 1, 480, 0);
    g_byte_array_set_size(file, 9);
}

static void
long_text(GByteArray *file)
{
    GByteArray *track = g_byte_array_new();
    g_byte_array_append(track, (const guint8 *)"\x00\xff\x01", 3);
    mg_midi_number(track, 200);
    for (int i = 0; i < 200; i++)
        g_byte_array_append(track, (const guint8 *)"x", 1);
    for (int i = 0; i < 50; i++)
        g_byte_array_append(track, (const guint8 *)BYTES(MIDI_NOTE));
    g_byte_array_append(track, (const guint8 *)BYTES(MIDI_END));
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
riff(GByteArray *file)
{
    GByteArray *inner = g_byte_array_new();
    mg_midi_header(inner, 0, 1, 480, 0);
    mg_midi_track(inner, BYTES(MIDI_NOTE MIDI_END));
    // An odd chunk before the music, padded to an even length.
    static const uint8_t disp[] = {'D', 'I', 'S', 'P', 3, 0, 0, 0, 'a', 'b', 'c', 0};
    uint8_t size = (uint8_t)(inner->len + sizeof disp + 12);
    const uint8_t head[] = {'R', 'I', 'F', 'F', size, 0, 0, 0, 'R', 'M', 'I', 'D'};
    const uint8_t data[] = {'d', 'a', 't', 'a', (uint8_t)inner->len, 0, 0, 0};
    g_byte_array_append(file, head, sizeof head);
    g_byte_array_append(file, disp, sizeof disp);
    g_byte_array_append(file, data, sizeof data);
    g_byte_array_append(file, inner->data, inner->len);
    g_byte_array_unref(inner);
}

// Tempo changes, one a tick, each its own value from 500,000 us up.
static GByteArray *
tempo_track(int count)
{
    GByteArray *track = g_byte_array_new();
    for (int i = 0; i < count; i++) {
        uint32_t us = 500000 + (uint32_t)i;
        const uint8_t event[] = {
            1, 0xff, 0x51, 3, (uint8_t)(us >> 16), (uint8_t)(us >> 8), (uint8_t)us};
        g_byte_array_append(track, event, sizeof event);
    }
    g_byte_array_append(track, (const guint8 *)BYTES(MIDI_END));
    return track;
}

static GByteArray *
many_notes(int events)
{
    GByteArray *track = g_byte_array_new();
    for (int i = 0; i < events; i++) {
        const uint8_t event[] = {1, 0x90, 0x3c, i % 2 ? 0 : 0x64};
        g_byte_array_append(track, event, sizeof event);
    }
    g_byte_array_append(track, (const guint8 *)BYTES(MIDI_END));
    return track;
}

static void
tempos_after_notes(GByteArray *file)
{
    GByteArray *notes = many_notes(8000), *tempos = tempo_track(8000);
    mg_midi_header(file, 1, 2, 480, 0);
    mg_midi_track(file, notes->data, notes->len);
    mg_midi_track(file, tempos->data, tempos->len);
    g_byte_array_unref(notes);
    g_byte_array_unref(tempos);
}

static void
tempos_in_all_tracks(GByteArray *file)
{
    GByteArray *track = tempo_track(236);
    g_byte_array_set_size(track, track->len - 4);
    g_byte_array_append(track, (const guint8 *)BYTES(MIDI_NOTE MIDI_END));
    mg_midi_header(file, 1, 239, 480, 0);
    for (int i = 0; i < 239; i++)
        mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
notes_at_the_bound(GByteArray *file)
{
    GByteArray *track = many_notes(MG_SMF_NOTE_EVENTS_MAX);
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
notes_over_the_bound(GByteArray *file)
{
    GByteArray *track = many_notes(MG_SMF_NOTE_EVENTS_MAX + 1);
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
many_tracks(GByteArray *file)
{
    mg_midi_header(file, 1, 513, 480, 0);
    for (int i = 0; i < 513; i++)
        mg_midi_track(file, BYTES(MIDI_END));
}

// `bad` note-ons with a data byte over 127 among 1,000 note events.
static void
damaged(GByteArray *file, int bad)
{
    GByteArray *track = many_notes(1000);
    for (int i = 0; i < bad; i++)
        track->data[4 * 20 * i + 2] = 0xc8;
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, track->data, track->len);
    g_byte_array_unref(track);
}

static void
damaged_10(GByteArray *file)
{
    damaged(file, 10);
}

static void
damaged_11(GByteArray *file)
{
    damaged(file, 11);
}

static void
damaged_1_of_3(GByteArray *file)
{
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, BYTES("\x00\x90\xc8\x64" MIDI_NOTE MIDI_END));
}

static void
no_bytes(GByteArray *file)
{
    (void)file;
}

// --- the table ----------------------------------------------------------------------------

struct defect {
    const char *name;
    int format, tracks, division, extra; // of the header
    const char *body;                    // of the one track
    size_t size;
    int64_t claimed;            // length of the track, -1: the truth
    void (*make)(GByteArray *); // where not NULL: instead of all the above
    int notes;                  // or REFUSED
    const char *reason;         // what the line says where refused
};

#define ONE(name, format, tracks, division, extra, claimed, notes, reason, body)       \
    {                                                                                  \
        name, format, tracks, division, extra, body, sizeof(body) - 1, claimed, NULL,  \
            notes, reason                                                              \
    }
#define MADE(name, make, notes, reason)                                                \
    {                                                                                  \
        name, 0, 0, 0, 0, NULL, 0, -1, make, notes, reason                             \
    }

static const struct defect DEFECTS[] = {
    MADE("empty track, zeros behind", empty_track_and_zeros, 0, NULL),
    ONE("no end of track", 0, 1, 480, 0, -1, 1, NULL, MIDI_NOTE),
    ONE("F7 escape", 0, 1, 480, 0, -1, 1, NULL,
        "\x00\xf7\x03\x01\x02\x03" MIDI_NOTE MIDI_END),
    ONE("running status without a status", 0, 1, 480, 0, -1, REFUSED, "no note",
        "\x00\xf0\x03\x7e\x09\xf7\x00\x3c\x40\x40" MIDI_END),
    ONE("track length 2^31", 0, 1, 480, 0, 0x80000000, 1, NULL, MIDI_NOTE MIDI_END),
    MADE("alien chunk longer than the file", alien_chunk_eats_file, 1, NULL),
    MADE("time overflow", time_overflow, REFUSED, "ticks"),
    ONE("F7 only", 0, 1, 480, 0, -1, 0, NULL, "\x00\xf7\x00" MIDI_END),
    ONE("truncated track", 0, 1, 480, 0, 4096, 1, NULL, MIDI_NOTE),
    ONE("track length 256 Mi", 0, 1, 480, 0, 0x10000000, 1, NULL, MIDI_NOTE),
    ONE("tempo of length 0", 0, 1, 480, 0, -1, 0, NULL, "\x00\xff\x51\x00" MIDI_END),
    MADE("alien chunk between tracks", alien_chunk_between, 4, NULL),
    MADE("nine bytes of header", nine_bytes, REFUSED, "header"),
    ONE("fewer tracks than declared", 1, 9, 480, 0, -1, 1, NULL, MIDI_NOTE MIDI_END),
    MADE("text of 200 bytes", long_text, 50, NULL),
    ONE("running status after a meta", 0, 1, 480, 0, -1, 2, NULL,
        "\x00\x90\x3c\x64\x10\xff\x06\x01"
        "A\x10\x3c\x00" MIDI_NOTE MIDI_END),
    ONE("data bytes over 127", 0, 1, 480, 0, -1, REFUSED, "no note",
        "\x00\x90\xc8\xff\x10\x80\xc8\x40" MIDI_END),
    ONE("denominator 2^255", 0, 1, 480, 0, -1, 1, NULL,
        "\x00\xff\x58\x04\x04\xff\x18\x08" MIDI_NOTE MIDI_END),
    MADE("alien chunk first", alien_chunk_first, 3, NULL),
    ONE("delta of 2^28 - 1", 0, 1, 480, 0, -1, 2, NULL,
        MIDI_NOTE "\xff\xff\xff\x7f\x90\x3c\x64\x00\x80\x3c\x00" MIDI_END),
    ONE("delta of five bytes", 0, 1, 480, 0, -1, REFUSED, "no note",
        "\xff\xff\xff\xff\x7f\x90\x3c\x64"),
    ONE("header of 8 bytes", 0, 1, 480, 2, -1, 1, NULL, MIDI_NOTE MIDI_END),
    ONE("SMPTE", 0, 1, 0xe728, 0, -1, 1, NULL, MIDI_NOTE MIDI_END),
    ONE("SMPTE of 7 frames", 0, 1, 0xf928, 0, -1, REFUSED, "SMPTE", MIDI_NOTE MIDI_END),
    MADE("RIFF", riff, 1, NULL),
    ONE("format 2", 2, 1, 480, 0, -1, REFUSED, "format 2", MIDI_NOTE MIDI_END),
    ONE("format 77", 77, 1, 480, 0, -1, REFUSED, "format", MIDI_NOTE MIDI_END),
    ONE("0 ticks per quarter", 0, 1, 0, 0, -1, REFUSED, "0 ticks", MIDI_NOTE MIDI_END),
    ONE("0 tracks declared", 1, 0, 480, 0, -1, 1, NULL, MIDI_NOTE MIDI_END),
    MADE("empty file", no_bytes, REFUSED, "empty"),
    MADE("8,000 tempos after the notes", tempos_after_notes, 4000, NULL),
    ONE("65,535 tracks declared", 1, 65535, 480, 0, -1, 1, NULL, MIDI_NOTE MIDI_END),
    MADE("tempos in 239 tracks", tempos_in_all_tracks, 239, NULL),
    MADE("100,000 note events", notes_at_the_bound, 50000, NULL),
    MADE("100,001 note events", notes_over_the_bound, REFUSED, "100,000"),
    MADE("513 tracks", many_tracks, REFUSED, "512 tracks"),
    MADE("10 of 1,001 events damaged", damaged_10, 490, NULL),
    MADE("11 of 1,001 events damaged", damaged_11, REFUSED, "1 %"),
    MADE("1 of 4 events damaged", damaged_1_of_3, 1, NULL),
};

static GByteArray *
make(const struct defect *defect)
{
    GByteArray *file = g_byte_array_new();
    if (defect->make) {
        defect->make(file);
        return file;
    }
    mg_midi_header(file, defect->format, defect->tracks, defect->division,
                   defect->extra);
    mg_midi_chunk(file, "MTrk", defect->claimed, defect->body, defect->size);
    return file;
}

static void
defects_have_their_result(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < G_N_ELEMENTS(DEFECTS); i++) {
        const struct defect *defect = &DEFECTS[i];
        GByteArray *file = make(defect);
        struct mg_smf smf;
        GError *error = NULL;
        gint64 start_us = g_get_monotonic_time();
        int status = mg_smf_parse("file", file->data, file->len, &smf, &error);
        gint64 took_us = g_get_monotonic_time() - start_us;
        if (defect->notes == REFUSED ? !status
                                     : status || smf.note_count != defect->notes)
            fail_msg("%s: status %d, %d notes, %s", defect->name, status,
                     smf.note_count, error ? error->message : "no error");
        if (defect->reason && !strstr(error->message, defect->reason))
            fail_msg("%s: \"%s\"", defect->name, error->message);
        if (took_us > 2 * SECOND_US)
            fail_msg("%s: took %.1f s", defect->name, (double)took_us / SECOND_US);
        g_clear_error(&error);
        mg_smf_finish(&smf);
        g_byte_array_unref(file);
    }
}

// --- what is read -------------------------------------------------------------------------

static void
parse_track(const char *data, size_t size, struct mg_smf *smf)
{
    GByteArray *file = g_byte_array_new();
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, data, size);
    assert_int_equal(mg_smf_parse("file", file->data, file->len, smf, NULL), 0);
    g_byte_array_unref(file);
}

static void
assert_note(const struct mg_smf *smf, int index, int onset, int end, int key,
            int velocity)
{
    assert_true(index < smf->note_count);
    const struct mg_smf_note *note = &smf->notes[index];
    assert_int_equal(note->onset_ticks, onset);
    assert_int_equal(note->end_ticks, end);
    assert_int_equal(note->key, key);
    assert_int_equal(note->velocity, velocity);
}

static void
running_status_is_read(void **unused)
{
    (void)unused;
    struct mg_smf smf;
    parse_track(BYTES("\x00\x91\x3c\x64\x0a\x3c\x00\x00\xb1\x40\x7f\x00\x91\x40\x50"
                      "\x81\x00\x40\x00" MIDI_END),
                &smf);
    assert_int_equal(smf.note_count, 2);
    assert_note(&smf, 0, 0, 10, 60, 100);
    assert_note(&smf, 1, 10, 138, 64, 80);
    assert_int_equal(smf.notes[1].channel, 1);
    mg_smf_finish(&smf);
}

static void
oldest_note_ends_first(void **unused)
{
    (void)unused;
    struct mg_smf smf;
    // On at 0, 10 and 20; off at 30 and 40; the third hangs until the end at 100.
    parse_track(BYTES("\x00\x90\x3c\x01\x0a\x90\x3c\x02\x0a\x90\x3c\x03"
                      "\x0a\x80\x3c\x00\x0a\x80\x3c\x00\x3c\xff\x2f\x00"),
                &smf);
    assert_int_equal(smf.note_count, 3);
    assert_note(&smf, 0, 0, 30, 60, 1);
    assert_note(&smf, 1, 10, 40, 60, 2);
    assert_note(&smf, 2, 20, 100, 60, 3);
    assert_int_equal(smf.report.hanging_notes, 1);
    assert_int_equal(smf.end_ticks, 100);
    mg_smf_finish(&smf);
}

static void
odd_notes_are_mended(void **unused)
{
    (void)unused;
    struct mg_smf smf;
    // A stray off, a note of no length, one on another channel that its off does not
    // match.
    parse_track(BYTES("\x00\x80\x3c\x00\x00\x90\x3c\x40\x00\x80\x3c\x00"
                      "\x00\x92\x3c\x40\x05\x83\x3c\x00\x05\xff\x2f\x00"),
                &smf);
    assert_int_equal(smf.note_count, 2);
    assert_note(&smf, 0, 0, 1, 60, 64);
    assert_note(&smf, 1, 0, 10, 60, 64);
    assert_int_equal(smf.report.stray_note_offs, 2);
    assert_int_equal(smf.report.hanging_notes, 1);
    mg_smf_finish(&smf);
}

static void
sound_file_has_empty_report(void **unused)
{
    (void)unused;
    struct mg_smf smf;
    static const struct mg_smf_report nothing;
    parse_track(BYTES(MIDI_NOTE MIDI_NOTE MIDI_END), &smf);
    assert_memory_equal(&smf.report, &nothing, sizeof nothing);
    mg_smf_finish(&smf);
}

static void
changes_of_all_tracks_are_merged(void **unused)
{
    (void)unused;
    GByteArray *file = g_byte_array_new();
    mg_midi_header(file, 1, 2, 96, 0);
    // 3/8 at 0, tempo 600,000 at 10; then tempo 400,000 at 5 and, overruling, 7 at 10.
    mg_midi_track(file, BYTES("\x00\xff\x58\x04\x03\x03\x18\x08"
                              "\x0a\xff\x51\x03\x09\x27\xc0" MIDI_END));
    mg_midi_track(file,
                  BYTES("\x05\xff\x51\x03\x06\x1a\x80"
                        "\x05\xff\x51\x03\x00\x00\x07" MIDI_NOTE "\x32\xff\x2f\x00"));
    struct mg_smf smf;
    assert_int_equal(mg_smf_parse("file", file->data, file->len, &smf, NULL), 0);
    assert_int_equal(smf.ticks_per_quarter, 96);
    assert_int_equal(smf.metre_count, 1);
    assert_int_equal(smf.metres[0].numerator, 3);
    assert_int_equal(smf.metres[0].denominator, 8);
    assert_int_equal(smf.tempo_count, 2);
    assert_int_equal(smf.tempos[0].at_ticks, 5);
    assert_int_equal(smf.tempos[0].us_per_quarter, 400000);
    assert_int_equal(smf.tempos[1].at_ticks, 10);
    assert_int_equal(smf.tempos[1].us_per_quarter, 7);
    assert_int_equal(smf.notes[0].track, 1);
    assert_int_equal(smf.end_ticks, 10 + 96 + 50);
    mg_smf_finish(&smf);
    g_byte_array_unref(file);
}

static void
smpte_keeps_real_time(void **unused)
{
    (void)unused;
    // 25 frames of 40 ticks, 29.97 of 80, 24 of 1; a tempo of its own means nothing.
    static const int divisions[] = {0xe728, 0xe350, 0xe801};
    static const double tick_us[] = {1e6 / 1000, 1001000.0 / 2400, 1e6 / 24};
    for (int i = 0; i < 3; i++) {
        GByteArray *file = g_byte_array_new();
        mg_midi_header(file, 0, 1, divisions[i], 0);
        mg_midi_track(file, BYTES("\x00\xff\x51\x03\x00\x00\x07" MIDI_NOTE MIDI_END));
        struct mg_smf smf;
        assert_int_equal(mg_smf_parse("file", file->data, file->len, &smf, NULL), 0);
        assert_true(smf.report.smpte);
        assert_int_equal(smf.tempo_count, 1);
        double us = (double)smf.tempos[0].us_per_quarter / smf.ticks_per_quarter;
        assert_true(us > tick_us[i] * 0.999999 && us < tick_us[i] * 1.000001);
        assert_note(&smf, 0, 0, 96, 60, 100);
        mg_smf_finish(&smf);
        g_byte_array_unref(file);
    }
}

static void
too_many_tempos_are_thinned(void **unused)
{
    (void)unused;
    GByteArray *file = g_byte_array_new();
    tempos_after_notes(file);
    struct mg_smf smf;
    assert_int_equal(mg_smf_parse("file", file->data, file->len, &smf, NULL), 0);
    assert_int_equal(smf.tempo_count, 4000);
    assert_int_equal(smf.report.thinned_changes, 4000);
    assert_int_equal(smf.tempos[3999].at_ticks, 7999); // evenly, up to the last
    mg_smf_finish(&smf);
    g_byte_array_unref(file);
}

static void
clean_bytes_are_strict(void **unused)
{
    (void)unused;
    GByteArray *file = g_byte_array_new();
    mg_midi_header(file, 0, 1, 480, 0);
    mg_midi_track(file, BYTES("\x00\xf0\x01\xf7\x81\x00\x90\x3c\x64\x10\x3c\x00"));
    GByteArray *expected = g_byte_array_new();
    mg_midi_header(expected, 1, 2, 480, 0);
    mg_midi_track(expected, BYTES(MIDI_END));
    mg_midi_track(expected,
                  BYTES("\x81\x00\x90\x3c\x64\x10\x90\x3c\x00\x00\xff\x2f\x00"));
    struct mg_smf_report report;
    GByteArray *clean = mg_smf_clean("file", file->data, file->len, &report, NULL);
    assert_non_null(clean);
    assert_int_equal(clean->len, expected->len);
    assert_memory_equal(clean->data, expected->data, expected->len);
    assert_int_equal(report.missing_track_ends, 1);
    g_byte_array_unref(clean);
    g_byte_array_unref(expected);
    g_byte_array_unref(file);
}

// --- mutants ------------------------------------------------------------------------------

struct tally {
    int files, read, refused;
};

static void
try_mutants(const uint8_t *bytes, size_t length, int count, uint64_t seed,
            struct tally *tally)
{
    for (int i = 0; i < count; i++) {
        GByteArray *mutant = mg_midi_mutant(bytes, length, seed + (uint64_t)i);
        int notes;
        const char *broken = mg_midi_try(mutant->data, mutant->len, &notes);
        if (broken)
            fail_msg("mutant %" G_GUINT64_FORMAT ": %s", seed + (uint64_t)i, broken);
        tally->read += notes >= 0;
        tally->refused += notes < 0;
        g_byte_array_unref(mutant);
    }
    tally->files++;
}

static int
mutants_wanted(void)
{
    const char *text = g_getenv("MG_MUTANTS");
    int wanted = text ? atoi(text) : 0;
    return wanted > 0 ? wanted : MUTANTS;
}

static void
mutants_do_no_harm(void **unused)
{
    (void)unused;
    struct tally tally = {0};
    int each = mutants_wanted() / (int)G_N_ELEMENTS(DEFECTS) + 1;
    for (size_t i = 0; i < G_N_ELEMENTS(DEFECTS); i++) {
        GByteArray *file = make(&DEFECTS[i]);
        // The large ones cost too much to be tried as often.
        int count = file->len > 2000 ? MIN(each, 20) : each;
        if (file->len)
            try_mutants(file->data, file->len, count, (uint64_t)i << 32, &tally);
        g_byte_array_unref(file);
    }
    print_message("mutants of %d own files: %d read, %d refused\n", tally.files,
                  tally.read, tally.refused);
    assert_true(tally.read > 0 && tally.refused > 0);
}

static void
mutants_of_real_files_do_no_harm(void **unused)
{
    (void)unused;
    const char *folder = g_getenv("MG_DATA");
    if (!folder) {
        print_message("MG_DATA is not set\n");
        skip();
    }
    char *arguments[] = {g_strdup(folder), NULL};
    GPtrArray *found = NULL;
    assert_int_equal(mg_files_find(arguments, &found, NULL), 0);
    assert_true(found->len > 0);
    struct tally tally = {0};
    int each = mutants_wanted() / (int)found->len + 1;
    for (guint i = 0; i < found->len; i++) {
        const struct mg_found *file = g_ptr_array_index(found, i);
        GBytes *bytes = mg_file_read(file->path, MG_SMF_BYTES_MAX, NULL);
        assert_non_null(bytes);
        gsize length;
        const uint8_t *data = g_bytes_get_data(bytes, &length);
        if (length)
            try_mutants(data, length, each, (uint64_t)i << 32, &tally);
        g_bytes_unref(bytes);
    }
    print_message("mutants of %d real files: %d read, %d refused\n", tally.files,
                  tally.read, tally.refused);
    g_ptr_array_unref(found);
    g_free(arguments[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defects_have_their_result),
        cmocka_unit_test(running_status_is_read),
        cmocka_unit_test(oldest_note_ends_first),
        cmocka_unit_test(odd_notes_are_mended),
        cmocka_unit_test(sound_file_has_empty_report),
        cmocka_unit_test(changes_of_all_tracks_are_merged),
        cmocka_unit_test(smpte_keeps_real_time),
        cmocka_unit_test(too_many_tempos_are_thinned),
        cmocka_unit_test(clean_bytes_are_strict),
        cmocka_unit_test(mutants_do_no_harm),
        cmocka_unit_test(mutants_of_real_files_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
