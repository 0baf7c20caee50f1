// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-train's options: the table, the defaults, the ranges.
#include "trainer/train_options.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/safetensors.h"
#include "trainer/team.h"

// What decides the shape of the network has no value until it is given: with --from it is
// the model's.  Nor has any text: it is one of these, or, the decay, the optimiser's.
enum { NOT_GIVEN = G_MININT, STEPS_PER_QUARTER = 2 };
static const char FEATURES[] = "full";
static const char TIME_UNITS[] = "300,300";
static const char NOTE_UNITS[] = "100,50";
static const char OPTIMIZER[] = "adam";
static const char TRANSPOSE[] = "-5..6";
static const char DEVICE[] = "auto";
static const char PRECISION[] = "fp32";

void
mg_train_options_init(struct mg_train_options *o)
{
    *o = (struct mg_train_options){
        .steps_per_quarter = NOT_GIVEN,
        .checkpoint_every = 100,
        .patience = 20,
        .lost_after = 120,
        .warmup = 100,
        .final_rate = 1.0,
        .clip = 5.0,
        .dropout = 0.5,
        .batch = 10,
        .segment = 128,
        .seed = 1,
        .updates = 5000,
    };
}

GOptionEntry *
mg_train_options_entries(struct mg_train_options *o)
{
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output, "Model file to write",
         "MODEL"},
        {"valid", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->valid,
         "Held-out pieces (without it: one in ten of the corpus)", "DIR"},
        {"steps-per-quarter", 0, 0, G_OPTION_ARG_INT, &o->steps_per_quarter,
         "Grid, 2 = eighths (2)", "N"},
        {"notes", 0, 0, G_OPTION_ARG_STRING, &o->notes,
         "MIDI notes, 21-108; auto: the corpus's and a margin (auto)", "LOW-HIGH"},
        {"features", 0, 0, G_OPTION_ARG_STRING, &o->features,
         "What the network hears: seed or full (full)", "SET"},
        {"from", 0, 0, G_OPTION_ARG_FILENAME, &o->from, "Begin with a model", "MODEL"},
        {"time-units", 0, 0, G_OPTION_ARG_STRING, &o->time_units,
         "Layers along time (300,300)", "H,..."},
        {"note-units", 0, 0, G_OPTION_ARG_STRING, &o->note_units,
         "Layers along the notes (100,50)", "H,..."},
        {"dropout", 0, 0, G_OPTION_ARG_DOUBLE, &o->dropout,
         "Share of units dropped (0.5)", "X"},
        {"batch", 0, 0, G_OPTION_ARG_INT, &o->batch, "Segments an update (10)", "N"},
        {"segment", 0, 0, G_OPTION_ARG_INT, &o->segment, "Steps a segment (128)", "N"},
        {"updates", 0, 0, G_OPTION_ARG_INT64, &o->updates, "Updates (5000)", "N"},
        {"optimizer", 0, 0, G_OPTION_ARG_STRING, &o->optimizer,
         "adam or adadelta (adam)", "NAME"},
        {"learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->learning_rate,
         "Rate; 0 = the optimizer's own: adadelta 1, adam 0.005 (0)", "X"},
        {"warmup", 0, 0, G_OPTION_ARG_INT64, &o->warmup,
         "Updates in which the rate rises to its full height (100)", "N"},
        {"final-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->final_rate,
         "Share of the rate left at the end, along a cosine (1)", "X"},
        {"clip", 0, 0, G_OPTION_ARG_DOUBLE, &o->clip,
         "Largest norm of the gradient, 0 = any (5)", "X"},
        {"decay", 0, 0, G_OPTION_ARG_STRING, &o->decay,
         "Of each weight goes by an update, times the rate (adam 0.1, adadelta 0)",
         "X"},
        {"transpose", 0, 0, G_OPTION_ARG_STRING, &o->transpose,
         "Random transposition in semitones (-5..6)", "LOW..HIGH"},
        {"threads", 0, 0, G_OPTION_ARG_INT, &o->threads, "Threads; 0: all (0)", "N"},
        {"lost-after", 0, 0, G_OPTION_ARG_INT, &o->lost_after,
         "Of several ranks: seconds without an answer after which it ends (120)", "N"},
        {"device", 0, 0, G_OPTION_ARG_STRING, &o->device,
         "cpu, cuda, or auto: a GPU where there is one (auto)", "NAME"},
        {"precision", 0, 0, G_OPTION_ARG_STRING, &o->precision,
         "Of the factors of products: fp32 or bf16 (fp32)", "FORMAT"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "Random seed (1)", "N"},
        {"resume", 0, 0, G_OPTION_ARG_FILENAME, &o->resume,
         "Go on from a checkpoint, with the options it was made with", "CHECKPOINT"},
        {"checkpoint-every", 0, 0, G_OPTION_ARG_INT, &o->checkpoint_every,
         "Updates between checkpoints and held-out scores (100)", "N"},
        {"patience", 0, 0, G_OPTION_ARG_INT, &o->patience,
         "Scores without a better one after which it ends; 0 = never (20)", "N"},
        {"log", 0, 0, G_OPTION_ARG_FILENAME, &o->log,
         "JSON lines of every update and score", "FILE"},
        {"report", 0, 0, G_OPTION_ARG_FILENAME, &o->report,
         "Folder for a report of the run", "DIR"},
        {"metadata", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->metadata,
         "Kept in the model file (name, corpus, licence)", "KEY=VALUE"},
        {0},
    };
    return g_memdup2(entries, sizeof entries);
}

