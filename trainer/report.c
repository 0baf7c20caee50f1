// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// What is measured once, and looking things up.
#include "trainer/report.h"

#include <math.h>

#include "trainer/markov.h"

enum {
    SAMPLE_QUARTERS = 128, // about a minute
    UNSEEN_PIECES = 5,     // each costs as much as a sample
    BAR_QUARTERS = 4,
};

static struct mg_appraisal
texture_of(const struct mg_corpus *corpus)
{
    struct mg_texture texture = {0};
    for (int i = 0; i < corpus->piece_count; i++)
        mg_texture_add(&texture, &corpus->pieces[i].roll,
                       BAR_QUARTERS * corpus->steps_per_quarter);
    return mg_appraisal_of(&texture, corpus->steps_per_quarter);
}

// Measures the beginnings of some held-out pieces, as long as a sample.
static int
measure_unseen(struct mg_report *report, int threads)
{
    const struct mg_corpus *held_out = report->held_out;
    struct mg_appraisal appraisals[UNSEEN_PIECES] = {{0}};
    int count = MIN(held_out->piece_count, (int)UNSEEN_PIECES), measured = 0;
    int status = 0;
    for (int i = 0; i < count && !status; i++) {
        // Spread over all of them: neighbours by name may be of one hand.
        struct mg_roll start =
            held_out->pieces[(int64_t)i * held_out->piece_count / count].roll;
        start.steps = MIN(start.steps, report->sample_steps);
        if (start.steps >= report->window)
            status = mg_appraisal_measure(&start, report->corpus, report->window,
                                          threads, &appraisals[measured++]);
    }
    if (measured)
        report->unseen = mg_appraisal_median(appraisals, measured);
    report->unseen_pieces = measured;
    for (int i = 0; i < measured; i++)
        mg_appraisal_finish(&appraisals[i]);
    return status;
}

// The score on the held-out pieces of a table that knows of each key only whether it
// sounded a step before, in nats a step.
static double
measure_table(const struct mg_corpus *corpus, const struct mg_corpus *held_out,
              const struct mg_shape *shape)
{
    struct mg_markov *table = g_new0(struct mg_markov, 1);
    double nats = 0;
    table->lowest_key = shape->lowest_note;
    table->keys = shape->notes;
    for (int i = 0; i < corpus->piece_count; i++)
        mg_markov_learn(table, &corpus->pieces[i].roll);
    for (int i = 0; i < held_out->piece_count; i++) {
        struct mg_loss loss = mg_markov_score(table, &held_out->pieces[i].roll, true);
        nats += loss.play + loss.articulate;
    }
    g_free(table);
    return nats / (double)MAX(1, held_out->steps);
}

int
mg_report_init(struct mg_report *report, const struct mg_corpus *corpus,
               const struct mg_corpus *held_out, const struct mg_shape *shape,
               int threads)
{
    *report = (struct mg_report){
        .corpus = corpus,
        .held_out = held_out,
        .of_corpus = texture_of(corpus),
        .window = mg_appraisal_window(corpus),
        .sample_steps = SAMPLE_QUARTERS * corpus->steps_per_quarter,
        .table_nats = measure_table(corpus, held_out, shape),
        .scores = g_array_new(FALSE, FALSE, sizeof(struct mg_report_score)),
        .samples = g_array_new(FALSE, FALSE, sizeof(struct mg_report_sample)),
    };
    struct mg_appraisal of_held_out = texture_of(held_out);
    mg_corpus_facts(corpus, &report->of_corpus, report->facts);
    mg_corpus_facts(held_out, &of_held_out, report->held_out_facts);
    return measure_unseen(report, threads);
}

void
mg_report_finish(struct mg_report *report)
{
    for (guint i = 0; i < report->samples->len; i++)
        mg_appraisal_finish(&mg_report_sample_at(report, i)->appraisal);
    g_array_unref(report->samples);
    g_array_unref(report->scores);
    mg_corpus_facts_finish(report->facts);
    mg_corpus_facts_finish(report->held_out_facts);
}

struct mg_report_score *
mg_report_score_at(const struct mg_report *report, guint i)
{
    return &g_array_index(report->scores, struct mg_report_score, i);
}

struct mg_report_sample *
mg_report_sample_at(const struct mg_report *report, guint i)
{
    return &g_array_index(report->samples, struct mg_report_sample, i);
}

double
mg_report_nats(const struct mg_report_score *score)
{
    return score->play + score->articulate;
}

const struct mg_report_score *
mg_report_score_of(const struct mg_report *report, int64_t update)
{
    for (guint i = 0; i < report->scores->len; i++)
        if (mg_report_score_at(report, i)->update == update)
            return mg_report_score_at(report, i);
    return NULL;
}

const struct mg_report_score *
mg_report_best(const struct mg_report *report)
{
    const struct mg_report_score *best = NULL;
    for (guint i = 0; i < report->scores->len; i++) {
        const struct mg_report_score *score = mg_report_score_at(report, i);
        if (isfinite(mg_report_nats(score)) &&
            (!best || mg_report_nats(score) < mg_report_nats(best)))
            best = score;
    }
    return best;
}

const struct mg_report_sample *
mg_report_sample_of(const struct mg_report *report, int64_t update)
{
    for (guint i = 0; i < report->samples->len; i++)
        if (mg_report_sample_at(report, i)->update == update)
            return mg_report_sample_at(report, i);
    return NULL;
}

char *
mg_report_sample_file(int64_t update, const char *ending)
{
    return g_strdup_printf("update-%" G_GINT64_FORMAT "%s", update, ending);
}
