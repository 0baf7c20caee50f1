// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Files to pieces.
#include "trainer/corpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/smf.h"
#include "model/recall.h"
#include "trainer/files.h"

enum {
    KEYS = 128,
    STEPS_MAX = 100000, // 7 hours of eighths at 120 BPM: no piece, a broken file
    ON_GRID_SHARE = 16, // an onset this part of a step away from one is still on it
};

static bool
is_repaired(const struct mg_smf_report *r)
{
    return r->damaged_events || r->skipped_chunks || r->clamped_chunks ||
           r->missing_tracks || r->missing_track_ends || r->bad_metas ||
           r->hanging_notes || r->stray_note_offs || r->thinned_changes;
}

static bool
is_off_grid(const struct mg_smf *smf, int steps_per_quarter, int64_t ticks)
{
    // In units of 1 / (2 * steps_per_quarter) tick a step is 2 * ticks_per_quarter
    // long.
    int64_t step = 2 * (int64_t)smf->ticks_per_quarter;
    int64_t rest = 2 * ticks * steps_per_quarter % step;
    int64_t distance = rest < step - rest ? rest : step - rest;
    return distance * ON_GRID_SHARE > step;
}

// The notes of a file into an empty roll, drums left out.
static void
add_notes(struct mg_piece *piece, const struct mg_smf *smf, int steps_per_quarter)
{
    for (int i = 0; i < smf->note_count; i++) {
        const struct mg_smf_note *note = &smf->notes[i];
        if (note->channel == MG_SMF_DRUM_CHANNEL) {
            piece->drum_notes++;
            continue;
        }
        if (!mg_roll_add(&piece->roll, note->key, note->onset_ticks, note->end_ticks,
                         smf->ticks_per_quarter, steps_per_quarter))
            continue;
        piece->notes++;
        piece->off_grid_onsets +=
            is_off_grid(smf, steps_per_quarter, note->onset_ticks);
        piece->lowest_key = MIN(piece->lowest_key, note->key);
        piece->highest_key = MAX(piece->highest_key, note->key);
    }
    size_t cells = (size_t)piece->roll.steps * KEYS;
    for (size_t i = 0; i < cells; i++)
        piece->sounding += piece->roll.cells[i] & MG_CELL_PLAY;
}

static bool
has_metre(const struct mg_piece *piece, struct mg_piece_metre metre)
{
    for (int i = 0; i < piece->metre_count; i++)
        if (piece->metres[i].numerator == metre.numerator &&
            piece->metres[i].denominator == metre.denominator)
            return true;
    return false;
}

static void
add_metres(struct mg_piece *piece, const struct mg_smf *smf)
{
    piece->metres = g_new0(struct mg_piece_metre, smf->metre_count);
    for (int i = 0; i < smf->metre_count; i++) {
        struct mg_piece_metre metre = {smf->metres[i].numerator,
                                       smf->metres[i].denominator};
        if (!has_metre(piece, metre))
            piece->metres[piece->metre_count++] = metre;
    }
}

static int64_t
steps_of(const struct mg_smf *smf, int steps_per_quarter)
{
    int64_t end =
        mg_roll_step_of(smf->end_ticks, smf->ticks_per_quarter, steps_per_quarter);
    // A note that starts in the last half step is rounded up past the end of the track.
    for (int i = 0; i < smf->note_count; i++) {
        int64_t onset = mg_roll_step_of(smf->notes[i].onset_ticks,
                                        smf->ticks_per_quarter, steps_per_quarter);
        end = MAX(end, onset + 1);
    }
    return end;
}

