// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A piece is heard step by step; two deciders are asked, or taught, key by key.
#include "trainer/mixture.h"

#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>

#include "trainer/decider.h"

enum {
    KEYS = 128,
    MARGIN = 32, // silent keys on either side, so that no window ends
    WORDS = (KEYS + 2 * MARGIN) / 64,
    BEATS = 16,
    CHORDS = 4,      // the most whole steps that are a context
    MATCH_STEPS = 4, // alike, to take one place of a piece for another
    MATCH_MOST = 32, // longer ones count as this long
    PLAY_CONTEXTS = 17,
    PLAY_SETS = 4,
    ARTICULATE_CONTEXTS = 8,
    ARTICULATE_SETS = 2,
};

struct mg_mixture {
    int lowest_key;
    int keys;
    struct mg_decider *play;
    struct mg_decider *articulate;
};

// A set of keys: bit MARGIN + key.
struct keys {
    uint64_t words[WORDS];
};

// What has been heard of a piece.
struct listener {
    const struct mg_roll *roll;
    int t;                  // the step in hand; below is what was before it
    uint32_t history[KEYS]; // did it sound 1, 2, ... steps ago: bit 0, 1, ...
    int age[KEYS];          // steps since it was last struck
    struct keys last;       // that sounded
    struct keys before_last;
    uint64_t chords[CHORDS]; // hashes of the last 1, 2, ... steps
    uint64_t *steps;         // (T): hashes of single steps
    GHashTable *places;      // hash of MATCH_STEPS steps -> the step behind them
    int match;               // the step that this one should be like; 0: none
    int match_length;        // steps that were alike up to here
    // In the step in hand:
    struct keys lower; // keys that sound, of those decided
    uint64_t lower_hash;
    int lower_count;
    int lower_struck; // of those that sounded before
};

