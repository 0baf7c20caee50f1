// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Another program that does the same step, asked line by line over pipes
// (tests/bench/torch_step.py).
#ifndef MG_TESTS_BENCH_RIVAL_H
#define MG_TESTS_BENCH_RIVAL_H

struct mg_rival;

// Starts a command.  Returns NULL where it cannot.  May be NULL below: it answers
// nothing.
struct mg_rival *mg_rival_create(char *const command[]);
void mg_rival_destroy(struct mg_rival *rival);

// Asks one question and reads the numbers of the answer, two at the most.  Returns how
// many there were.
int mg_rival_ask(struct mg_rival *rival, const char *question, double answer[2]);

#endif
