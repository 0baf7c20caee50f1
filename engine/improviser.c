// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The improviser: what is chosen, and what it is chosen by.
#include "engine/improviser.h"

#include <math.h>
#include <string.h>

#include "engine/fill.h"
#include "engine/scale.h"
#include "model/features.h"
#include "model/sampler.h"

_Static_assert((int)MG_DECIDED_PLAY == (int)MG_CELL_PLAY &&
                   (int)MG_DECIDED_ARTICULATE == (int)MG_CELL_ARTICULATE,
               "rt reads the bits of the model");

enum {
    MARK_STEPS = 8, // a relocation has fewer steps than this to catch up
    MARKS = 32,     // of four phrases: a loop of as many lines
};

// A follower goes on for this long when the hand rests.
enum { ANSWER_QUARTERS = 8 };

enum { STEPS_MAX = 1000000 }; // that are counted

// A figure may go round for so long.  Of a chord that stands for so long each distance would
// be sure, and it would stand for ever.
enum { STILL_QUARTERS = 4, FIGURE_QUARTERS = 8 };

// Everything but the network's state that a choice depends on.
struct music {
    struct mg_courage courage;
    int64_t step;              // of `row`
    int rested;                // steps since the hand played, bounded
    int still;                 // steps since other notes sounded, bounded
    uint8_t row[MG_NOTES_MAX]; // (N) of enum mg_cell bits: what sounded
    int age[MG_NOTES_MAX];     // (N) steps since a sounding note was struck
};

// The state before a step, kept.
struct mark {
    int64_t step; // that is chosen next; -1: none
    struct music music;
    unsigned char *network; // owned
};

struct choice {
    uint32_t revision;
    uint8_t row[MG_NOTES_MAX]; // (N)
};

struct mg_improviser {
    struct mg_improviser_config config;
    struct mg_network *network; // owned
    uint32_t pass;
    struct music music;
    bool has_played;
    int64_t step;   // approached
    bool is_phrase; // it is the first of a phrase
    int transpose;  // at the last choice
    int longest_steps;
    int repeats;
    struct mg_fill fill;
    struct choice choices[MG_CHOICES_MAX];
    struct mark *marks; // (MARKS) where repeatable, else NULL
};

// --- life ----------------------------------------------------------------------------

static struct mark *
create_marks(const struct mg_network *network)
{
    struct mark *marks = g_new0(struct mark, MARKS);
    for (int i = 0; i < MARKS; i++) {
        marks[i].step = -1;
        marks[i].network = g_malloc(mg_network_state_bytes(network));
    }
    return marks;
}

static void
forget(struct mg_improviser *im)
{
    mg_network_reset(im->network);
    // How long the hand has rested is not the network's to forget.
    im->music =
        (struct music){.courage = MG_COURAGE_AT_FIRST, .rested = im->music.rested};
}

struct mg_improviser *
mg_improviser_create(const struct mg_model *model,
                     const struct mg_improviser_config *config, GError **error)
{
    struct mg_network *network = mg_network_create_with(model, &config->network);
    if (!network) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
                    "not enough memory for the network");
        return NULL;
    }
    struct mg_improviser *im = g_new0(struct mg_improviser, 1);
    im->config = *config;
    im->network = network;
    im->marks = config->repeatable ? create_marks(network) : NULL;
    forget(im);
    im->music.rested = STEPS_MAX;
    return im;
}

void
mg_improviser_destroy(struct mg_improviser *im)
{
    if (!im)
        return;
    for (int i = 0; im->marks && i < MARKS; i++)
        g_free(im->marks[i].network);
    g_free(im->marks);
    mg_network_destroy(im->network);
    g_free(im);
}

// --- what sounded --------------------------------------------------------------------

// Whether a follower has something to answer.
static bool
answers(const struct mg_improviser *im)
{
    int spq = mg_network_shape(im->network)->steps_per_quarter;
    return !im->config.follows || im->music.rested <= ANSWER_QUARTERS * spq;
}

// Ages and courage after a row has sounded.
static void
account(struct mg_improviser *im)
{
    int N = mg_network_shape(im->network)->notes, sounding = 0;
    for (int i = 0; i < N; i++) {
        bool plays = im->music.row[i] & MG_CELL_PLAY;
        bool struck = im->music.row[i] & MG_CELL_ARTICULATE;
        sounding += plays;
        im->music.age[i] = !plays ? 0 : struck ? 1 : im->music.age[i] + 1;
    }
    if (answers(im)) // the silence of a rest is no gap
        mg_fill_next(&im->fill, &im->music.courage, sounding);
}

// The row as it sounds on: nothing in it is struck.
static void
hold_row(struct mg_improviser *im)
{
    int N = mg_network_shape(im->network)->notes;
    for (int i = 0; i < N; i++)
        im->music.row[i] &= MG_CELL_PLAY;
}

