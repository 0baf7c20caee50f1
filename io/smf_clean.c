// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The bounded pass before libsmf.
#include "io/smf_clean.h"

#include <string.h>

#include "io/smf_write.h"

enum {
    // This much damage is no reason yet to refuse a file: a short one would always
    // fall.
    DAMAGE_ALLOWED = 8,
    DAMAGE_SHARE = 100, // one event in so many
};

// Bytes not yet read.
struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

enum change_kind { TEMPO, METRE };

struct change {
    int64_t at_ticks;
    enum change_kind kind;
    uint32_t value; // us per quarter, or numerator << 8 | power of the denominator
};

struct cleaner {
    struct mg_smf_report *report;
    GByteArray *tracks; // MTrk chunks, clean
    GArray *changes;    // of struct change
    int track_count;
    int64_t events;  // of all kinds, damaged ones too
    int note_events; // kept
};

struct track {
    struct reader in;
    struct mg_smf_writer out;
    int64_t at_ticks;
    uint8_t running_status; // 0: none yet
    bool ended;
};

struct header {
    int format;
    int tracks;
    int division; // as in the file: SMPTE is negative
};

static size_t
left(const struct reader *in)
{
    return (size_t)(in->end - in->at);
}

static uint32_t
big_endian(const uint8_t *at, int size)
{
    uint32_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

// A number of up to four bytes.  One that is cut off gives what there was of it: the
// caller sees that nothing is left.
static uint32_t
read_number(struct cleaner *cleaner, struct reader *in)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        if (in->at == in->end)
            return value;
        uint8_t byte = *in->at++;
        value = value << 7 | (byte & 0x7f);
        if (byte < 0x80)
            return value;
    }
    cleaner->report->damaged_events++;
    return value;
}

// The end of the chunk's body if its length is a lie: up to the next track, if any.
static const uint8_t *
next_track(const struct reader *in)
{
    for (const uint8_t *at = in->at; in->end - at >= 4; at++) {
        at = memchr(at, 'M', (size_t)(in->end - at) - 3);
        if (!at)
            break;
        if (memcmp(at, "MTrk", 4) == 0)
            return at;
    }
    return in->end;
}

// Steps over a chunk.  Returns its id, or NULL at the end of the file.
static const uint8_t *
read_chunk(struct cleaner *cleaner, struct reader *in, struct reader *body)
{
    if (left(in) < 8)
        return NULL;
    const uint8_t *id = in->at;
    uint32_t length = big_endian(id + 4, 4);
    in->at += 8;
    *body = (struct reader){in->at, in->end};
    if (length > left(in)) {
        cleaner->report->clamped_chunks++;
        body->end = next_track(in);
    } else {
        body->end = in->at + length;
    }
    in->at = body->end;
    return id;
}

static void
read_channel_event(struct cleaner *cleaner, struct track *track, uint8_t status)
{
    track->running_status = status;
    size_t size = (status & 0xe0) == 0xc0 ? 1 : 2; // program and pressure have one byte
    if (left(&track->in) < size) {
        cleaner->report->damaged_events++;
        track->in.at = track->in.end;
        return;
    }
    const uint8_t event[] = {status, track->in.at[0], size > 1 ? track->in.at[1] : 0};
    track->in.at += size;
    if ((event[1] | event[2]) & 0x80) {
        cleaner->report->damaged_events++;
    } else if ((status & 0xe0) == 0x80) { // 0x8n note-off, 0x9n note-on
        mg_smf_write_event(&track->out, track->at_ticks, event, sizeof event);
        cleaner->note_events++;
    }
}

static void
add_change(struct cleaner *cleaner, int64_t at_ticks, enum change_kind kind,
           uint32_t value)
{
    struct change change = {at_ticks, kind, value};
    g_array_append_val(cleaner->changes, change);
}