// One hash of two.  The finalizer is that of splitmix64 (Steele, Lea, Flood, "Fast
// Splittable Pseudorandom Number Generators", 2014); before it, a product keeps small
// numbers apart from each other, and the first from the second.
static uint64_t
mix(uint64_t hash, uint64_t value)
{
    uint64_t x = (hash + 1) * 0x9e3779b97f4a7c15u + value;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// --- sets of keys ---------------------------------------------------------------------

static void
add_key(struct keys *keys, int key)
{
    keys->words[(key + MARGIN) / 64] |= (uint64_t)1 << ((key + MARGIN) % 64);
}

// The `count` keys from `from` up, as bits.  Within the margins; count < 64.
static uint64_t
window(const struct keys *keys, int from, int count)
{
    int word = (from + MARGIN) / 64, shift = (from + MARGIN) % 64;
    uint64_t bits = keys->words[word] >> shift;
    if (shift && word + 1 < WORDS)
        bits |= keys->words[word + 1] << (64 - shift);
    return bits & (((uint64_t)1 << count) - 1);
}

// How many there are from `from` up.
static int
count_from(const struct keys *keys, int from)
{
    int count = 0;
    for (int key = from; key < KEYS; key += 32)
        count += __builtin_popcountll(window(keys, key, MIN(32, KEYS - key)));
    return count;
}

// The distance to the next key at or above `key`, or below it; MARGIN if it is as far.
static int
distance_up(const struct keys *keys, int key)
{
    uint64_t bits = window(keys, key, MARGIN);
    return bits ? __builtin_ctzll(bits) : MARGIN;
}

static int
distance_down(const struct keys *keys, int key)
{
    uint64_t bits = window(keys, key - MARGIN, MARGIN);
    return bits ? __builtin_clzll(bits) - (63 - MARGIN) : MARGIN;
}

// The pitch classes, seen from one.
static uint64_t
classes_from(const struct keys *keys, int key)
{
    uint64_t classes = 0;
    for (int from = key % 12 - 12; from < KEYS; from += 12)
        classes |= window(keys, from, 12);
    return classes;
}

// --- listening ------------------------------------------------------------------------

static void
begin(struct listener *l, const struct mg_roll *roll)
{
    *l = (struct listener){.roll = roll};
    l->steps = g_new0(uint64_t, roll->steps);
    l->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

static void
finish(struct listener *l)
{
    g_free(l->steps);
    g_hash_table_destroy(l->places);
}

// Hears what was decided for a key in the step in hand.
static void
hear_key(struct listener *l, int key, uint8_t cell)
{
    if (!cell)
        return;
    l->lower_struck += (l->history[key] & 1) && cell & MG_CELL_ARTICULATE;
    add_key(&l->lower, key);
    l->lower_hash = mix(l->lower_hash, (uint64_t)key);
    l->lower_count++;
}

// Looks for the step that the next one should be like.
static void
find_match(struct listener *l)
{
    int t = l->t;
    if (l->match && l->steps[l->match] == l->steps[t]) {
        l->match++;
        l->match_length++;
    } else {
        l->match = l->match_length = 0;
    }
    if (t + 1 < MATCH_STEPS)
        return;
    gint64 hash = 0;
    for (int i = 0; i < MATCH_STEPS; i++)
        hash = (gint64)mix((uint64_t)hash, l->steps[t - i]);
    if (!l->match) {
        l->match = GPOINTER_TO_INT(g_hash_table_lookup(l->places, &hash));
        l->match_length = l->match ? MATCH_STEPS : 0;
    }
    g_hash_table_replace(l->places, g_memdup2(&hash, sizeof hash),
                         GINT_TO_POINTER(t + 1));
}

// Goes on to the next step.
static void
end_step(struct listener *l)
{
    const uint8_t *row = mg_roll_row(l->roll, l->t);
    uint64_t step = 0;
    l->before_last = l->last;
    l->last = (struct keys){0};
    for (int key = 0; key < KEYS; key++) {
        l->history[key] = l->history[key] << 1 | (row[key] & MG_CELL_PLAY);
        l->age[key] = row[key] & MG_CELL_ARTICULATE ? 1 : l->age[key] + 1;
        if (!row[key])
            continue;
        add_key(&l->last, key);
        step = mix(step, (uint64_t)key << 8 | row[key]);
    }
    l->steps[l->t] = step;
    for (int i = CHORDS - 1; i > 0; i--)
        l->chords[i] = mix(l->chords[i - 1], step);
    l->chords[0] = step;
    find_match(l);
    l->t++;
    l->lower = (struct keys){0};
    l->lower_hash = 0;
    l->lower_count = l->lower_struck = 0;
}

// --- contexts -------------------------------------------------------------------------

static uint64_t
matched_cell(const struct listener *l, int key)
{
    if (!l->match)
        return 0;
    return 1 + mg_roll_row(l->roll, l->match)[key] +
           4 * (uint64_t)MIN(l->match_length, MATCH_MOST);
}

// The contexts in which it is decided whether a key sounds.
static void
list_play_contexts(const struct listener *l, int key, uint64_t *contexts)
{
    const struct keys *last = &l->last, *lower = &l->lower;
    uint64_t history = l->history[key], k = (uint64_t)key;
    uint64_t recent = history & 3, beat = (uint64_t)(l->t % BEATS);
    uint64_t down = (uint64_t)distance_down(lower, key);
    // The voice that the key may be: how many there were from here up, how many of those
    // below have been found again, and where the nearest ones are.
    int left = count_from(last, key + 1);
    int found = l->lower_count - (count_from(last, 0) - count_from(last, key));
    uint64_t voice = (uint64_t)MIN(left, 7) << 8 | (uint64_t)(CLAMP(found, -3, 3) + 3);
    uint64_t gaps = (uint64_t)distance_up(last, key) << 16 |
                    (uint64_t)distance_down(last, key) << 8 | down;
    const uint64_t values[PLAY_CONTEXTS] = {
        // The key itself.
        mix(k, recent),
        mix(k, history & 0xff),
        mix(beat, history & 0xffff),
        mix(k, mix(beat, recent)),
        // The keys around it.
        mix(window(last, key - 12, 25), recent),
        mix(mix(window(last, key - 4, 9), window(&l->before_last, key - 4, 9)),
            mix(window(lower, key - 12, 12), k % 12)),
        mix(window(lower, key - 24, 24), recent),
        mix(window(lower, key - 12, 12), window(last, key - 12, 25)),
        // Whole chords.
        mix(l->chords[0], mix(k, l->lower_hash)),
        mix(l->chords[1], mix(k, l->lower_hash)),
        mix(l->chords[3], mix(k, l->lower_hash)),
        mix(l->lower_hash, mix(k, recent)),
        // Voices and harmony.
        mix(voice, recent),
        mix(voice, mix(gaps, recent)),
        mix(classes_from(last, key), mix(classes_from(lower, key), recent)),
        // What came after the same steps before.
        mix(matched_cell(l, key), recent),
        mix(matched_cell(l, key), mix(voice, down)),
    };
    for (int i = 0; i < PLAY_CONTEXTS; i++)
        contexts[i] = mix(values[i], (uint64_t)i);
}

// The contexts in which it is decided whether a key that sounds is struck.
static void
list_articulate_contexts(const struct listener *l, int key, uint64_t *contexts)
{
    uint64_t k = (uint64_t)key, beat = (uint64_t)(l->t % BEATS);
    uint64_t before = l->history[key] & 1, age = (uint64_t)MIN(l->age[key], 64);
    uint64_t others = (uint64_t)l->lower_struck << 8 | (uint64_t)l->lower_count;
    const uint64_t values[ARTICULATE_CONTEXTS] = {
        mix(k, before),
        mix(before, age),
        mix(beat, mix(before, age)),
        mix(others, before),
        mix(others, mix(before, mix(age, beat))),
        mix(l->chords[0], mix(k, l->lower_hash)),
        mix(mix(window(&l->last, key - 12, 25), window(&l->lower, key - 12, 12)),
            before),
        mix(matched_cell(l, key), before),
    };
    for (int i = 0; i < ARTICULATE_CONTEXTS; i++)
        contexts[i] = mix(values[i], (uint64_t)i);
}

// --- the mixture ----------------------------------------------------------------------

struct mg_mixture *
mg_mixture_create(int lowest_key, int keys)
{
    struct mg_mixture *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->lowest_key = lowest_key;
    m->keys = keys;
    m->play = mg_decider_create(PLAY_CONTEXTS, PLAY_SETS);
    m->articulate = mg_decider_create(ARTICULATE_CONTEXTS, ARTICULATE_SETS);
    if (!m->play || !m->articulate) {
        mg_mixture_destroy(m);
        return NULL;
    }
    return m;
}

void
mg_mixture_destroy(struct mg_mixture *m)
{
    if (!m)
        return;
    mg_decider_destroy(m->play);
    mg_decider_destroy(m->articulate);
    free(m);
}

// Asks a decider, and may teach it.  Returns -ln of the probability of what happened.
typedef double answer(struct mg_decider *decider, const uint64_t *contexts, int set,
                      bool yes);

// Decides all of a piece.
static struct mg_loss
hear(const struct mg_mixture *m, const struct mg_roll *roll, answer *decide)
{
    uint64_t contexts[MG_DECIDER_CONTEXTS_MAX];
    struct mg_loss loss = {0};
    struct listener l;
    for (begin(&l, roll); l.t < roll->steps; end_step(&l)) {
        const uint8_t *row = mg_roll_row(roll, l.t);
        for (int key = m->lowest_key; key < m->lowest_key + m->keys; key++) {
            int recent = (int)(l.history[key] & 3);
            list_play_contexts(&l, key, contexts);
            loss.play += decide(m->play, contexts, recent, row[key] != 0);
            if (row[key]) {
                list_articulate_contexts(&l, key, contexts);
                loss.articulate += decide(m->articulate, contexts, recent & 1,
                                          row[key] & MG_CELL_ARTICULATE);
            }
            hear_key(&l, key, row[key]);
        }
    }
    finish(&l);
    return loss;
}

static double
only_ask(struct mg_decider *decider, const uint64_t *contexts, int set, bool yes)
{
    return mg_decider_surprise(decider, contexts, set, yes);
}

void
mg_mixture_learn(struct mg_mixture *m, const struct mg_roll *roll)
{
    hear(m, roll, mg_decider_learn);
}

struct mg_loss
mg_mixture_score(const struct mg_mixture *m, const struct mg_roll *roll)
{
    return hear(m, roll, only_ask);
}
