// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Notes to a MIDI file (smf_save() of libsmf is quadratic and leaves half a file when
// the disk is full).
#include <errno.h>

#include "io/file.h"
#include "io/smf.h"
#include "io/smf_write.h"

// A note-on or note-off on its way out.
struct edge {
    int64_t at_ticks;
    bool is_on;
    uint8_t bytes[3];
};

static bool
notes_are_valid(const struct mg_smf *smf)
{
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        if (note->onset_ticks < 0 || note->end_ticks <= note->onset_ticks ||
            note->end_ticks > MG_SMF_TICKS_MAX || note->key > 127 ||
            note->velocity < 1 || note->velocity > 127 || note->channel > 15)
            return false;
    }
    return true;
}

static bool
changes_are_valid(const struct mg_smf *smf)
{
    int64_t last = 0;
    for (int i = 0; i < smf->tempo_count; i++) {
        const struct mg_smf_tempo *tempo = &smf->tempos[i];
        if (tempo->at_ticks < last || tempo->at_ticks > MG_SMF_TICKS_MAX ||
            tempo->us_per_quarter < 1 || tempo->us_per_quarter > 0xffffff)
            return false;
        last = tempo->at_ticks;
    }
    last = 0;
    for (int i = 0; i < smf->metre_count; i++) {
        const struct mg_smf_metre *metre = &smf->metres[i];
        if (metre->at_ticks < last || metre->at_ticks > MG_SMF_TICKS_MAX ||
            metre->numerator < 1 || metre->denominator < 1 ||
            metre->denominator > 128 || (metre->denominator & (metre->denominator - 1)))
            return false;
        last = metre->at_ticks;
    }
    return true;
}

static gint
compare_edges(gconstpointer a, gconstpointer b)
{
    const struct edge *x = a, *y = b;
    if (x->at_ticks != y->at_ticks)
        return x->at_ticks < y->at_ticks ? -1 : 1;
    return x->is_on - y->is_on; // a key is let go before it is struck again
}

static GArray *
edges_of(const struct mg_smf *smf)
{
    GArray *edges = g_array_new(FALSE, FALSE, sizeof(struct edge));
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        struct edge on = {note->onset_ticks,
                          true,
                          {(uint8_t)(0x90 | note->channel), note->key, note->velocity}};
        struct edge off = {
            note->end_ticks, false, {(uint8_t)(0x80 | note->channel), note->key, 64}};
        g_array_append_val(edges, on);
        g_array_append_val(edges, off);
    }
    g_array_sort(edges,
                 compare_edges); // stable: equal ones keep the order of the notes
    return edges;
}

static void
write_conductor(GByteArray *bytes, const struct mg_smf *smf)
{
    struct mg_smf_writer writer;
    mg_smf_write_track_begin(&writer, bytes);
    for (int t = 0, m = 0; t < smf->tempo_count || m < smf->metre_count;) {
        bool tempo_is_next = m == smf->metre_count ||
                             (t < smf->tempo_count &&
                              smf->tempos[t].at_ticks <= smf->metres[m].at_ticks);
        if (tempo_is_next) {
            const struct mg_smf_tempo *tempo = &smf->tempos[t++];
            mg_smf_write_tempo(&writer, tempo->at_ticks, tempo->us_per_quarter);
        } else {
            const struct mg_smf_metre *metre = &smf->metres[m++];
            mg_smf_write_metre(&writer, metre->at_ticks, metre->numerator,
                               metre->denominator);
        }
    }
    mg_smf_write_track_end(&writer, writer.at_ticks);
}

static void
write_notes(GByteArray *bytes, const struct mg_smf *smf)
{
    struct mg_smf_writer writer;
    mg_smf_write_track_begin(&writer, bytes);
    GArray *edges = edges_of(smf);
    for (guint i = 0; i < edges->len; i++) {
        const struct edge *edge = &g_array_index(edges, struct edge, i);
        mg_smf_write_event(&writer, edge->at_ticks, edge->bytes, sizeof edge->bytes);
    }
    g_array_unref(edges);
    mg_smf_write_track_end(&writer, MAX(smf->end_ticks, writer.at_ticks));
}

int
mg_smf_save(const char *path, const struct mg_smf *smf, GError **error)
{
    if (smf->ticks_per_quarter < 1 || smf->ticks_per_quarter > 32767 ||
        smf->end_ticks > MG_SMF_TICKS_MAX || !notes_are_valid(smf) ||
        !changes_are_valid(smf)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: the music does not fit a MIDI file", path);
        return -EINVAL;
    }
    GByteArray *bytes = g_byte_array_new();
    mg_smf_write_header(bytes, 2, smf->ticks_per_quarter);
    write_conductor(bytes, smf);
    write_notes(bytes, smf);
    int status = mg_file_write(path, bytes->data, bytes->len, error);
    g_byte_array_unref(bytes);
    return status;
}
