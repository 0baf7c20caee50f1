// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// mg-flatten: MIDI files to the single-track piano form, with a report of what was
// dropped.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/program.h"
#include "io/smf.h"
#include "trainer/files.h"
#include "trainer/flatten.h"

struct options {
    char *output; // folder
    gboolean drums;
    gboolean json;
};

struct run {
    const struct options *options;
    GHashTable *inputs;  // identities of all files to be read
    GHashTable *written; // paths
    json_t *files;       // with --json: a report each
    int read;
    int failed;
    int empty;
    int64_t notes;
    int64_t off_grid_onsets;
};

// A count of what was done to a file, as text and as JSON.
struct finding {
    int count;
    const char *text;
    const char *key;
};

enum { FINDINGS = 14 };

static void
list_findings(const struct mg_smf_report *report, const struct mg_flattened *flattened,
              struct finding findings[FINDINGS])
{
    const struct finding list[FINDINGS] = {
        {flattened->drum_notes, "drum notes left out", "drum_notes"},
        {flattened->doubled_notes, "doubled notes merged", "doubled_notes"},
        {flattened->cut_notes, "overlapping notes cut", "cut_notes"},
        {flattened->tempos > 1 ? flattened->tempos : 0, "tempos made one", "tempos"},
        {report->damaged_events, "damaged events", "damaged_events"},
        {report->skipped_chunks, "unknown chunks skipped", "skipped_chunks"},
        {report->clamped_chunks, "chunks cut short by the file's end",
         "clamped_chunks"},
        {report->missing_tracks, "tracks missing", "missing_tracks"},
        {report->missing_track_ends, "tracks without end", "missing_track_ends"},
        {report->bad_metas, "impossible tempos or metres", "bad_metas"},
        {report->thinned_changes, "tempo or metre changes thinned", "thinned_changes"},
        {report->hanging_notes, "hanging notes ended", "hanging_notes"},
        {report->stray_note_offs, "stray note-offs", "stray_note_offs"},
        {report->smpte, "SMPTE time converted", "smpte"},
    };
    memcpy(findings, list, sizeof list);
}

static double
percent(int64_t part, int64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0.0;
}

static void
print_report(const char *name, const struct finding findings[FINDINGS],
             const struct mg_flattened *flattened)
{
    printf("%s: ", name);
    int said = 0;
    for (int i = 0; i < FINDINGS; i++)
        if (findings[i].count)
            printf("%s%d %s", said++ ? ", " : "", findings[i].count, findings[i].text);
    if (!flattened->notes)
        printf("%sno note left, not written\n", said ? "; " : "");
    else
        printf("%s; %d notes, %.1f %% off grid\n", said ? "" : "ok", flattened->notes,
               percent(flattened->off_grid_onsets, flattened->notes));
}

// Text of any bytes: a file name need not be UTF-8, JSON must.
static json_t *
json_text(const char *text)
{
    char *valid = g_utf8_make_valid(text, -1);
    json_t *json = json_string(valid);
    g_free(valid);
    return json;
}

static void
add_report(struct run *run, const struct mg_found *found, const char *output,
           const struct finding findings[FINDINGS],
           const struct mg_flattened *flattened)
{
    json_t *file = json_object();
    json_object_set_new(file, "file", json_text(found->path));
    json_object_set_new(file, "output",
                        flattened->notes ? json_text(output) : json_null());
    json_object_set_new(file, "notes", json_integer(flattened->notes));
    json_object_set_new(
        file, "off_grid_share",
        json_real(percent(flattened->off_grid_onsets, flattened->notes) / 100.0));
    for (int i = 0; i < FINDINGS; i++)
        json_object_set_new(file, findings[i].key, json_integer(findings[i].count));
    json_array_append_new(run->files, file);
}

static void
report_failure(struct run *run, const struct mg_found *found, const GError *error)
{
    run->failed++;
    if (run->options->json) {
        json_t *file = json_object();
        json_object_set_new(file, "file", json_text(found->path));
        json_object_set_new(file, "error", json_text(error->message));
        json_array_append_new(run->files, file);
    }
    mg_program_fail("%s", error->message);
}

// Where a file goes: under the output folder as it lay under its argument, named .mid.
static char *
output_path(const struct run *run, const struct mg_found *found)
{
    const char *dot = strrchr(found->name, '.');
    const char *slash = strrchr(found->name, '/');
    size_t stem = dot && (!slash || dot > slash + 1) ? (size_t)(dot - found->name)
                                                     : strlen(found->name);
    char *name = g_strdup_printf("%.*s.mid", (int)stem, found->name);
    char *path = g_build_filename(run->options->output, name, NULL);
    g_free(name);
    return path;
}

