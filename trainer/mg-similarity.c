// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-similarity: how close a composition is to its corpus, what it has taken over
// literally, and whether it lives.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "io/program.h"
#include "model/model.h"
#include "trainer/copies.h"
#include "trainer/similarity.h"
#include "trainer/team.h"
#include "trainer/texture.h"

enum { CHUNK_MAX = 100000, BAR_QUARTERS = 4 };

struct options {
    int chunk;
    int steps_per_quarter;
    gboolean any_key;
    gboolean json;
    int threads;
};

struct findings {
    const char *path; // of the composition
    struct mg_piece composition;
    struct mg_corpus corpus;
    struct mg_similarity similarity;
    struct mg_copy copy;
    struct mg_texture texture;
    struct mg_texture corpus_texture; // of all pieces together
    // Of a piece of the corpus from the whole of it, on average.
    double usual_pitch_classes;
    double usual_intervals;
};

static double
pitch_class_divergence(const struct mg_texture *a, const struct mg_texture *b)
{
    return mg_texture_divergence(a->pitch_classes, b->pitch_classes, MG_PITCH_CLASSES);
}

static double
interval_divergence(const struct mg_texture *a, const struct mg_texture *b)
{
    return mg_texture_divergence(a->intervals, b->intervals, MG_INTERVALS);
}

static void
measure_texture(struct findings *f, int bar_steps)
{
    const struct mg_corpus *corpus = &f->corpus;
    mg_texture_add(&f->texture, &f->composition.roll, bar_steps);
    for (int i = 0; i < corpus->piece_count; i++)
        mg_texture_add(&f->corpus_texture, &corpus->pieces[i].roll, bar_steps);
    for (int i = 0; i < corpus->piece_count; i++) {
        struct mg_texture piece = {0};
        mg_texture_add(&piece, &corpus->pieces[i].roll, bar_steps);
        f->usual_pitch_classes += pitch_class_divergence(&piece, &f->corpus_texture);
        f->usual_intervals += interval_divergence(&piece, &f->corpus_texture);
    }
    f->usual_pitch_classes /= corpus->piece_count;
    f->usual_intervals /= corpus->piece_count;
}

static void
print_nearness(const struct findings *f, int chunk)
{
    const struct mg_similarity *s = &f->similarity;
    const struct mg_piece *pieces = f->corpus.pieces;
    printf("similarity       %.2f %%: mean of %d windows of %d steps", 100.0 * s->mean,
           s->windows, chunk);
    if (s->silent_windows)
        printf("; %d silent ones left out", s->silent_windows);
    putchar('\n');
    if (s->piece >= 0)
        printf("nearest          %.2f %%: step %d and step %d of %s, %+d semitones\n",
               100.0 * s->nearest, s->composition_step, s->piece_step,
               pieces[s->piece].name, s->semitones);
    const struct mg_copy *c = &f->copy;
    if (!c->steps)
        puts("taken over       nothing");
    else
        printf("taken over       %d steps, %d changes: step %d is step %d of %s, "
               "%+d semitones\n",
               c->steps, c->changes, c->composition_step, c->piece_step,
               pieces[c->piece].name, c->semitones);
    printf("copied           %.2f %% of %d windows of %d steps\n",
           100.0 * mg_texture_share(c->copied_windows, c->windows), c->windows,
           MG_COPY_WINDOW);
}

static void
print_texture(const struct findings *f, int bar_steps)
{
    const struct mg_texture *x = &f->texture, *y = &f->corpus_texture;
    puts("\n                 composition      corpus");
    printf("silence          %9.2f %% %9.2f %%  of steps\n",
           100.0 * mg_texture_share(x->silent_steps, x->steps),
           100.0 * mg_texture_share(y->silent_steps, y->steps));
    printf("longest silence  %11d %11d  steps\n", x->longest_silence,
           y->longest_silence);
    printf("longest note     %11d %11d  steps\n", x->longest_note, y->longest_note);
    printf("notes            %11.3f %11.3f  sound per step\n",
           mg_texture_share(x->sounding, x->steps),
           mg_texture_share(y->sounding, y->steps));
    printf("onsets           %11.3f %11.3f  per bar of %d steps\n",
           mg_texture_onsets_per_bar(x, bar_steps),
           mg_texture_onsets_per_bar(y, bar_steps), bar_steps);
    printf("heard before     %9.2f %% %9.2f %%  of bars\n",
           100.0 * mg_texture_share(x->repeated_bars, x->bars),
           100.0 * mg_texture_share(y->repeated_bars, y->bars));
    printf("as the last      %9.2f %% %9.2f %%  of bars\n",
           100.0 * mg_texture_share(x->bars_as_last, x->bars),
           100.0 * mg_texture_share(y->bars_as_last, y->bars));
    printf("pitch classes    %11.4f %11.4f  bits from the corpus (a piece of it)\n",
           pitch_class_divergence(x, y), f->usual_pitch_classes);
    printf("intervals        %11.4f %11.4f  bits from the corpus (a piece of it)\n",
           interval_divergence(x, y), f->usual_intervals);
}