static int
refuse(GError **error, const char *option, const char *wanted)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "--%s must be %s", option,
                wanted);
    return -EINVAL;
}

// Two numbers with a separator between them: "21-108", "-5..6".
static int
parse_pair(const char *text, const char *separator, gint64 low, gint64 high, int *a,
           int *b)
{
    gint64 first, second;
    const char *middle = strstr(text + (*text == '-'), separator);
    if (!middle)
        return -EINVAL;
    char *head = g_strndup(text, (gsize)(middle - text));
    int status = g_ascii_string_to_signed(head, 10, low, high, &first, NULL) &&
                         g_ascii_string_to_signed(middle + strlen(separator), 10, low,
                                                  high, &second, NULL)
                     ? 0
                     : -EINVAL;
    g_free(head);
    if (status || first > second)
        return -EINVAL;
    *a = (int)first;
    *b = (int)second;
    return 0;
}

// "300,300": up to MG_LAYERS_MAX sizes.
static int
parse_units(const char *text, int *units, int *layers)
{
    char **items = g_strsplit(text, ",", MG_LAYERS_MAX + 1);
    int count = 0, status = 0;
    for (; items[count] && !status; count++) {
        gint64 value = 0;
        if (count >= MG_LAYERS_MAX ||
            !g_ascii_string_to_signed(items[count], 10, 1, MG_UNITS_MAX, &value, NULL))
            status = -EINVAL;
        else
            units[count] = (int)value;
    }
    g_strfreev(items);
    *layers = count;
    return count ? status : -EINVAL;
}

static bool
notes_are_auto(const struct mg_train_options *o)
{
    return !o->notes || !strcmp(o->notes, "auto");
}

static const char *
given_or(const char *given, const char *otherwise)
{
    return given ? given : otherwise;
}

static int
parse_shape(const struct mg_train_options *o, struct mg_shape *shape, GError **error)
{
    int highest = MG_NOTES_MAX - 1;
    shape->steps_per_quarter =
        o->steps_per_quarter != NOT_GIVEN ? o->steps_per_quarter : STEPS_PER_QUARTER;
    if (shape->steps_per_quarter < 1 ||
        shape->steps_per_quarter > MG_STEPS_PER_QUARTER_MAX)
        return refuse(error, "steps-per-quarter", "1 to 24");
    if (!notes_are_auto(o) &&
        parse_pair(o->notes, "-", 0, MG_NOTES_MAX - 1, &shape->lowest_note, &highest))
        return refuse(error, "notes", "LOW-HIGH in MIDI numbers, as 21-108, or auto");
    shape->notes = highest - shape->lowest_note + 1;
    shape->feature_set = mg_feature_set_find(given_or(o->features, FEATURES));
    if (shape->feature_set == MG_FEATURE_SETS)
        return refuse(error, "features", "seed or full");
    if (parse_units(given_or(o->time_units, TIME_UNITS), shape->time_units,
                    &shape->time_layers))
        return refuse(error, "time-units", "1 to 4 sizes, as 300,300");
    if (parse_units(given_or(o->note_units, NOTE_UNITS), shape->note_units,
                    &shape->note_layers))
        return refuse(error, "note-units", "1 to 4 sizes, as 100,50");
    return 0;
}