// Refuses to write over a file that this run has written, or reads.
static int
check_output(struct run *run, const char *output, GError **error)
{
    const char *reason = NULL;
    char *identity = mg_files_identity(output);
    if (g_hash_table_contains(run->written, output))
        reason = "was written already for another file of the same name";
    else if (g_hash_table_contains(run->inputs, identity))
        reason = "is a file to be read; choose another output folder";
    g_free(identity);
    if (!reason)
        return 0;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_EXIST, "%s: %s", output, reason);
    return -EEXIST;
}

static int
write_flat(struct run *run, const char *output, const struct mg_smf *flat,
           GError **error)
{
    int status = check_output(run, output, error);
    if (status)
        return status;
    char *folder = g_path_get_dirname(output);
    if (g_mkdir_with_parents(folder, 0777)) {
        status = -errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "%s: cannot make the folder: %s", folder, g_strerror(errno));
    }
    g_free(folder);
    if (!status)
        status = mg_smf_save(output, flat, error);
    if (!status)
        g_hash_table_add(run->written, g_strdup(output));
    return status;
}

static int
flatten_file(struct run *run, const struct mg_found *found, GError **error)
{
    struct mg_smf smf = {0}, flat = {0};
    struct mg_flattened flattened = {0};
    char *output = output_path(run, found);
    int status = mg_smf_load(found->path, &smf, error);
    if (!status) {
        status = mg_flatten(&smf, run->options->drums, &flat, &flattened, error);
        if (status)
            g_prefix_error(error, "%s: ", found->path);
    }
    if (!status && flattened.notes)
        status = write_flat(run, output, &flat, error);
    if (!status) {
        struct finding findings[FINDINGS];
        list_findings(&smf.report, &flattened, findings);
        run->read++;
        run->empty += !flattened.notes;
        run->notes += flattened.notes;
        run->off_grid_onsets += flattened.off_grid_onsets;
        if (run->options->json)
            add_report(run, found, output, findings, &flattened);
        else
            print_report(found->name, findings, &flattened);
    }
    g_free(output);
    mg_smf_finish(&flat);
    mg_smf_finish(&smf);
    return status;
}

static void
print_total(struct run *run)
{
    double off_grid = percent(run->off_grid_onsets, run->notes);
    if (!run->options->json) {
        printf("total: %d files done, %d failed, %d without notes; %" G_GINT64_FORMAT
               " notes, %.1f %% off grid\n",
               run->read, run->failed, run->empty, run->notes, off_grid);
        return;
    }
    json_t *root =
        json_pack("{s:O, s:{s:i, s:i, s:i, s:I, s:f}}", "files", run->files, "total",
                  "done", run->read, "failed", run->failed, "without_notes", run->empty,
                  "notes", (json_int_t)run->notes, "off_grid_share", off_grid / 100.0);
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    puts("");
    json_decref(root);
}

static int
flatten_all(const struct options *options, char *const *arguments)
{
    GError *error = NULL;
    GPtrArray *found = NULL;
    if (mg_files_find(arguments, &found, &error))
        return mg_program_fail_error(error);
    struct run run = {
        .options = options,
        .inputs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .files = json_array(),
    };
    for (guint i = 0; i < found->len; i++) {
        const struct mg_found *file = g_ptr_array_index(found, i);
        g_hash_table_add(run.inputs, mg_files_identity(file->path));
    }
    for (guint i = 0; i < found->len; i++) {
        if (flatten_file(&run, g_ptr_array_index(found, i), &error) == 0)
            continue;
        report_failure(&run, g_ptr_array_index(found, i), error);
        g_clear_error(&error);
    }
    print_total(&run);
    int status = run.failed ? MG_PROGRAM_COULD_NOT : MG_PROGRAM_DONE;
    if (!found->len)
        status = mg_program_fail("%s: no MIDI file found", arguments[0]);
    json_decref(run.files);
    g_hash_table_destroy(run.inputs);
    g_hash_table_destroy(run.written);
    g_ptr_array_unref(found);
    return status;
}

int
main(int argc, char **argv)
{
    struct options options = {0};
    const GOptionEntry entries[] = {
        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output,
         "Write the flattened files into this folder", "DIR"},
        {"drums", 'd', 0, G_OPTION_ARG_NONE, &options.drums,
         "Keep channel 10, as piano notes", NULL},
        {"json", 'j', 0, G_OPTION_ARG_NONE, &options.json, "Report in JSON", NULL},
        {0},
    };
    int status = mg_program_parse(
        &argc, &argv, "mg-flatten", "FILE|DIR...",
        "Turns MIDI files into the single-track piano form the model learns from.",
        entries);
    if (status == MG_PROGRAM_GO_ON) {
        if (!options.output)
            status = mg_program_usage("-o DIR is missing");
        else if (argc < 2)
            status = mg_program_usage("no file or folder given");
        else
            status = mg_program_end(flatten_all(&options, argv + 1));
    }
    g_free(options.output);
    return status;
}
