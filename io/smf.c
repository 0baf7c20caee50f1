// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// MIDI files to notes and back.
#include "io/smf.h"

#include <errno.h>
#include <smf.h>
#include <stdlib.h>
#include <string.h>

#include "io/file.h"
#include "io/smf_clean.h"
#include "io/smf_write.h"

enum { CHANNELS = 16, KEYS = 128, NONE = -1 };

// Pairs the note-ons and note-offs of one track.  The notes of one channel and key that
// sound at once are a queue: a note-off ends the oldest.
struct pairing {
    GArray *notes;  // of struct mg_smf_note; end_ticks is NONE while it sounds
    GArray *queues; // of int, beside notes: the next younger in the queue, or NONE
    int oldest[CHANNELS][KEYS]; // index or NONE
    int youngest[CHANNELS][KEYS];
};

static void
begin_track(struct pairing *pairing)
{
    for (int i = 0; i < CHANNELS; i++)
        for (int key = 0; key < KEYS; key++)
            pairing->oldest[i][key] = pairing->youngest[i][key] = NONE;
}

static void
note_on(struct pairing *pairing, const smf_event_t *event, int track)
{
    int channel = event->midi_buffer[0] & 0x0f;
    struct mg_smf_note note = {
        .onset_ticks = event->time_pulses,
        .end_ticks = NONE,
        .key = event->midi_buffer[1],
        .velocity = event->midi_buffer[2],
        .channel = (uint8_t)channel,
        .track = (uint16_t)track,
    };
    int index = (int)pairing->notes->len, none = NONE;
    int before = pairing->youngest[channel][note.key];
    g_array_append_val(pairing->notes, note);
    g_array_append_val(pairing->queues, none);
    if (before == NONE)
        pairing->oldest[channel][note.key] = index;
    else
        g_array_index(pairing->queues, int, before) = index;
    pairing->youngest[channel][note.key] = index;
}

// Returns false when nothing sounds there.
static bool
note_off(struct pairing *pairing, int channel, int key, int64_t at_ticks)
{
    int index = pairing->oldest[channel][key];
    if (index == NONE)
        return false;
    struct mg_smf_note *note =
        &g_array_index(pairing->notes, struct mg_smf_note, index);
    note->end_ticks = MAX(at_ticks, note->onset_ticks + 1);
    int next = g_array_index(pairing->queues, int, index);
    pairing->oldest[channel][key] = next;
    if (next == NONE)
        pairing->youngest[channel][key] = NONE;
    return true;
}

static int
end_hanging(struct pairing *pairing, guint first, int64_t at_ticks)
{
    int hanging = 0;
    for (guint i = first; i < pairing->notes->len; i++) {
        struct mg_smf_note *note =
            &g_array_index(pairing->notes, struct mg_smf_note, i);
        if (note->end_ticks != NONE)
            continue;
        note->end_ticks = MAX(at_ticks, note->onset_ticks + 1);
        hanging++;
    }
    return hanging;
}

static void
pair_track(struct pairing *pairing, smf_track_t *source, int track, struct mg_smf *smf)
{
    guint first = pairing->notes->len;
    int64_t at_ticks = 0;
    begin_track(pairing);
    for (int i = 1; i <= source->number_of_events; i++) {
        const smf_event_t *event = smf_track_get_event_by_number(source, i);
        int command = event->midi_buffer[0] & 0xf0;
        at_ticks = event->time_pulses; // of the end of the track at last
        if (command == 0x90 && event->midi_buffer[2])
            note_on(pairing, event, track);
        else if (command == 0x80 || command == 0x90)
            smf->report.stray_note_offs +=
                !note_off(pairing, event->midi_buffer[0] & 0x0f, event->midi_buffer[1],
                          at_ticks);
    }
    smf->report.hanging_notes += end_hanging(pairing, first, at_ticks);
    smf->end_ticks = MAX(smf->end_ticks, at_ticks);
}

static void
read_conductor(smf_track_t *conductor, struct mg_smf *smf)
{
    GArray *tempos = g_array_new(FALSE, FALSE, sizeof(struct mg_smf_tempo));
    GArray *metres = g_array_new(FALSE, FALSE, sizeof(struct mg_smf_metre));
    for (int i = 1; i <= conductor->number_of_events; i++) {
        const smf_event_t *event = smf_track_get_event_by_number(conductor, i);
        const uint8_t *bytes = event->midi_buffer;
        if (bytes[1] == 0x51) {
            struct mg_smf_tempo tempo = {event->time_pulses,
                                         (uint32_t)bytes[3] << 16 |
                                             (uint32_t)bytes[4] << 8 | bytes[5]};
            g_array_append_val(tempos, tempo);
        } else if (bytes[1] == 0x58) {
            struct mg_smf_metre metre = {event->time_pulses, bytes[3],
                                         (uint8_t)(1 << bytes[4])};
            g_array_append_val(metres, metre);
        }
    }
    smf->tempo_count = (int)tempos->len;
    smf->metre_count = (int)metres->len;
    smf->tempos = (struct mg_smf_tempo *)(void *)g_array_free(tempos, FALSE);
    smf->metres = (struct mg_smf_metre *)(void *)g_array_free(metres, FALSE);
}