static void
read_tempo(struct cleaner *cleaner, int64_t at_ticks, const struct reader *body)
{
    if (cleaner->report->smpte)
        return; // a tick is a part of a second there, whatever the tempo
    if (left(body) == 3 && big_endian(body->at, 3))
        add_change(cleaner, at_ticks, TEMPO, big_endian(body->at, 3));
    else
        cleaner->report->bad_metas++;
}

static void
read_metre(struct cleaner *cleaner, int64_t at_ticks, const struct reader *body)
{
    if (left(body) == 4 && body->at[0] && body->at[1] <= 7)
        add_change(cleaner, at_ticks, METRE, big_endian(body->at, 2));
    else
        cleaner->report->bad_metas++;
}

// The part after a length, which is clamped to the track.
static struct reader
read_sized(struct cleaner *cleaner, struct reader *in)
{
    uint32_t length = read_number(cleaner, in);
    if (length > left(in)) {
        cleaner->report->damaged_events++;
        length = (uint32_t)left(in);
    }
    struct reader body = {in->at, in->at + length};
    in->at = body.end;
    return body;
}

static void
read_meta(struct cleaner *cleaner, struct track *track)
{
    if (!left(&track->in)) {
        cleaner->report->damaged_events++;
        return;
    }
    uint8_t type = *track->in.at++;
    struct reader body = read_sized(cleaner, &track->in);
    if (type == 0x2f)
        track->ended = true;
    else if (type == 0x51)
        read_tempo(cleaner, track->at_ticks, &body);
    else if (type == 0x58)
        read_metre(cleaner, track->at_ticks, &body);
}

// System messages have no place in a file; those with data are stepped over by its
// length.
static void
skip_system_event(struct cleaner *cleaner, struct reader *in, uint8_t status)
{
    cleaner->report->damaged_events++;
    size_t size = status == 0xf2 ? 2 : status == 0xf1 || status == 0xf3 ? 1 : 0;
    in->at += MIN(size, left(in));
}

static void
read_event(struct cleaner *cleaner, struct track *track)
{
    cleaner->events++;
    uint8_t status = *track->in.at;
    if (status >= 0x80) {
        track->in.at++;
    } else if (track->running_status) {
        // Also across metas and sysex, which should end it: many files rely on that.
        status = track->running_status;
    } else {
        track->in.at++;
        cleaner->report->damaged_events++;
        return;
    }
    if (status < 0xf0)
        read_channel_event(cleaner, track, status);
    else if (status == 0xff)
        read_meta(cleaner, track);
    else if (status == 0xf0 || status == 0xf7)
        read_sized(cleaner, &track->in);
    else
        skip_system_event(cleaner, &track->in, status);
}

// Returns NULL or why the file is refused.
static const char *
clean_track(struct cleaner *cleaner, struct reader body)
{
    if (++cleaner->track_count > MG_SMF_TRACKS_MAX)
        return "has more than 512 tracks";
    struct track track = {.in = body};
    mg_smf_write_track_begin(&track.out, cleaner->tracks);
    while (!track.ended && left(&track.in)) {
        track.at_ticks += read_number(cleaner, &track.in);
        if (track.at_ticks > MG_SMF_TICKS_MAX)
            return "is longer than 1,073,741,824 ticks: its times are damaged";
        if (left(&track.in))
            read_event(cleaner, &track);
        else
            cleaner->report->damaged_events++; // a time without an event
        if (cleaner->note_events > MG_SMF_NOTE_EVENTS_MAX)
            return "has more than 100,000 note-ons and note-offs; split it";
    }
    cleaner->report->missing_track_ends += !track.ended;
    // Without its end a track lasts until its last note.
    mg_smf_write_track_end(&track.out,
                           track.ended ? track.at_ticks : track.out.at_ticks);
    return NULL;
}