int
mg_corpus_read_piece(const char *path, const char *name, int steps_per_quarter,
                     struct mg_piece *piece, GError **error)
{
    struct mg_smf smf = {0};
    int status = mg_smf_load(path, &smf, error);
    if (status)
        return status;
    int64_t steps = steps_of(&smf, steps_per_quarter);
    *piece = (struct mg_piece){.lowest_key = KEYS, .highest_key = -1};
    if (steps > STEPS_MAX) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: %" G_GINT64_FORMAT " steps long, over the %d of a piece", path,
                    steps, STEPS_MAX);
        status = -EFBIG;
    } else if (mg_roll_init(&piece->roll, 0, KEYS, (int)steps)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM, "%s: not enough memory",
                    path);
        status = -ENOMEM;
    } else {
        piece->repaired = is_repaired(&smf.report);
        add_notes(piece, &smf, steps_per_quarter);
        add_metres(piece, &smf);
        piece->name = g_strdup(name);
    }
    mg_smf_finish(&smf);
    return status;
}

void
mg_corpus_finish_piece(struct mg_piece *piece)
{
    g_free(piece->name);
    g_free(piece->metres);
    mg_roll_finish(&piece->roll);
    mg_roll_finish(&piece->recalling);
}

// Counts a piece in (sign 1) or out (-1).
static void
count_piece(struct mg_corpus *corpus, const struct mg_piece *piece, int sign)
{
    corpus->steps += sign * piece->roll.steps;
    corpus->notes += sign * piece->notes;
    corpus->sounding += sign * piece->sounding;
    corpus->off_grid_onsets += sign * piece->off_grid_onsets;
    corpus->drum_notes += sign * piece->drum_notes;
    corpus->repaired_files += sign * piece->repaired;
}

// Takes over the piece.
static void
add_piece(struct mg_corpus *corpus, struct mg_piece *piece)
{
    corpus->pieces = g_renew(struct mg_piece, corpus->pieces, corpus->piece_count + 1);
    corpus->pieces[corpus->piece_count++] = *piece;
    count_piece(corpus, piece, 1);
}

static void
add_skipped(struct mg_corpus *corpus, const char *name, const char *reason)
{
    corpus->skipped =
        g_renew(struct mg_skipped, corpus->skipped, corpus->skipped_count + 1);
    corpus->skipped[corpus->skipped_count++] =
        (struct mg_skipped){g_strdup(name), g_strdup(reason)};
}

// Pieces by their music: cells -> piece name.  What is put in must outlive it.
static GHashTable *
make_index(void)
{
    return g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                 (GDestroyNotify)g_bytes_unref, NULL);
}

static GBytes *
cells_of(const struct mg_piece *piece)
{
    return g_bytes_new_static(piece->roll.cells,
                              (size_t)piece->roll.steps * (size_t)piece->roll.notes);
}

// The name of a piece in the index with the same music, or NULL.
static const char *
find_same(GHashTable *index, const struct mg_piece *piece)
{
    GBytes *cells = cells_of(piece);
    const char *name = g_hash_table_lookup(index, cells);
    g_bytes_unref(cells);
    return name;
}

// Adds the piece, or names why it is none.
static void
take_piece(struct mg_corpus *corpus, const struct mg_found *found,
           struct mg_piece *piece, GHashTable *index)
{
    const char *same = find_same(index, piece);
    if (piece->highest_key >= 0 && !same) {
        add_piece(corpus, piece);
        g_hash_table_insert(index, cells_of(piece), piece->name);
        return;
    }
    char *reason = same ? g_strdup_printf("%s: the same music as %s", found->path, same)
                        : g_strconcat(found->path, ": no note in it", NULL);
    add_skipped(corpus, found->name, reason);
    g_free(reason);
    mg_corpus_finish_piece(piece);
}

static void
load_file(struct mg_corpus *corpus, const struct mg_found *found, GHashTable *index)
{
    struct mg_piece piece;
    GError *error = NULL;
    if (mg_corpus_read_piece(found->path, found->name, corpus->steps_per_quarter,
                             &piece, &error)) {
        add_skipped(corpus, found->name, error->message);
        g_error_free(error);
    } else {
        take_piece(corpus, found, &piece, index);
    }
}

