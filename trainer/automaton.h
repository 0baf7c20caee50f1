// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The suffix automaton of a sequence of symbols: finds, symbol by symbol of another
// sequence, the longest stretch up to there that occurs in the first.
// Blumer et al., "The smallest automaton recognizing the subwords of a text", 1985.
#ifndef MG_TRAINER_AUTOMATON_H
#define MG_TRAINER_AUTOMATON_H

struct mg_automaton;

// Symbols are 0 .. symbols - 1; `length` of them.  Any thread but real time.  Out of
// memory it ends the process, as GLib does.
struct mg_automaton *mg_automaton_create(const int *sequence, int length, int symbols);
void mg_automaton_destroy(struct mg_automaton *automaton); // takes NULL

// Where a walk has come to; zeroed, it is at the start.
struct mg_walk {
    int state;
    int length; // of the longest stretch that ends with the last symbol
};

// Takes one more symbol; -1 stands for one that the sequence does not have.
void mg_automaton_walk(const struct mg_automaton *automaton, struct mg_walk *walk,
                       int symbol);

// Where the stretch first ends in the sequence: the place of its last symbol.
int mg_automaton_first_end(const struct mg_automaton *automaton,
                           const struct mg_walk *walk);

#endif