static void
print_findings(const struct findings *f, const struct options *o)
{
    const struct mg_corpus *corpus = &f->corpus;
    printf("composition      %d steps, %" G_GINT64_FORMAT " notes\n",
           f->composition.roll.steps, f->composition.notes);
    printf("corpus           %d pieces, %" G_GINT64_FORMAT " steps; %d skipped, "
           "%d shorter than %d steps\n",
           corpus->piece_count, corpus->steps, corpus->skipped_count,
           f->similarity.short_pieces, o->chunk);
    print_nearness(f, o->chunk);
    print_texture(f, BAR_QUARTERS * o->steps_per_quarter);
}

// A place in the corpus.  A file name need not be UTF-8, JSON must.
static json_t *
place_json(const struct findings *f, int composition_step, int piece, int piece_step,
           int semitones)
{
    char *name = g_utf8_make_valid(f->corpus.pieces[piece].name, -1);
    json_t *place =
        json_pack("{s:i, s:s, s:i, s:i}", "composition_step", composition_step, "file",
                  name, "file_step", piece_step, "semitones", semitones);
    g_free(name);
    return place;
}

static json_t *
nearest_json(const struct findings *f)
{
    const struct mg_similarity *s = &f->similarity;
    if (s->piece < 0)
        return json_null();
    json_t *nearest =
        place_json(f, s->composition_step, s->piece, s->piece_step, s->semitones);
    json_object_set_new(nearest, "percent", json_real(100.0 * s->nearest));
    return nearest;
}

static json_t *
copy_json(const struct findings *f)
{
    const struct mg_copy *c = &f->copy;
    json_t *copy = c->steps ? place_json(f, c->composition_step, c->piece,
                                         c->piece_step, c->semitones)
                            : json_object();
    json_object_set_new(copy, "steps", json_integer(c->steps));
    json_object_set_new(copy, "span_steps", json_integer(c->span));
    json_object_set_new(copy, "changes", json_integer(c->changes));
    json_object_set_new(copy, "windows_of_16", json_integer(c->windows));
    json_object_set_new(copy, "copied_windows_of_16", json_integer(c->copied_windows));
    return copy;
}

static json_t *
texture_json(const struct mg_texture *x, int bar_steps, double pitch_classes,
             double intervals)
{
    return json_pack("{s:f, s:i, s:i, s:f, s:f, s:I, s:f, s:f, s:f, s:f}",
                     "silence_share", mg_texture_share(x->silent_steps, x->steps),
                     "longest_silence_steps", x->longest_silence, "longest_note_steps",
                     x->longest_note, "notes_per_step",
                     mg_texture_share(x->sounding, x->steps), "onsets_per_bar",
                     mg_texture_onsets_per_bar(x, bar_steps), "bars",
                     (json_int_t)x->bars, "repeated_bars_share",
                     mg_texture_share(x->repeated_bars, x->bars), "bars_as_last_share",
                     mg_texture_share(x->bars_as_last, x->bars),
                     "pitch_class_divergence_bits", pitch_classes,
                     "interval_divergence_bits", intervals);
}

static void
print_json(const struct findings *f, const struct options *o)
{
    const struct mg_corpus *corpus = &f->corpus;
    const struct mg_similarity *s = &f->similarity;
    const struct mg_texture *x = &f->texture, *y = &f->corpus_texture;
    int bar_steps = BAR_QUARTERS * o->steps_per_quarter;
    char *path = g_utf8_make_valid(f->path, -1);
    json_t *root = json_pack(
        "{s:s, s:i, s:I, s:i, s:{s:i, s:I, s:i, s:i}, s:i, s:b, s:f, s:i, s:i, "
        "s:o, s:o, s:o, s:o}",
        "composition", path, "steps", f->composition.roll.steps, "notes",
        (json_int_t)f->composition.notes, "steps_per_quarter", o->steps_per_quarter,
        "corpus", "pieces", corpus->piece_count, "steps", (json_int_t)corpus->steps,
        "skipped", corpus->skipped_count, "shorter_than_chunk", s->short_pieces,
        "chunk", o->chunk, "any_key", o->any_key, "similarity_percent", 100.0 * s->mean,
        "windows", s->windows, "silent_windows", s->silent_windows, "nearest",
        nearest_json(f), "taken_over", copy_json(f), "texture",
        texture_json(x, bar_steps, pitch_class_divergence(x, y),
                     interval_divergence(x, y)),
        "corpus_texture",
        texture_json(y, bar_steps, f->usual_pitch_classes, f->usual_intervals));
    json_dumpf(root, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(10));
    putchar('\n');
    json_decref(root);
    g_free(path);
}