// Whether other notes sound in a row than in the last.
static bool
moves(const struct mg_improviser *im, const uint8_t *row)
{
    int N = mg_network_shape(im->network)->notes;
    for (int i = 0; i < N; i++)
        if ((row[i] ^ im->music.row[i]) & MG_CELL_PLAY)
            return true;
    return false;
}

void
mg_improviser_settle(struct mg_improviser *im, uint32_t revision)
{
    const struct choice *choice = &im->choices[revision % MG_CHOICES_MAX];
    bool is_chosen = revision != 0 && choice->revision == revision;
    bool moved = is_chosen && moves(im, choice->row);
    im->music.still = moved ? 0 : MIN(im->music.still + 1, STEPS_MAX);
    if (is_chosen)
        memcpy(im->music.row, choice->row, sizeof im->music.row);
    else
        hold_row(im);
    im->music.step = im->step;
    im->has_played = true;
    account(im);
    im->music.rested = MIN(im->music.rested + 1, STEPS_MAX);
}

// Key of a note, where the transposition puts it; may lie outside of 0..127.
static int
key_of(const struct mg_improviser *im, int note)
{
    return mg_network_shape(im->network)->lowest_note + note + im->transpose;
}

static bool
is_key(int key)
{
    return key >= 0 && key < MG_KEYS;
}

void
mg_improviser_inherit(struct mg_improviser *im, const struct mg_improviser *before,
                      const uint8_t *cells)
{
    int N = mg_network_shape(im->network)->notes;
    im->music.rested = before->music.rested;
    if (im->has_played || im->marks) // a place is to sound as it always does
        return;
    for (int i = 0; i < N; i++)
        if (is_key(key_of(im, i)))
            im->music.row[i] = cells[key_of(im, i)] & MG_CELL_PLAY;
}

// --- choosing ------------------------------------------------------------------------

// The knobs as they stand.
static void
take_controls(struct mg_improviser *im, const struct mg_controls *controls)
{
    int spq = mg_network_shape(im->network)->steps_per_quarter;
    float longest = mg_control_get(controls, MG_CONTROL_LONGEST) * (float)spq;
    im->longest_steps = (int)ceilf(longest);
    im->repeats = (int)mg_control_get(controls, MG_CONTROL_REPEATS);
    im->transpose = (int)mg_control_get(controls, MG_CONTROL_TRANSPOSE);
    im->fill = (struct mg_fill){
        .below = im->config.fill_below,
        .strength = mg_control_get(controls, MG_CONTROL_FILL),
        .target = mg_control_get(controls, MG_CONTROL_DENSITY),
        .steps_per_quarter = spq,
    };
}

// Which notes stay silent: (N).
static void
mask(const struct mg_improviser *im, const struct mg_controls *controls,
     uint8_t *silent)
{
    int N = mg_network_shape(im->network)->notes;
    int one = (int)mg_control_get(controls, MG_CONTROL_LOWEST);
    int other = (int)mg_control_get(controls, MG_CONTROL_HIGHEST);
    int lowest = MAX(MIN(one, other), im->config.lowest_alone);
    int highest = MAX(one, other); // a knob may be turned past the other
    int scale = (int)mg_control_get(controls, MG_CONTROL_SCALE);
    int root = (int)mg_control_get(controls, MG_CONTROL_ROOT);
    for (int i = 0; i < N; i++) {
        int key = key_of(im, i);
        silent[i] = !is_key(key) || key < lowest || key > highest ||
                    !mg_scale_has(scale, root, key) ||
                    im->music.age[i] >= im->longest_steps;
    }
}

// What the hand gives: (N) cells.  A key tapped between two steps counts for one.
// Returns whether it plays.
static bool
take_hand(const struct mg_improviser *im, const struct mg_hand_keys *hand,
          uint8_t *fixed)
{
    int N = mg_network_shape(im->network)->notes;
    bool plays = false;
    for (int i = 0; i < N; i++) {
        int key = key_of(im, i);
        fixed[i] = 0;
        if (!is_key(key))
            continue;
        if (hand->struck[key])
            fixed[i] = MG_CELL_PLAY | MG_CELL_ARTICULATE;
        else if (hand->held[key])
            fixed[i] = MG_CELL_PLAY;
        plays = plays || fixed[i];
    }
    return plays;
}

// The given row of the prime, or an empty one, with what the hand plays.
static void
copy_row(const struct mg_improviser *im, const uint8_t *given, const uint8_t *fixed,
         uint8_t *row)
{
    int N = mg_network_shape(im->network)->notes;
    for (int i = 0; i < N; i++)
        row[i] = fixed[i] ? fixed[i] : given ? given[i] : 0;
}

