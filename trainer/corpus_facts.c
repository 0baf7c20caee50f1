// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Sums over a corpus, as text.
#include "trainer/corpus_facts.h"

#include <assert.h>
#include <string.h>

static char *
number(int64_t value)
{
    return g_strdup_printf("%" G_GINT64_FORMAT, value);
}

static char *
part(int64_t count, int64_t whole)
{
    return g_strdup_printf("%" G_GINT64_FORMAT " (%.1f %%)", count,
                           100.0 * (double)count / (double)MAX(1, whole));
}

static char *
note_range(const struct mg_corpus *corpus)
{
    static const char *names[] = {"C",  "C#", "D",  "D#", "E",  "F",
                                  "F#", "G",  "G#", "A",  "A#", "B"};
    int low = 127, high = 0;
    for (int i = 0; i < corpus->piece_count; i++) {
        low = MIN(low, corpus->pieces[i].lowest_key);
        high = MAX(high, corpus->pieces[i].highest_key);
    }
    if (low > high)
        return g_strdup("none");
    return g_strdup_printf("%s%d to %s%d (MIDI %d to %d)", names[low % 12],
                           low / 12 - 1, names[high % 12], high / 12 - 1, low, high);
}

// One metre and in how many pieces it is found.
struct tally {
    struct mg_piece_metre metre;
    int pieces;
};

static void
count_metre(GArray *tallies, struct mg_piece_metre metre)
{
    for (guint i = 0; i < tallies->len; i++) {
        struct tally *tally = &g_array_index(tallies, struct tally, i);
        if (tally->metre.numerator == metre.numerator &&
            tally->metre.denominator == metre.denominator) {
            tally->pieces++;
            return;
        }
    }
    struct tally tally = {metre, 1};
    g_array_append_val(tallies, tally);
}

static gint
more_pieces_first(gconstpointer a, gconstpointer b)
{
    const struct tally *x = a, *y = b;
    if (x->pieces != y->pieces)
        return y->pieces - x->pieces;
    int by_numerator = x->metre.numerator - y->metre.numerator;
    return by_numerator ? by_numerator : x->metre.denominator - y->metre.denominator;
}

// "4/4 in 300, 3/4 in 20, none given in 5".
static char *
metres(const struct mg_corpus *corpus)
{
    GArray *tallies = g_array_new(FALSE, FALSE, sizeof(struct tally));
    GString *text = g_string_new("");
    int without = 0;
    for (int i = 0; i < corpus->piece_count; i++) {
        const struct mg_piece *piece = &corpus->pieces[i];
        without += piece->metre_count == 0;
        for (int k = 0; k < piece->metre_count; k++)
            count_metre(tallies, piece->metres[k]);
    }
    g_array_sort(tallies, more_pieces_first);
    for (guint i = 0; i < tallies->len; i++) {
        const struct tally *tally = &g_array_index(tallies, struct tally, i);
        g_string_append_printf(text, "%s%d/%d in %d", i ? ", " : "",
                               tally->metre.numerator, tally->metre.denominator,
                               tally->pieces);
    }
    if (without)
        g_string_append_printf(text, "%snone given in %d", text->len ? ", " : "",
                               without);
    g_array_unref(tallies);
    return g_string_free(text, FALSE);
}

void
mg_corpus_facts(const struct mg_corpus *corpus, const struct mg_appraisal *of_corpus,
                struct mg_fact facts[MG_CORPUS_FACTS])
{
    const struct mg_fact all[] = {
        {"pieces", number(corpus->piece_count)},
        {"steps", number(corpus->steps)},
        {"steps per quarter", number(corpus->steps_per_quarter)},
        {"notes", number(corpus->notes)},
        {"note range", note_range(corpus)},
        {"notes that sound per step",
         g_strdup_printf("%.2f", of_corpus->notes_per_step)},
        {"silence, share of steps",
         g_strdup_printf("%.1f %%", 100.0 * of_corpus->silence)},
        {"onsets off the grid", part(corpus->off_grid_onsets, corpus->notes)},
        {"metres, in pieces", metres(corpus)},
        {"drum notes left out", number(corpus->drum_notes)},
        {"files repaired", number(corpus->repaired_files)},
        {"files skipped", number(corpus->skipped_count)},
    };
    static_assert(G_N_ELEMENTS(all) == MG_CORPUS_FACTS, "count them");
    memcpy(facts, all, sizeof all);
}

void
mg_corpus_facts_finish(struct mg_fact facts[MG_CORPUS_FACTS])
{
    for (int i = 0; i < MG_CORPUS_FACTS; i++)
        g_free(facts[i].value);
}