static int
refuse(GError **error, int number, const char *path, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(number), "%s: %s",
                path, reason);
    return -number;
}

// Reads the composition and the corpus, and sees to it that they can be compared.
static int
read_all(const struct options *o, char **paths, struct findings *f, GError **error)
{
    f->path = paths[0];
    int status = mg_corpus_read_piece(paths[0], paths[0], o->steps_per_quarter,
                                      &f->composition, error);
    if (status)
        return status;
    if (f->composition.highest_key < 0)
        return refuse(error, EINVAL, paths[0], "no note in it");
    int steps = f->composition.roll.steps;
    if (steps < o->chunk) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s: %d steps long, shorter than a window of --chunk %d", paths[0],
                    steps, o->chunk);
        return -EINVAL;
    }
    status = mg_corpus_load(&f->corpus, paths + 1, o->steps_per_quarter, error);
    for (int i = 0; i < f->corpus.skipped_count; i++)
        fprintf(stderr, "skipped: %s\n", f->corpus.skipped[i].reason);
    return status;
}

static int
compare(const struct options *o, char **paths, struct findings *f, GError **error)
{
    int status = read_all(o, paths, f, error);
    if (status)
        return status;
    // Six down to five up: every key once.
    if (mg_similarity_measure(&f->composition.roll, &f->corpus, o->chunk,
                              o->any_key ? -6 : 0, o->any_key ? 5 : 0, o->threads,
                              &f->similarity))
        return refuse(error, ENOMEM, f->path, "not enough memory");
    if (f->similarity.short_pieces == f->corpus.piece_count)
        return refuse(error, EINVAL, paths[1],
                      "no piece of the corpus is as long as a window of --chunk");
    mg_copies_find(&f->composition.roll, &f->corpus, &f->copy);
    measure_texture(f, BAR_QUARTERS * o->steps_per_quarter);
    return 0;
}

static int
run(const struct options *o, char **paths)
{
    struct findings findings = {0};
    GError *error = NULL;
    int status = MG_PROGRAM_DONE;
    if (compare(o, paths, &findings, &error))
        status = mg_program_fail_error(error);
    else
        (o->json ? print_json : print_findings)(&findings, o);
    mg_corpus_finish(&findings.corpus);
    mg_corpus_finish_piece(&findings.composition);
    return status;
}

int
main(int argc, char **argv)
{
    struct options o = {
        .chunk = 64, .steps_per_quarter = 2, .threads = mg_team_default_threads(1)};
    const GOptionEntry entries[] = {
        {"chunk", 'c', 0, G_OPTION_ARG_INT, &o.chunk, "Steps of a window (64)", "N"},
        {"steps-per-quarter", 0, 0, G_OPTION_ARG_INT, &o.steps_per_quarter,
         "Grid on which all are read (2)", "N"},
        {"any-key", 'k', 0, G_OPTION_ARG_NONE, &o.any_key,
         "Compare windows in whatever key", NULL},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &o.json, "Print JSON", NULL},
        {"threads", 0, 0, G_OPTION_ARG_INT, &o.threads, "Threads (all cores)", "N"},
        {0},
    };
    int status =
        mg_program_parse(&argc, &argv, "mg-similarity", "COMPOSITION CORPUS...",
                         "Says how close a composition is to the music of a corpus.",
                         entries);
    if (status != MG_PROGRAM_GO_ON)
        return status;
    if (argc < 3)
        status = mg_program_usage("needs a COMPOSITION and a CORPUS");
    else if (o.chunk < 1 || o.chunk > CHUNK_MAX)
        status = mg_program_usage("--chunk must be 1 to %d", CHUNK_MAX);
    else if (o.steps_per_quarter < 1 || o.steps_per_quarter > MG_STEPS_PER_QUARTER_MAX)
        status = mg_program_usage("--steps-per-quarter must be 1 to %d",
                                  MG_STEPS_PER_QUARTER_MAX);
    else if (o.threads < 1 || o.threads > MG_TEAM_THREADS_MAX)
        status =
            mg_program_usage("--threads must be 1 to %d", (int)MG_TEAM_THREADS_MAX);
    else
        status = run(&o, argv + 1);
    return mg_program_end(status);
}