static int
check_counts(const struct mg_train_options *o, GError **error)
{
    if (o->batch < 1 || o->batch > 100000)
        return refuse(error, "batch", "1 to 100000");
    if (o->segment < 1 || o->segment > 100000)
        return refuse(error, "segment", "1 to 100000");
    if (o->updates < 1 || o->updates > 1000000000)
        return refuse(error, "updates", "1 to 1000000000");
    if (o->checkpoint_every < 1)
        return refuse(error, "checkpoint-every", "1 or more");
    if (o->patience < 0)
        return refuse(error, "patience", "0 or more");
    if (o->lost_after < 1 || o->lost_after > 1000000)
        return refuse(error, "lost-after", "1 to 1000000");
    if (o->seed < 0 || o->seed > (gint64)1 << 53)
        return refuse(error, "seed", "0 to 2^53");
    return 0;
}

static int
check_rates(const struct mg_train_options *o, GError **error)
{
    // Written so that NaN fails too.
    if (!(o->dropout >= 0.0 && o->dropout < 1.0))
        return refuse(error, "dropout", "0 or more and below 1");
    if (!(o->learning_rate >= 0.0 && o->learning_rate <= 1000.0))
        return refuse(error, "learning-rate", "0 to 1000");
    if (o->warmup < 0)
        return refuse(error, "warmup", "0 or more");
    if (!(o->final_rate >= 0.0 && o->final_rate <= 1.0))
        return refuse(error, "final-rate", "0 to 1");
    if (!(o->clip >= 0.0 && o->clip <= 1e6))
        return refuse(error, "clip", "0 to 1000000");
    size_t length = 0;
    for (int i = 0; o->metadata && o->metadata[i]; i++) {
        length += strlen(o->metadata[i]);
        if (!strchr(o->metadata[i], '=') || o->metadata[i][0] == '=')
            return refuse(error, "metadata", "KEY=VALUE");
    }
    if (length > MG_METADATA_MAX_BYTES / 2)
        return refuse(error, "metadata", "shorter");
    return 0;
}

static int
parse_decay(const char *text, enum mg_method method, double *decay)
{
    char *end = NULL;
    *decay = text ? g_ascii_strtod(text, &end) : mg_optimizer_default_decay(method);
    bool whole = !text || (end != text && !*end);
    return whole && *decay >= 0.0 && *decay <= 100.0 ? 0 : -EINVAL;
}

int
mg_train_options_settings(const struct mg_train_options *o,
                          struct mg_settings *settings, GError **error)
{
    *settings = (struct mg_settings){
        .warmup = o->warmup,
        .final_rate = o->final_rate,
        .clip = o->clip,
        .dropout = o->dropout,
        .batch = o->batch,
        .segment = o->segment,
        .seed = (uint64_t)o->seed,
        .updates = o->updates,
    };
    const char *optimizer = given_or(o->optimizer, OPTIMIZER);
    if (!strcmp(optimizer, "adam"))
        settings->method = MG_METHOD_ADAM;
    else if (!strcmp(optimizer, "adadelta"))
        settings->method = MG_METHOD_ADADELTA;
    else
        return refuse(error, "optimizer", "adadelta or adam");
    settings->learning_rate = o->learning_rate > 0.0
                                  ? o->learning_rate
                                  : mg_optimizer_default_rate(settings->method);
    if (parse_decay(o->decay, settings->method, &settings->decay))
        return refuse(error, "decay", "0 to 100");
    if (parse_pair(given_or(o->transpose, TRANSPOSE), "..", -60, 60,
                   &settings->transpose_low, &settings->transpose_high) ||
        settings->transpose_low > 0 || settings->transpose_high < 0)
        return refuse(error, "transpose", "LOW..HIGH in semitones around 0, as -5..6");
    int status = parse_shape(o, &settings->shape, error);
    if (!status)
        status = check_counts(o, error);
    if (!status)
        status = check_rates(o, error);
    return status;
}