int
mg_corpus_load(struct mg_corpus *corpus, char *const *arguments, int steps_per_quarter,
               GError **error)
{
    *corpus = (struct mg_corpus){.steps_per_quarter = steps_per_quarter};
    GPtrArray *found = NULL;
    int status = mg_files_find(arguments, &found, error);
    if (status)
        return status;
    GHashTable *index = make_index();
    for (guint i = 0; i < found->len; i++)
        load_file(corpus, g_ptr_array_index(found, i), index);
    g_hash_table_destroy(index);
    if (!corpus->piece_count) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s%s: no usable MIDI file (%u found, %d skipped%s%s)",
                    arguments[0], arguments[1] ? " ..." : "", found->len,
                    corpus->skipped_count, corpus->skipped_count ? "; the first: " : "",
                    corpus->skipped_count ? corpus->skipped[0].reason : "");
        status = -ENOENT;
    }
    g_ptr_array_unref(found);
    return status;
}

void
mg_corpus_finish(struct mg_corpus *corpus)
{
    for (int i = 0; i < corpus->piece_count; i++)
        mg_corpus_finish_piece(&corpus->pieces[i]);
    for (int i = 0; i < corpus->skipped_count; i++) {
        g_free(corpus->skipped[i].name);
        g_free(corpus->skipped[i].reason);
    }
    g_free(corpus->pieces);
    g_free(corpus->skipped);
    *corpus = (struct mg_corpus){0};
}

static int
recall_piece(struct mg_piece *piece, struct mg_recall *recall)
{
    const struct mg_roll *roll = &piece->roll;
    if (mg_roll_init(&piece->recalling, roll->lowest_note, roll->notes, roll->steps))
        return -ENOMEM;
    *recall = (struct mg_recall){0};
    for (int t = 0; t < roll->steps; t++) {
        uint16_t heard[KEYS];
        mg_recall_listen(recall, roll->notes, mg_roll_row(roll, t), heard);
        for (int key = 0; key < roll->notes; key++)
            mg_roll_row(&piece->recalling, t)[key] = (uint8_t)heard[key];
    }
    return 0;
}

int
mg_corpus_prepare(struct mg_corpus *corpus, enum mg_feature_set set, GError **error)
{
    struct mg_recall recall;
    int status = 0;
    for (int i = 0; set == MG_FEATURE_SET_FULL && i < corpus->piece_count && !status;
         i++)
        status = recall_piece(&corpus->pieces[i], &recall);
    if (status)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                    "not enough memory for what the pieces recall");
    return status;
}

void
mg_corpus_hold_out(struct mg_corpus *corpus, int every, struct mg_corpus *held_out)
{
    *held_out = (struct mg_corpus){.steps_per_quarter = corpus->steps_per_quarter};
    int count = corpus->piece_count, kept = 0;
    for (int i = 0; i < count; i++) {
        struct mg_piece piece = corpus->pieces[i];
        bool goes = g_str_hash(piece.name) % (guint)every == 0;
        if (i == count - 1) // neither side may be empty
            goes = kept > 0 && (goes || held_out->piece_count == 0);
        if (goes) {
            count_piece(corpus, &piece, -1);
            add_piece(held_out, &piece);
        } else {
            corpus->pieces[kept++] = piece;
        }
    }
    corpus->piece_count = kept;
}

int
mg_corpus_leave_out(struct mg_corpus *corpus, const struct mg_corpus *held_out)
{
    GHashTable *index = make_index();
    int count = corpus->piece_count, kept = 0;
    for (int i = 0; i < held_out->piece_count; i++)
        g_hash_table_insert(index, cells_of(&held_out->pieces[i]),
                            held_out->pieces[i].name);
    for (int i = 0; i < count; i++) {
        struct mg_piece piece = corpus->pieces[i];
        if (find_same(index, &piece)) {
            count_piece(corpus, &piece, -1);
            mg_corpus_finish_piece(&piece);
        } else {
            corpus->pieces[kept++] = piece;
        }
    }
    corpus->piece_count = kept;
    g_hash_table_destroy(index);
    return count - kept;
}
