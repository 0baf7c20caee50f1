// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Every different step of the corpus gets a number, and the corpus, its pieces parted by
// numbers that occur once, a suffix automaton.  The composition walks through it 255
// times, moved by every number of semitones.
#include "trainer/copies.h"

#include <stdlib.h>
#include <string.h>

#include "trainer/automaton.h"

enum { KEYS = 128, COUNTED_QUARTERS = 4 };

void
mg_copies_changes(const struct mg_roll *roll, uint8_t *flags)
{
    const uint8_t *last = NULL; // step in which a key was struck
    for (int t = 0; t < roll->steps; t++) {
        const uint8_t *row = mg_roll_row(roll, t);
        bool struck = false, other = !last;
        for (int n = 0; n < roll->notes; n++) {
            struck |= (row[n] & MG_CELL_ARTICULATE) != 0;
            other |= last && ((row[n] ^ last[n]) & MG_CELL_PLAY);
        }
        flags[t] = struck && other;
        if (struck)
            last = row;
    }
}

// Step t of a composition and what lies before it.
struct place {
    int counted; // steps before t that count
    int changes; // changes before t
};

// Returns (T + 1); the caller frees it.
static struct place *
count_places(const struct mg_roll *roll, int steps_per_quarter)
{
    int T = roll->steps, since = INT32_MAX;
    uint8_t *changes = g_new(uint8_t, T);
    struct place *places = g_new0(struct place, T + 1);
    mg_copies_changes(roll, changes);
    for (int t = 0; t < T; t++) {
        if (changes[t])
            since = 0;
        places[t + 1].counted =
            places[t].counted + (since < COUNTED_QUARTERS * steps_per_quarter);
        places[t + 1].changes = places[t].changes + changes[t];
        since += since < INT32_MAX;
    }
    g_free(changes);
    return places;
}

static guint
hash_row(gconstpointer row)
{
    const uint8_t *cells = row;
    guint hash = 2166136261u; // FNV-1a
    for (int key = 0; key < KEYS; key++)
        hash = (hash ^ cells[key]) * 16777619u;
    return hash;
}

static gboolean
rows_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, KEYS) == 0;
}

// The corpus as one sequence of symbols.
struct text {
    GHashTable *symbols; // row of 128 cells -> symbol
    int *sequence;
    int *starts; // of each piece
    int length;
    int symbol_count;
};

static int
symbol_of(struct text *text, const uint8_t *row)
{
    gpointer found;
    if (g_hash_table_lookup_extended(text->symbols, row, NULL, &found))
        return GPOINTER_TO_INT(found);
    g_hash_table_insert(text->symbols, (gpointer)row,
                        GINT_TO_POINTER(text->symbol_count));
    return text->symbol_count++;
}

static void
init_text(struct text *text, const struct mg_corpus *corpus)
{
    *text = (struct text){.symbols = g_hash_table_new(hash_row, rows_equal)};
    text->sequence = g_new(int, corpus->steps + corpus->piece_count);
    text->starts = g_new(int, corpus->piece_count);
    for (int i = 0; i < corpus->piece_count; i++) {
        const struct mg_roll *roll = &corpus->pieces[i].roll;
        text->starts[i] = text->length;
        for (int t = 0; t < roll->steps; t++)
            text->sequence[text->length++] = symbol_of(text, mg_roll_row(roll, t));
        text->sequence[text->length++] = text->symbol_count++;
    }
}

static void
finish_text(struct text *text)
{
    g_hash_table_destroy(text->symbols);
    g_free(text->sequence);
    g_free(text->starts);
}

// The symbol of a row moved up, or -1 where the corpus has no such step.
static int
moved_symbol(const struct text *text, const uint8_t *row, int semitones)
{
    uint8_t moved[KEYS] = {0};
    for (int key = 0; key < KEYS; key++) {
        if (!row[key])
            continue;
        int to = key + semitones;
        if (to < 0 || to >= KEYS)
            return -1;
        moved[to] = row[key];
    }
    gpointer found;
    return g_hash_table_lookup_extended(text->symbols, moved, NULL, &found)
               ? GPOINTER_TO_INT(found)
               : -1;
}

// The piece in which a place of the text lies.
static int
piece_at(const struct text *text, int pieces, int place)
{
    int low = 0, high = pieces;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        *(text->starts[middle] <= place ? &low : &high) = middle;
    }
    return low;
}

// Whether the steps from `start` up to `end` bring a change after the first of them.
static bool
is_music(const struct place *places, int start, int end)
{
    return places[end].changes > places[start + 1].changes;
}

// Walks the composition, moved up, through the corpus.  copied: (T), set where a window that
// stands there ends.
static void
find_moved(const struct mg_roll *composition, const struct text *text,
           const struct mg_automaton *automaton, int pieces, const struct place *places,
           int semitones, struct mg_copy *copy, bool *copied)
{
    struct mg_walk walk = {0};
    for (int t = 0; t < composition->steps; t++) {
        mg_automaton_walk(automaton, &walk,
                          moved_symbol(text, mg_roll_row(composition, t), semitones));
        if (!walk.length)
            continue;
        if (walk.length >= MG_COPY_WINDOW)
            copied[t] = true;
        int start = t + 1 - walk.length;
        int steps = places[t + 1].counted - places[start].counted;
        if (!is_music(places, start, t + 1) || steps <= copy->steps)
            continue;
        int place = mg_automaton_first_end(automaton, &walk) + 1 - walk.length;
        int piece = piece_at(text, pieces, place);
        copy->steps = steps;
        copy->span = walk.length;
        copy->changes = places[t + 1].changes - places[start + 1].changes;
        copy->composition_step = start;
        copy->piece = piece;
        copy->piece_step = place - text->starts[piece];
        copy->semitones = semitones;
    }
}

static void
count_windows(const struct mg_roll *composition, const struct place *places,
              const bool *copied, struct mg_copy *copy)
{
    for (int t = MG_COPY_WINDOW - 1; t < composition->steps; t++) {
        bool counts = is_music(places, t + 1 - MG_COPY_WINDOW, t + 1);
        copy->windows += counts;
        copy->copied_windows += counts && copied[t];
    }
}

void
mg_copies_find(const struct mg_roll *composition, const struct mg_corpus *corpus,
               struct mg_copy *copy)
{
    *copy = (struct mg_copy){0};
    struct text text;
    init_text(&text, corpus);
    struct mg_automaton *automaton =
        mg_automaton_create(text.sequence, text.length, text.symbol_count);
    struct place *places = count_places(composition, corpus->steps_per_quarter);
    bool *copied = g_new0(bool, composition->steps);
    for (int distance = 0; distance < KEYS; distance++)
        for (int sign = -1; sign <= 1; sign += 2)
            if (distance || sign > 0)
                find_moved(composition, &text, automaton, corpus->piece_count, places,
                           sign * distance, copy, copied);
    count_windows(composition, places, copied, copy);
    g_free(copied);
    g_free(places);
    mg_automaton_destroy(automaton);
    finish_text(&text);
}