static int
compare_notes(const void *a, const void *b)
{
    const struct mg_smf_note *x = a, *y = b;
    if (x->onset_ticks != y->onset_ticks)
        return x->onset_ticks < y->onset_ticks ? -1 : 1;
    if (x->key != y->key)
        return x->key - y->key;
    if (x->end_ticks != y->end_ticks)
        return x->end_ticks < y->end_ticks ? -1 : 1;
    // All the rest too: qsort() is not stable, and the result must not depend on it.
    if (x->track != y->track)
        return x->track - y->track;
    if (x->channel != y->channel)
        return x->channel - y->channel;
    return x->velocity - y->velocity;
}

void
mg_smf_sort_notes(struct mg_smf *smf)
{
    if (smf->note_count)
        qsort(smf->notes, (size_t)smf->note_count, sizeof *smf->notes, compare_notes);
}

static void
extract(smf_t *song, struct mg_smf *smf)
{
    struct pairing pairing = {
        .notes = g_array_new(FALSE, FALSE, sizeof(struct mg_smf_note)),
        .queues = g_array_new(FALSE, FALSE, sizeof(int)),
    };
    smf->ticks_per_quarter = song->ppqn;
    read_conductor(smf_get_track_by_number(song, 1), smf);
    for (int i = 2; i <= song->number_of_tracks; i++)
        pair_track(&pairing, smf_get_track_by_number(song, i), i - 2, smf);
    g_array_unref(pairing.queues);
    smf->note_count = (int)pairing.notes->len;
    smf->notes = (struct mg_smf_note *)(void *)g_array_free(pairing.notes, FALSE);
    mg_smf_sort_notes(smf);
    for (int i = 0; i < smf->note_count; i++)
        smf->end_ticks = MAX(smf->end_ticks, smf->notes[i].end_ticks);
}

// Frees a song.  smf_delete() alone takes seconds for a long one: it detaches the
// events one by one and searches the whole track for each.
static void
delete_song(smf_t *song)
{
    for (int i = 1; i <= song->number_of_tracks; i++) {
        smf_track_t *track = smf_get_track_by_number(song, i);
        for (int j = 1; j <= track->number_of_events; j++) {
            smf_event_t *event = smf_track_get_event_by_number(track, j);
            event->track = NULL;
            smf_event_delete(event);
        }
        g_ptr_array_set_size(track->events_array, 0);
        track->number_of_events = 0;
    }
    smf_delete(song);
}

static void
ignore_log(const gchar *domain, GLogLevelFlags level, const gchar *message,
           gpointer context)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)context;
}

// libsmf writes its opinions with g_log(): not on our user's screen.
static smf_t *
load_quietly(const GByteArray *clean)
{
    guint handler = g_log_set_handler("libsmf", G_LOG_LEVEL_MASK | G_LOG_FLAG_FATAL,
                                      ignore_log, NULL);
    smf_t *song = smf_load_from_memory(clean->data, (int)clean->len);
    g_log_remove_handler("libsmf", handler);
    return song;
}

int
mg_smf_parse(const char *name, const uint8_t *bytes, size_t length, struct mg_smf *smf,
             GError **error)
{
    *smf = (struct mg_smf){0};
    GByteArray *clean = mg_smf_clean(name, bytes, length, &smf->report, error);
    if (!clean)
        return -EINVAL;
    smf_t *song = load_quietly(clean);
    g_byte_array_unref(clean);
    if (!song) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "%s: libsmf cannot read it", name);
        return -EIO;
    }
    extract(song, smf);
    delete_song(song);
    return 0;
}

int
mg_smf_load(const char *path, struct mg_smf *smf, GError **error)
{
    *smf = (struct mg_smf){0};
    GError *cause = NULL;
    GBytes *bytes = mg_file_read(path, MG_SMF_BYTES_MAX, &cause);
    if (!bytes) {
        bool memory = g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOMEM);
        g_propagate_error(error, cause);
        return memory ? -ENOMEM : -EIO;
    }
    gsize length;
    const uint8_t *data = g_bytes_get_data(bytes, &length);
    int status = mg_smf_parse(path, data, length, smf, error);
    g_bytes_unref(bytes);
    return status;
}

void
mg_smf_finish(struct mg_smf *smf)
{
    g_free(smf->notes);
    g_free(smf->tempos);
    g_free(smf->metres);
    *smf = (struct mg_smf){0};
}