static void
draw(struct mg_improviser *im, const struct mg_controls *controls, const uint8_t *fixed,
     uint8_t *row)
{
    uint8_t silent[MG_NOTES_MAX];
    mask(im, controls, silent);
    struct mg_sampling sampling = {.seed = im->config.seed,
                                   .pass = im->pass,
                                   .temperature =
                                       mg_control_get(controls, MG_CONTROL_TEMPERATURE),
                                   .courage = im->music.courage.now,
                                   .fixed = fixed,
                                   .silent = silent};
    mg_network_again(im->network);
    mg_sampler_draw(im->network, &sampling, im->step, row);
}

// A phrase strikes all its first notes, whatever still sounds of the one before.
static void
write_cells(const struct mg_improviser *im, const uint8_t *row, const uint8_t *fixed,
            uint8_t *cells)
{
    int N = mg_network_shape(im->network)->notes;
    memset(cells, 0, MG_KEYS);
    for (int i = 0; i < N; i++) {
        if (!is_key(key_of(im, i)))
            continue;
        uint8_t cell = row[i];
        if (fixed[i])
            cell |= MG_DECIDED_HELD;
        else if (cell && im->is_phrase)
            cell |= MG_DECIDED_ARTICULATE;
        cells[key_of(im, i)] = cell;
    }
}

void
mg_improviser_choose(struct mg_improviser *im, const struct mg_controls *controls,
                     const struct mg_hand_keys *hand, uint32_t revision, uint8_t *cells)
{
    struct choice *choice = &im->choices[revision % MG_CHOICES_MAX];
    const struct mg_roll *prime = im->config.prime;
    uint8_t fixed[MG_NOTES_MAX] = {0};
    take_controls(im, controls);
    if (take_hand(im, hand, fixed))
        im->music.rested = 0;
    if (prime && im->step < prime->steps)
        copy_row(im, mg_roll_row(prime, (int)im->step), fixed, choice->row);
    else if (answers(im))
        draw(im, controls, fixed, choice->row);
    else
        copy_row(im, NULL, fixed, choice->row);
    choice->revision = revision;
    write_cells(im, choice->row, fixed, cells);
}

// --- where it is ---------------------------------------------------------------------

static struct mark *
mark_of(struct mg_improviser *im, int64_t step)
{
    return &im->marks[step / MARK_STEPS % MARKS];
}

static void
keep_mark(struct mg_improviser *im, int64_t step)
{
    struct mark *mark = mark_of(im, step);
    mark->step = step;
    mark->music = im->music;
    mg_network_save(im->network, mark->network);
}

// Takes up the last state that was kept in the phrase of `step`, not after it.  Returns
// its step; without one, that of the phrase's beginning.
static int64_t
take_mark(struct mg_improviser *im, int64_t step)
{
    int64_t begin = step - step % MG_PHRASE_STEPS;
    for (int64_t at = step - step % MARK_STEPS; at > begin; at -= MARK_STEPS) {
        const struct mark *mark = mark_of(im, at);
        if (mark->step != at)
            continue;
        int rested = im->music.rested;
        im->music = mark->music;
        im->music.rested = rested;
        mg_network_restore(im->network, mark->network);
        return at;
    }
    forget(im);
    return begin;
}

// A network that recalls what it played expects it again, and would go round for ever.
static bool
goes_round(const struct mg_improviser *im)
{
    int spq = mg_network_shape(im->network)->steps_per_quarter, distance;
    int repeating = mg_network_repeating(im->network, &distance);
    return im->music.still >= STILL_QUARTERS * spq ||
           repeating > MAX(im->repeats * distance, FIGURE_QUARTERS * spq);
}

void
mg_improviser_approach(struct mg_improviser *im, int64_t step)
{
    im->is_phrase = im->marks && step % MG_PHRASE_STEPS == 0;
    if (im->is_phrase)
        forget(im);
    else if (im->marks && step % MARK_STEPS == 0)
        keep_mark(im, step);
    if (im->music.step != step - 1)
        hold_row(im);
    im->music.step = step - 1;
    im->step = step;
    if (goes_round(im))
        mg_network_lose_thread(im->network);
    mg_network_listen(im->network, im->music.row, mg_beat_of(step - 1));
}

// Plays to itself up to `step`, as it would have been without a hand.
static void
catch_up(struct mg_improviser *im, const struct mg_controls *controls, int64_t step)
{
    static const struct mg_hand_keys NO_HAND;
    uint8_t cells[MG_KEYS];
    int rested = im->music.rested;
    for (int64_t at = take_mark(im, step); at < step; at++) {
        mg_improviser_approach(im, at);
        mg_improviser_choose(im, controls, &NO_HAND, 1, cells);
        mg_improviser_settle(im, 1);
    }
    im->music.rested = rested;
}

void
mg_improviser_begin(struct mg_improviser *im, const struct mg_controls *controls,
                    int64_t step, bool fresh)
{
    take_controls(im, controls);
    if (im->marks) {
        catch_up(im, controls, step);
        return;
    }
    im->pass++;
    if (fresh)
        forget(im);
    im->music.step = step - 1;
}
