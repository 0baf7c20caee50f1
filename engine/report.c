// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The figures of a performance.
#include "engine/report.h"

#include <jansson.h>

// One figure: its name in JSON and its counter.
struct figure {
    const char *name;
    const _Atomic uint64_t *counter;
};

static json_t *
times(const struct mg_timing *timing)
{
    return json_pack("{s:i, s:i, s:i}", "p50", (int)mg_timing_quantile(timing, 0.5),
                     "p99", (int)mg_timing_quantile(timing, 0.99), "max",
                     (int)timing->max_us);
}

// How long before a step a key had to come to be in its decision, from the key's frame to
// the cycle that could play the answer.
static json_t *
hand_window(const struct mg_report *report)
{
    const struct mg_counters *counters = &report->instrument->rt->counters;
    // No rate: there never was a driver.
    double frames_per_ms = report->rate_hz ? report->rate_hz / 1000.0 : 48.0;
    uint64_t keys = mg_count_get(&counters->keys);
    double sum = (double)mg_count_get(&counters->hand_frames);
    double max = (double)mg_count_get(&counters->hand_frames_max);
    return json_pack("{s:I, s:I, s:f, s:f}", "keys", (json_int_t)keys, "late_keys",
                     (json_int_t)mg_count_get(&counters->late_keys), "mean_ms",
                     keys ? sum / (double)keys / frames_per_ms : 0.0, "max_ms",
                     max / frames_per_ms);
}

static uint64_t
dropped(const struct mg_report *report)
{
    return mg_count_get(&report->instrument->rt->counters.dropped_notes) +
           report->failed_out;
}

char *
mg_report_text(const struct mg_report *report)
{
    const struct mg_counters *counters = &report->instrument->rt->counters;
    const struct mg_timing *timing =
        &mg_composer_times(report->instrument->composer)->step;
    return g_strdup_printf("%s: %" G_GUINT64_FORMAT " steps (%" G_GUINT64_FORMAT
                           " late), %" G_GUINT64_FORMAT " notes, %" G_GUINT64_FORMAT
                           " stuck, %" G_GUINT64_FORMAT " dropped, %" G_GUINT64_FORMAT
                           " xruns; a step took %u us (99 %% within %u, "
                           "longest %u)",
                           report->preset, mg_count_get(&counters->steps),
                           mg_count_get(&counters->late_steps),
                           mg_count_get(&counters->notes_on),
                           mg_count_get(&counters->sounding), dropped(report),
                           report->xruns, mg_timing_quantile(timing, 0.5),
                           mg_timing_quantile(timing, 0.99), timing->max_us);
}

char *
mg_report_json(const struct mg_report *report)
{
    const struct mg_counters *counters = &report->instrument->rt->counters;
    const struct figure figures[] = {
        {"steps", &counters->steps},
        {"late_steps", &counters->late_steps},
        {"delayed_steps", &counters->delayed_steps},
        {"skipped_steps", &counters->skipped_steps},
        {"starts", &counters->starts},
        {"scenes", &counters->scenes},
        {"notes_on", &counters->notes_on},
        {"notes_off", &counters->notes_off},
        {"stuck", &counters->sounding},
        {"deferred_offs", &counters->deferred_offs},
        {"dropped_pulses", &counters->dropped_pulses},
        {"dropped_played", &counters->dropped_played},
        {"refused_requests", &counters->refused_requests},
        {"bad_input", &counters->bad_input},
        {"frames", &counters->frames},
        {"cycles", &counters->cycles},
    };
    const struct mg_composer_times *took =
        mg_composer_times(report->instrument->composer);
    // A name comes from a file's, which need not be text.
    char *preset = g_utf8_make_valid(report->preset, -1);
    json_t *json =
        json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I}", "preset",
                  preset, "driver", report->driver, "seed", (json_int_t)report->seed,
                  "step_us", times(&took->step), "again_us", times(&took->again),
                  "hand_window", hand_window(report), "latency_frames",
                  (json_int_t)report->latency_frames, "xruns",
                  (json_int_t)report->xruns, "dropped", (json_int_t)dropped(report),
                  "ignored_in", (json_int_t)report->ignored_in, "longest_cycle_us",
                  (json_int_t)report->longest_cycle_us);
    g_free(preset);
    for (size_t i = 0; json && i < G_N_ELEMENTS(figures); i++)
        json_object_set_new(json, figures[i].name,
                            json_integer((json_int_t)mg_count_get(figures[i].counter)));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}
