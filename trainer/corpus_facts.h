// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What a corpus is, in words for a report.
#ifndef MG_TRAINER_CORPUS_FACTS_H
#define MG_TRAINER_CORPUS_FACTS_H

#include "trainer/appraisal.h"
#include "trainer/corpus.h"

enum { MG_CORPUS_FACTS = 12 };

struct mg_fact {
    const char *name; // with the unit; static
    char *value;      // plain text; owned
};

// Tells the facts, the same ones in the same order for every corpus.  of_corpus: of the
// texture of all its pieces.
void mg_corpus_facts(const struct mg_corpus *corpus,
                     const struct mg_appraisal *of_corpus,
                     struct mg_fact facts[MG_CORPUS_FACTS]);

void mg_corpus_facts_finish(struct mg_fact facts[MG_CORPUS_FACTS]);

#endif