static const char *
clean_tracks(struct cleaner *cleaner, struct reader *in, int declared)
{
    struct reader body;
    const uint8_t *id;
    while ((id = read_chunk(cleaner, in, &body))) {
        if (memcmp(id, "MTrk", 4) != 0) {
            cleaner->report->skipped_chunks++;
            continue;
        }
        const char *reason = clean_track(cleaner, body);
        if (reason)
            return reason;
    }
    if (!cleaner->track_count)
        return "has no track";
    cleaner->report->missing_tracks = MAX(declared - cleaner->track_count, 0);
    return NULL;
}

// Ticks per quarter of an SMPTE division, as if at 120 BPM, and the tempo that makes a
// tick last as long as it did; they differ from 120 BPM where half a second is no whole
// number of ticks and at 29.97 frames a second.  0 when the division is impossible.
static int
smpte_ticks_per_quarter(int division, uint32_t *us_per_quarter)
{
    int frames = 256 - ((uint16_t)division >> 8); // the high byte, negated
    int ticks_per_frame = division & 0xff;
    if ((frames != 24 && frames != 25 && frames != 29 && frames != 30) ||
        ticks_per_frame == 0)
        return 0;
    bool drop = frames == 29; // 30 frames in 1.001 s
    int64_t ticks_per_second = (int64_t)(drop ? 30 : frames) * ticks_per_frame;
    int64_t quarter = (ticks_per_second + 1) / 2;
    *us_per_quarter =
        (uint32_t)(quarter * (drop ? 1001000 : 1000000) / ticks_per_second);
    return (int)quarter;
}

// MIDI in RIFF (.rmi): what is in its "data" chunk.
static bool
unwrap_riff(struct reader *in)
{
    if (left(in) < 12 || memcmp(in->at, "RIFF", 4) != 0 ||
        memcmp(in->at + 8, "RMID", 4) != 0)
        return false;
    in->at += 12;
    while (left(in) >= 8) {
        const uint8_t *id = in->at;
        // Little endian, unlike all else here.
        size_t length = (size_t)id[4] | (size_t)id[5] << 8 | (size_t)id[6] << 16 |
                        (size_t)id[7] << 24;
        in->at += 8;
        if (memcmp(id, "data", 4) == 0) {
            in->end = in->at + MIN(length, left(in));
            return true;
        }
        in->at += MIN(length + length % 2, left(in));
    }
    return true;
}

static const char *
read_header(struct cleaner *cleaner, struct reader *in, struct header *header)
{
    struct reader body;
    if (!left(in))
        return "is empty";
    if (left(in) > MG_SMF_BYTES_MAX)
        return "is larger than 16 MiB";
    cleaner->report->riff = unwrap_riff(in);
    const uint8_t *id = read_chunk(cleaner, in, &body);
    if (!id || memcmp(id, "MThd", 4) != 0)
        return "is not a MIDI file";
    if (left(&body) < 6)
        return "has a header of less than 6 bytes";
    header->format = (int)big_endian(body.at, 2);
    header->tracks = (int)big_endian(body.at + 2, 2);
    header->division = (int16_t)big_endian(body.at + 4, 2);
    if (header->format == 2)
        return "is of format 2 (independent sequences), which is not supported; "
               "save it as format 1";
    if (header->format > 2)
        return "is of an unknown format";
    return header->division ? NULL : "has 0 ticks per quarter note";
}

static gint
compare_changes(gconstpointer a, gconstpointer b)
{
    const struct change *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->at_ticks < y->at_ticks ? -1 : x->at_ticks > y->at_ticks;
}

