// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The page that shows a report.
#ifndef MG_TRAINER_REPORT_PAGE_H
#define MG_TRAINER_REPORT_PAGE_H

#include "trainer/report.h"

// HTML that needs nothing but the files beside it: loss.svg, loss.png, loss.csv, corpus.txt
// and those of the samples.  The caller frees it.
GString *mg_report_page(const struct mg_report *report);

// What a page is put together from.

// Appends text from outside, a name or a command line of any bytes, escaped.
void mg_report_page_text(GString *page, const char *text);

// Appends the answers to what a person asks of a training: is it getting better, does it
// sound, does it copy.
void mg_report_page_answers(GString *page, const struct mg_report *report);

#endif