int
mg_train_options_fit_model(const struct mg_train_options *o, struct mg_shape *shape,
                           const struct mg_shape *model, GError **error)
{
    struct mg_shape fitted = *model;
    if (o->steps_per_quarter != NOT_GIVEN)
        fitted.steps_per_quarter = shape->steps_per_quarter;
    if (!notes_are_auto(o)) {
        fitted.lowest_note = shape->lowest_note;
        fitted.notes = shape->notes;
    }
    if (o->features)
        fitted.feature_set = shape->feature_set;
    if (o->time_units) {
        fitted.time_layers = shape->time_layers;
        memcpy(fitted.time_units, shape->time_units, sizeof fitted.time_units);
    }
    if (o->note_units) {
        fitted.note_layers = shape->note_layers;
        memcpy(fitted.note_units, shape->note_units, sizeof fitted.note_units);
    }
    *shape = fitted;
    if (memcmp(&fitted, model, sizeof fitted) == 0)
        return 0;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "%s: has other features, grid, range or layers than the options",
                o->from);
    return -EINVAL;
}

void
mg_train_options_fit_notes(const struct mg_train_options *o, struct mg_shape *shape,
                           const struct mg_corpus *corpus,
                           const struct mg_corpus *held_out)
{
    enum { MARGIN = 6 };
    const struct mg_corpus *both[] = {corpus, held_out};
    int lowest = MG_NOTES_MAX - 1, highest = 0;
    if (!notes_are_auto(o) || o->from)
        return;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < both[c]->piece_count; i++) {
            lowest = MIN(lowest, both[c]->pieces[i].lowest_key);
            highest = MAX(highest, both[c]->pieces[i].highest_key);
        }
    shape->lowest_note = MAX(0, lowest - MARGIN);
    shape->notes = MIN(MG_NOTES_MAX - 1, highest + MARGIN) - shape->lowest_note + 1;
}

char *
mg_train_options_course(const struct mg_train_options *o)
{
    return g_strdup_printf(
        MG_VERSION " %s %s %s %s %s %s %s %d %d %d %d %d %a %a %a %a %" G_GINT64_FORMAT
                   " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %d",
        given_or(o->notes, ""), given_or(o->features, ""), given_or(o->time_units, ""),
        given_or(o->note_units, ""), given_or(o->optimizer, ""),
        given_or(o->transpose, ""), given_or(o->decay, ""), o->steps_per_quarter,
        o->batch, o->segment, o->checkpoint_every, o->patience, o->learning_rate,
        o->final_rate, o->clip, o->dropout, o->seed, o->updates, o->warmup,
        o->resume != NULL, o->from != NULL);
}

int
mg_train_options_backend(const struct mg_train_options *o,
                         struct mg_backend_choice *choice, GError **error)
{
    *choice = (struct mg_backend_choice){
        .device = MG_DEVICE_AUTO,
        .precision = MG_PRECISION_FP32,
        .threads = o->threads,
    };
    const char *device = given_or(o->device, DEVICE);
    const char *precision = given_or(o->precision, PRECISION);
    if (!strcmp(device, "cpu"))
        choice->device = MG_DEVICE_CPU;
    else if (!strcmp(device, "cuda"))
        choice->device = MG_DEVICE_CUDA;
    else if (strcmp(device, "auto") != 0)
        return refuse(error, "device", "cpu, cuda or auto");
    if (o->threads < 0 || o->threads > MG_TEAM_THREADS_MAX)
        return refuse(error, "threads", "0 to 256");
    if (!strcmp(precision, "bf16"))
        choice->precision = MG_PRECISION_BF16;
    else if (strcmp(precision, "fp32") != 0)
        return refuse(error, "precision", "fp32 or bf16");
    return 0;
}

void
mg_train_options_finish(struct mg_train_options *o)
{
    g_free(o->output);
    g_strfreev(o->valid);
    g_strfreev(o->metadata);
    g_free(o->resume);
    g_free(o->report);
    g_free(o->from);
    g_free(o->log);
    g_free(o->notes);
    g_free(o->features);
    g_free(o->time_units);
    g_free(o->note_units);
    g_free(o->optimizer);
    g_free(o->device);
    g_free(o->precision);
    g_free(o->transpose);
    g_free(o->decay);
    *o = (struct mg_train_options){0};
}
