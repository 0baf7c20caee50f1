// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The page: the answers first, then what they come from.
#include "trainer/report_page.h"

enum { SKIPPED_SHOWN = 50 };

static const char HEAD[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>MusicGuru: training report</title>\n"
    "<style>\n"
    "body { font: 16px/1.45 sans-serif; max-width: 60em; margin: 0 auto;"
    " padding: 0 1em 2em; color: #222; background: #fff; }\n"
    "h1 { font-size: 1.5em; } h2 { font-size: 1.2em; margin: 1.6em 0 .4em; }\n"
    "h3 { font-size: 1em; margin: 1.2em 0 .2em; }\n"
    "p, dl { margin: .4em 0; } dt { font-weight: bold; }\n"
    "code { overflow-wrap: anywhere; }\n"
    ".wide { overflow-x: auto; }\n"
    "table { border-collapse: collapse; font-size: .85em; }\n"
    "th, td { border-bottom: 1px solid #ccc; padding: .2em .6em; text-align: right; }\n"
    "th:first-child, td:first-child { text-align: left; white-space: nowrap; }\n"
    ".name { text-align: left; overflow-wrap: anywhere; min-width: 8em; }\n"
    ".best { font-weight: bold; background: #eef3fa; }\n"
    ".curve { width: 100%; height: auto; }\n"
    ".roll { height: auto; max-width: 100%; min-width: 44em; }\n"
    "@media print { body { font-size: 10pt; max-width: none; }"
    " .wide { overflow: visible; } .roll { min-width: 0; }"
    " h2, h3 { break-after: avoid; } .sample, tr { break-inside: avoid; } }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<h1>MusicGuru: training report</h1>\n";

void
mg_report_page_text(GString *page, const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    char *escaped = g_markup_escape_text(valid, -1);
    g_string_append(page, escaped);
    g_free(escaped);
    g_free(valid);
}

static void
add_curve(GString *page, const struct mg_report *report)
{
    g_string_append(page, "<h2>The loss</h2>\n");
    if (!report->scores->len)
        g_string_append(page, "<p>There is no score yet.</p>\n");
    else if (report->pictures)
        g_string_append(
            page,
            "<p><a href=\"loss.csv\">Table</a>, <a href=\"loss.png\">PNG</a></p>\n"
            "<p><img class=\"curve\" src=\"loss.svg\" alt=\"Loss on the "
            "training segments and on the held-out pieces, by update\"></p>\n");
    else
        g_string_append(page, "<p><a href=\"loss.csv\">Table</a>. This build draws no "
                              "pictures: cairo was left out.</p>\n");
}

static void
add_cell(GString *page, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append_printf(page, "<td>%s</td>",
                           g_ascii_formatd(text, sizeof text, format, value));
}

// The cells that a sample, a held-out piece and a corpus have in common.
static void
add_texture(GString *page, const struct mg_appraisal *a)
{
    add_cell(page, "%.2f", a->notes_per_step);
    add_cell(page, "%.1f", a->onsets_per_bar);
    add_cell(page, "%.1f", 100.0 * a->silence);
    add_cell(page, "%.0f", a->longest_silence);
    add_cell(page, "%.0f", a->longest_note);
    add_cell(page, "%.1f", 100.0 * a->repeated);
}

static void
add_originality(GString *page, const struct mg_appraisal *a)
{
    add_cell(page, "%.1f", 100.0 * a->likeness);
    add_cell(page, "%.0f", a->copied_steps);
    g_string_append(page, "<td class=\"name\">");
    if (a->original) {
        mg_report_page_text(page, a->original);
        g_string_append_printf(page, ", step %.0f", a->original_at);
    }
    g_string_append(page, "</td></tr>\n");
}

static bool
is_best(const struct mg_report *report, int64_t update)
{
    const struct mg_report_score *best = mg_report_best(report);
    return best && best->update == update;
}

static void
add_sample_row(GString *page, const struct mg_report *report,
               const struct mg_report_sample *sample)
{
    bool best = is_best(report, sample->update);
    const struct mg_report_score *score = mg_report_score_of(report, sample->update);
    g_string_append_printf(page, "<tr%s><td>update %" G_GINT64_FORMAT "%s</td>",
                           best ? " class=\"best\"" : "", sample->update,
                           best ? ", the best" : "");
    if (score)
        add_cell(page, "%.3f", mg_report_nats(score));
    else
        g_string_append(page, "<td></td>");
    add_texture(page, &sample->appraisal);
    add_originality(page, &sample->appraisal);
}

static void
add_figures(GString *page, const struct mg_report *report)
{
    g_string_append(
        page,
        "<h2>The samples in figures</h2>\n<div class=\"wide\">\n<table>\n<tr><th></th>"
        "<th>loss, nats a step</th><th>notes a step</th><th>onsets a bar</th>"
        "<th>silence, %</th><th>longest silence, steps</th>"
        "<th>longest note, steps</th><th>bars heard before, %</th>"
        "<th>like the corpus, %</th><th>longest passage of it, steps</th>"
        "<th class=\"name\">from</th></tr>\n");
    g_string_append(page, "<tr><td>the corpus</td><td></td>");
    add_texture(page, &report->of_corpus);
    g_string_append(page, "<td></td><td></td><td></td></tr>\n");
    if (report->unseen_pieces) {
        g_string_append(page, "<tr><td>a held-out piece</td><td></td>");
        add_texture(page, &report->unseen);
        add_originality(page, &report->unseen);
    }
    for (guint i = 0; i < report->samples->len; i++)
        add_sample_row(page, report, mg_report_sample_at(report, i));
    g_string_append(page, "</table>\n</div>\n");
}

static void
add_samples(GString *page, const struct mg_report *report)
{
    g_string_append(page, "<h2>The samples to hear</h2>\n");
    for (guint i = 0; i < report->samples->len; i++) {
        int64_t update = mg_report_sample_at(report, i)->update;
        char *midi = mg_report_sample_file(update, ".mid");
        char *picture = mg_report_sample_file(update, ".png");
        g_string_append_printf(page,
                               "<div class=\"sample\">\n<h3>Update %" G_GINT64_FORMAT
                               "%s: <a href=\"%s\">%s</a></h3>\n",
                               update, is_best(report, update) ? ", the best" : "",
                               midi, midi);
        if (report->pictures)
            g_string_append_printf(page,
                                   "<div class=\"wide\"><img class=\"roll\" src=\"%s\" "
                                   "alt=\"Piano roll of %s\"></div>\n",
                                   picture, midi);
        g_string_append(page, "</div>\n");
        g_free(picture);
        g_free(midi);
    }
}

static void
add_skipped(GString *page, const struct mg_corpus *corpus)
{
    if (!corpus->skipped_count)
        return;
    int shown = MIN(corpus->skipped_count, (int)SKIPPED_SHOWN);
    g_string_append(page, "<h3>Skipped</h3>\n<ul>\n");
    for (int i = 0; i < shown; i++) {
        g_string_append(page, "<li>");
        mg_report_page_text(page, corpus->skipped[i].reason);
        g_string_append(page, "</li>\n");
    }
    g_string_append(page, "</ul>\n");
    if (corpus->skipped_count > shown)
        g_string_append_printf(page, "<p>And %d more: see corpus.txt.</p>\n",
                               corpus->skipped_count - shown);
}

static void
add_corpus(GString *page, const struct mg_report *report)
{
    g_string_append(page, "<h2>The corpus</h2>\n<p><a href=\"corpus.txt\">Every "
                          "piece</a></p>\n<div class=\"wide\">\n<table>\n"
                          "<tr><th></th><th>trained on</th><th>held out</th></tr>\n");
    for (int i = 0; i < MG_CORPUS_FACTS; i++)
        g_string_append_printf(page, "<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n",
                               report->facts[i].name, report->facts[i].value,
                               report->held_out_facts[i].value);
    g_string_append(page, "</table>\n</div>\n");
    add_skipped(page, report->corpus);
    add_skipped(page, report->held_out);
}

static void
add_meanings(GString *page, const struct mg_report *report)
{
    g_string_append_printf(
        page,
        "<h2>What the figures mean</h2>\n<dl>\n"
        "<dt>Loss</dt><dd>How surprised the model is by what comes next: the negative "
        "log-likelihood of a step. Dropout makes the training loss the higher one. "
        "When "
        "it falls and the held-out loss rises, the model learns the corpus by "
        "heart.</dd>\n"
        "<dt>Like the corpus</dt><dd>Each window of %d steps against the nearest one "
        "of "
        "the corpus in whatever key: the mean cosine similarity.</dd>\n"
        "<dt>Longest passage of it</dt><dd>Steps that stand in the corpus cell for "
        "cell, "
        "in whatever key; a drone or a silence does not count.</dd>\n"
        "<dt>A held-out piece</dt><dd>The median of the beginnings of %d pieces the "
        "model was not trained on, each as long as a sample or shorter: what unseen "
        "music of this style has.</dd>\n"
        "<dt>A bar</dt><dd>Four quarters, whatever the metre: the beat the model "
        "hears.</dd>\n"
        "</dl>\n",
        report->window, report->unseen_pieces);
}

GString *
mg_report_page(const struct mg_report *report)
{
    GString *page = g_string_new(HEAD);
    g_string_append(page, "<p><code>");
    mg_report_page_text(page, report->command);
    g_string_append(page, "</code></p>\n");
    mg_report_page_answers(page, report);
    add_curve(page, report);
    if (report->samples->len) {
        add_figures(page, report);
        add_samples(page, report);
    }
    add_corpus(page, report);
    add_meanings(page, report);
    g_string_append(page, "</body>\n</html>\n");
    return page;
}
