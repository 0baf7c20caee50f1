// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// Everything that is said of a piece, in one table.
#include "trainer/appraisal.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "trainer/copies.h"
#include "trainer/similarity.h"

enum {
    WINDOW_STEPS = 64,
    BAR_QUARTERS = 4,
    LOWEST_SEMITONES = -6, // with the next every key once
    HIGHEST_SEMITONES = 5,
};

#define FIGURE(name)                                                                   \
    {                                                                                  \
#name, offsetof(struct mg_appraisal, name)                                     \
    }
static const struct {
    const char *name;
    size_t offset;
} figures[] = {
    FIGURE(likeness),        FIGURE(copied_steps), FIGURE(copied_changes),
    FIGURE(copied_at),       FIGURE(original_at),  FIGURE(silence),
    FIGURE(longest_silence), FIGURE(longest_note), FIGURE(notes_per_step),
    FIGURE(onsets_per_bar),  FIGURE(repeated),
};
#undef FIGURE

static double *
figure(struct mg_appraisal *appraisal, size_t i)
{
    return (double *)(void *)((char *)appraisal + figures[i].offset);
}

static double
figure_of(const struct mg_appraisal *appraisal, size_t i)
{
    return *(const double *)(const void *)((const char *)appraisal + figures[i].offset);
}

int
mg_appraisal_window(const struct mg_corpus *corpus)
{
    int window = WINDOW_STEPS;
    for (; window > 1; window /= 2) {
        int long_enough = 0;
        for (int i = 0; i < corpus->piece_count; i++)
            long_enough += corpus->pieces[i].roll.steps >= window;
        if (2 * long_enough >= corpus->piece_count)
            break;
    }
    return window;
}

struct mg_appraisal
mg_appraisal_of(const struct mg_texture *x, int steps_per_quarter)
{
    return (struct mg_appraisal){
        .silence = mg_texture_share(x->silent_steps, x->steps),
        .longest_silence = x->longest_silence,
        .longest_note = x->longest_note,
        .notes_per_step = mg_texture_share(x->sounding, x->steps),
        .onsets_per_bar =
            mg_texture_onsets_per_bar(x, BAR_QUARTERS * steps_per_quarter),
        .repeated = mg_texture_share(x->repeated_bars, x->bars),
    };
}

int
mg_appraisal_measure(const struct mg_roll *roll, const struct mg_corpus *corpus,
                     int window, int threads, struct mg_appraisal *appraisal)
{
    struct mg_similarity similarity;
    struct mg_texture texture = {0};
    struct mg_copy copy;
    mg_texture_add(&texture, roll, BAR_QUARTERS * corpus->steps_per_quarter);
    *appraisal = mg_appraisal_of(&texture, corpus->steps_per_quarter);
    if (mg_similarity_measure(roll, corpus, window, LOWEST_SEMITONES, HIGHEST_SEMITONES,
                              threads, &similarity))
        return -ENOMEM;
    appraisal->likeness = similarity.mean;
    mg_copies_find(roll, corpus, &copy);
    if (!copy.steps)
        return 0;
    appraisal->copied_steps = copy.steps;
    appraisal->copied_changes = copy.changes;
    appraisal->copied_at = copy.composition_step;
    appraisal->original_at = copy.piece_step;
    appraisal->original = g_utf8_make_valid(corpus->pieces[copy.piece].name, -1);
    return 0;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct mg_appraisal
mg_appraisal_median(const struct mg_appraisal *appraisals, int count)
{
    struct mg_appraisal median = {0};
    double *values = g_new(double, count);
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        for (int k = 0; k < count; k++)
            values[k] = figure_of(&appraisals[k], i);
        qsort(values, (size_t)count, sizeof *values, compare);
        *figure(&median, i) = (values[(count - 1) / 2] + values[count / 2]) / 2;
    }
    g_free(values);
    return median;
}

json_t *
mg_appraisal_to_json(const struct mg_appraisal *appraisal)
{
    json_t *object = json_object();
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
        json_object_set_new(object, figures[i].name,
                            json_real(figure_of(appraisal, i)));
    if (appraisal->original)
        json_object_set_new(object, "original", json_string(appraisal->original));
    return object;
}

bool
mg_appraisal_from_json(const json_t *object, struct mg_appraisal *appraisal)
{
    *appraisal = (struct mg_appraisal){0};
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        const json_t *value = json_object_get(object, figures[i].name);
        if (!json_is_number(value)) {
            *appraisal = (struct mg_appraisal){0};
            return false;
        }
        *figure(appraisal, i) = json_number_value(value);
    }
    appraisal->original =
        g_strdup(json_string_value(json_object_get(object, "original")));
    return true;
}

void
mg_appraisal_finish(struct mg_appraisal *appraisal)
{
    g_free(appraisal->original);
    *appraisal = (struct mg_appraisal){0};
}
