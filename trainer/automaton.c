// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A state stands for all stretches that end at the same places; `link` leads to the state
// of the longest shorter suffix that ends at more.  State 0 is the empty stretch.
#include "trainer/automaton.h"

#include <glib.h>
#include <stdbool.h>

struct state {
    int length; // of its longest stretch
    int link;
    int first_end;
    int first_edge; // or -1
};

struct edge {
    int symbol;
    int target;
    int next; // edge of the same state, or -1
};

struct mg_automaton {
    GArray *states;    // of struct state
    GArray *edges;     // of struct edge
    int *start_target; // by symbol: the edges of state 0, which are many; 0 is none
};

static struct state *
state_at(const struct mg_automaton *a, int state)
{
    return &g_array_index(a->states, struct state, state);
}

static struct edge *
edge_at(const struct mg_automaton *a, int edge)
{
    return &g_array_index(a->edges, struct edge, edge);
}

// Where an edge leads to, to be read or set; NULL where there is no such edge.
static int *
target_of(const struct mg_automaton *a, int state, int symbol)
{
    if (state == 0)
        return a->start_target[symbol] ? &a->start_target[symbol] : NULL;
    for (int e = state_at(a, state)->first_edge; e >= 0; e = edge_at(a, e)->next)
        if (edge_at(a, e)->symbol == symbol)
            return &edge_at(a, e)->target;
    return NULL;
}

static void
add_edge(struct mg_automaton *a, int state, int symbol, int target)
{
    if (state == 0) {
        a->start_target[symbol] = target;
        return;
    }
    struct state *s = state_at(a, state);
    struct edge edge = {symbol, target, s->first_edge};
    s->first_edge = (int)a->edges->len;
    g_array_append_val(a->edges, edge);
}

static int
add_state(struct mg_automaton *a, int length, int link, int first_end)
{
    struct state state = {length, link, first_end, -1};
    g_array_append_val(a->states, state);
    return (int)a->states->len - 1;
}

// Parts the shorter stretches of the state behind an edge off into one of their own.
static int
split(struct mg_automaton *a, int state, int symbol, int target)
{
    struct state old = *state_at(a, target);
    int copy = add_state(a, state_at(a, state)->length + 1, old.link, old.first_end);
    for (int e = old.first_edge; e >= 0; e = edge_at(a, e)->next)
        add_edge(a, copy, edge_at(a, e)->symbol, edge_at(a, e)->target);
    state_at(a, target)->link = copy;
    for (int s = state; s >= 0; s = state_at(a, s)->link) {
        int *to = target_of(a, s, symbol);
        if (!to || *to != target)
            break;
        *to = copy;
    }
    return copy;
}

// Takes one more symbol behind the state `last` of the whole.  Returns the new `last`.
static int
extend(struct mg_automaton *a, int last, int symbol, int end)
{
    int added = add_state(a, end + 1, 0, end), s = last;
    int *to = NULL;
    for (; s >= 0 && !(to = target_of(a, s, symbol)); s = state_at(a, s)->link)
        add_edge(a, s, symbol, added);
    if (s >= 0) {
        int target = *to;
        bool same = state_at(a, target)->length == state_at(a, s)->length + 1;
        int link = same ? target : split(a, s, symbol, target);
        state_at(a, added)->link = link;
    }
    return added;
}

struct mg_automaton *
mg_automaton_create(const int *sequence, int length, int symbols)
{
    struct mg_automaton *a = g_new0(struct mg_automaton, 1);
    a->states = g_array_new(FALSE, FALSE, sizeof(struct state));
    a->edges = g_array_new(FALSE, FALSE, sizeof(struct edge));
    a->start_target = g_new0(int, symbols);
    int last = add_state(a, 0, -1, -1);
    for (int i = 0; i < length; i++)
        last = extend(a, last, sequence[i], i);
    return a;
}

void
mg_automaton_destroy(struct mg_automaton *a)
{
    if (!a)
        return;
    g_array_unref(a->states);
    g_array_unref(a->edges);
    g_free(a->start_target);
    g_free(a);
}

void
mg_automaton_walk(const struct mg_automaton *a, struct mg_walk *walk, int symbol)
{
    const int *to = NULL;
    while (symbol >= 0 && !(to = target_of(a, walk->state, symbol)) && walk->state) {
        walk->state = state_at(a, walk->state)->link;
        walk->length = state_at(a, walk->state)->length;
    }
    *walk = to ? (struct mg_walk){*to, walk->length + 1} : (struct mg_walk){0};
}

int
mg_automaton_first_end(const struct mg_automaton *a, const struct mg_walk *walk)
{
    return state_at(a, walk->state)->first_end;
}
