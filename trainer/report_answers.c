// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What the figures say, in sentences.
#include "trainer/report_page.h"

// What came of it since the best score.
static void
add_since(GString *page, const struct mg_report_score *best,
          const struct mg_report_score *last)
{
    int since = (int)(last - best);
    if (!since)
        g_string_append(page, "That is the last score: it was still getting better.");
    else if (since == 1)
        g_string_append(page, "The score after that was no better");
    else
        g_string_append_printf(page, "The %d scores since then were no better", since);
    if (since)
        g_string_append_printf(page, ": %.3f at update %" G_GINT64_FORMAT ".",
                               mg_report_nats(last), last->update);
}

static void
add_progress(GString *page, const struct mg_report *report)
{
    const struct mg_report_score *best = mg_report_best(report);
    g_string_append(page, "<h2>Is it getting better?</h2>\n<p>");
    if (!best) {
        g_string_append(page, "There is no score yet.</p>\n");
        return;
    }
    const struct mg_report_score *first = mg_report_score_at(report, 0);
    const struct mg_report_score *last =
        mg_report_score_at(report, report->scores->len - 1);
    g_string_append_printf(
        page,
        "Update %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT ". On the held-out pieces, "
        "which it is not trained on, the loss was %.3f nats a step at update "
        "%" G_GINT64_FORMAT " and is %.3f at the best, <b>update %" G_GINT64_FORMAT
        "</b> (play %.3f, articulate %.3f); lower is better. ",
        last->update, report->updates, mg_report_nats(first), first->update,
        mg_report_nats(best), best->update, best->play, best->articulate);
    add_since(page, best, last);
    g_string_append_printf(page,
                           " A table that knows of each key only whether it sounded a "
                           "step before has %.3f.</p>\n",
                           report->table_nats);
}

// The sample of the best score, or else the last.
static const struct mg_report_sample *
chosen_sample(const struct mg_report *report)
{
    guint count = report->samples->len;
    const struct mg_report_score *best = mg_report_best(report);
    const struct mg_report_sample *sample =
        best ? mg_report_sample_of(report, best->update) : NULL;
    return sample || !count ? sample : mg_report_sample_at(report, count - 1);
}

// " (WHAT: X)" with a figure to compare with.
static void
add_beside(GString *page, const char *what, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, format, value);
    g_string_append_printf(page, " (%s: %s)", what, text);
}

static void
add_sound(GString *page, const struct mg_report *report,
          const struct mg_report_sample *sample)
{
    const struct mg_appraisal *a = &sample->appraisal, *corpus = &report->of_corpus;
    g_string_append_printf(page,
                           "<h2>Does it sound?</h2>\n<p>The sample of update "
                           "%" G_GINT64_FORMAT " is silent in %.1f %% of its steps",
                           sample->update, 100.0 * a->silence);
    add_beside(page, "the corpus", "%.1f", 100.0 * corpus->silence);
    g_string_append_printf(page, "; %.2f notes sound in a step", a->notes_per_step);
    add_beside(page, "the corpus", "%.2f", corpus->notes_per_step);
    g_string_append_printf(page, ". Its longest note is held for %.0f steps",
                           a->longest_note);
    if (report->unseen_pieces)
        add_beside(page, "a held-out piece", "%.0f", report->unseen.longest_note);
    g_string_append_printf(page, "; %.0f %% of its bars were heard before",
                           100.0 * a->repeated);
    if (report->unseen_pieces)
        add_beside(page, "a held-out piece", "%.0f", 100.0 * report->unseen.repeated);
    g_string_append(page, ".</p>\n");
}

static void
add_unseen(GString *page, const struct mg_report *report, const struct mg_appraisal *a)
{
    const struct mg_appraisal *unseen = &report->unseen;
    if (!report->unseen_pieces) {
        g_string_append(page, "No held-out piece is long enough to compare.");
        return;
    }
    g_string_append_printf(
        page,
        "Held-out pieces, which it has not heard, share %.0f steps with the corpus "
        "and are %.1f %% like it (the median of %d): the sample has ",
        unseen->copied_steps, 100.0 * unseen->likeness, report->unseen_pieces);
    bool longer = a->copied_steps > unseen->copied_steps;
    bool nearer = a->likeness > unseen->likeness;
    g_string_append(page, longer && nearer ? "more of both. Listen to both passages."
                          : longer
                              ? "the longer passage, but is no nearer on the whole."
                          : nearer ? "no longer passage, but is nearer on the whole."
                                   : "no more of either.");
}

static void
add_copying(GString *page, const struct mg_report *report,
            const struct mg_report_sample *sample)
{
    const struct mg_appraisal *a = &sample->appraisal;
    g_string_append(page, "<h2>Does it copy?</h2>\n<p>");
    if (a->original) {
        g_string_append_printf(
            page,
            "The longest passage that stands in the corpus too, in whatever key, is "
            "%.0f steps long (changes in it: %.0f): from step %.0f on it is step %.0f "
            "of ",
            a->copied_steps, a->copied_changes, a->copied_at, a->original_at);
        mg_report_page_text(page, a->original);
        g_string_append(page, ". ");
    } else {
        g_string_append(page, "No passage of it stands in the corpus. ");
    }
    g_string_append_printf(page,
                           "Its windows of %d steps are %.1f %% like the nearest ones "
                           "of the corpus. ",
                           report->window, 100.0 * a->likeness);
    add_unseen(page, report, a);
    g_string_append(page, "</p>\n");
}

void
mg_report_page_answers(GString *page, const struct mg_report *report)
{
    const struct mg_report_sample *sample = chosen_sample(report);
    add_progress(page, report);
    if (sample) {
        add_sound(page, report, sample);
        add_copying(page, report, sample);
    }
}