// Sorts the changes by kind and time, leaves the last of those at one tick (the order
// of the tracks decides: the sort is stable), and thins what is over the bound.
static void
tidy_changes(struct cleaner *cleaner)
{
    static const guint most[] = {
        [TEMPO] = MG_SMF_TEMPOS_MAX, [METRE] = MG_SMF_METRES_MAX};
    GArray *changes = cleaner->changes;
    g_array_sort(changes, compare_changes);
    guint distinct[2] = {0}, seen[2] = {0};
    guint kept = 0;
    for (guint i = 0; i < changes->len; i++) {
        struct change *change = &g_array_index(changes, struct change, i);
        if (i + 1 < changes->len && compare_changes(change, change + 1) == 0)
            continue;
        distinct[change->kind]++;
        g_array_index(changes, struct change, kept++) = *change;
    }
    guint count = kept;
    kept = 0;
    for (guint i = 0; i < count; i++) {
        struct change *change = &g_array_index(changes, struct change, i);
        guint stride = (distinct[change->kind] - 1) / most[change->kind] + 1;
        if (seen[change->kind]++ % stride == 0)
            g_array_index(changes, struct change, kept++) = *change;
    }
    cleaner->report->thinned_changes = (int)(count - kept);
    g_array_set_size(changes, kept);
}

static gint
compare_ticks(gconstpointer a, gconstpointer b)
{
    const struct change *x = a, *y = b;
    return x->at_ticks < y->at_ticks ? -1 : x->at_ticks > y->at_ticks;
}

static void
write_conductor(GByteArray *bytes, GArray *changes)
{
    struct mg_smf_writer writer;
    mg_smf_write_track_begin(&writer, bytes);
    g_array_sort(changes, compare_ticks);
    for (guint i = 0; i < changes->len; i++) {
        const struct change *change = &g_array_index(changes, struct change, i);
        if (change->kind == TEMPO)
            mg_smf_write_tempo(&writer, change->at_ticks, change->value);
        else
            mg_smf_write_metre(&writer, change->at_ticks, (int)(change->value >> 8),
                               1 << (change->value & 0xff));
    }
    mg_smf_write_track_end(&writer, writer.at_ticks);
}

static const char *
check_damage(const struct cleaner *cleaner)
{
    int64_t damaged = cleaner->report->damaged_events;
    if (damaged && !cleaner->note_events)
        return "is damaged: no note in it can be read";
    if (damaged > DAMAGE_ALLOWED && damaged * DAMAGE_SHARE > cleaner->events)
        return "is damaged: more than 1 % of its events cannot be read";
    return NULL;
}

// Returns NULL and appends the file to `out`, or returns why it is refused.
static const char *
clean(struct cleaner *cleaner, struct reader in, GByteArray *out)
{
    struct header header;
    const char *reason = read_header(cleaner, &in, &header);
    if (reason)
        return reason;
    int ticks_per_quarter = header.division;
    if (header.division < 0) {
        uint32_t us_per_quarter = 0;
        ticks_per_quarter = smpte_ticks_per_quarter(header.division, &us_per_quarter);
        if (!ticks_per_quarter)
            return "has an impossible SMPTE frame rate";
        cleaner->report->smpte = true;
        add_change(cleaner, 0, TEMPO, us_per_quarter);
    }
    if ((reason = clean_tracks(cleaner, &in, header.tracks)))
        return reason;
    if ((reason = check_damage(cleaner)))
        return reason;
    tidy_changes(cleaner);
    mg_smf_write_header(out, cleaner->track_count + 1, ticks_per_quarter);
    write_conductor(out, cleaner->changes);
    g_byte_array_append(out, cleaner->tracks->data, cleaner->tracks->len);
    return NULL;
}

GByteArray *
mg_smf_clean(const char *name, const uint8_t *bytes, size_t length,
             struct mg_smf_report *report, GError **error)
{
    *report = (struct mg_smf_report){0};
    struct cleaner cleaner = {
        .report = report,
        .tracks = g_byte_array_new(),
        .changes = g_array_new(FALSE, FALSE, sizeof(struct change)),
    };
    GByteArray *out = g_byte_array_new();
    const char *reason =
        clean(&cleaner, (struct reader){bytes, bytes ? bytes + length : bytes}, out);
    if (reason) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s: %s", name, reason);
        g_byte_array_unref(out);
        out = NULL;
    }
    g_byte_array_unref(cleaner.tracks);
    g_array_unref(cleaner.changes);
    return out;
}
