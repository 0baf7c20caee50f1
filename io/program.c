// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The manners of the programs.
#include "io/program.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// What a build may have or not.
static const struct feature {
    const char *name;
    bool built_in;
} FEATURES[] = {
#ifdef MG_HAVE_FLUIDSYNTH
    {"fluidsynth", true},
#else
    {"fluidsynth", false},
#endif
#ifdef MG_HAVE_CAIRO
    {"cairo", true},
#else
    {"cairo", false},
#endif
#ifdef MG_HAVE_CUDA
    {"cuda", true},
#else
    {"cuda", false},
#endif
#ifdef MG_HAVE_MPI
    {"mpi", true},
#else
    {"mpi", false},
#endif
};

static void
print_version(const char *name)
{
    const char *separator = "; without ";
    printf("%s %s (with jack, alsa, openblas, libsmf", name, MG_VERSION);
    for (size_t i = 0; i < G_N_ELEMENTS(FEATURES); i++)
        if (FEATURES[i].built_in)
            printf(", %s", FEATURES[i].name);
    for (size_t i = 0; i < G_N_ELEMENTS(FEATURES); i++)
        if (!FEATURES[i].built_in) {
            printf("%s%s", separator, FEATURES[i].name);
            separator = ", ";
        }
    puts(")");
}

// One line on stderr, whatever the message holds: file names may contain anything.
static void
print_line(const char *message, const char *end)
{
    char *line = g_strdup_printf("%s: %s%s", g_get_prgname() ? g_get_prgname() : "mg",
                                 message, end);
    for (char *at = line; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = ' ';
    fprintf(stderr, "%s\n", line);
    g_free(line);
}

// GLib leaves a "--" where no G_OPTION_REMAINING entry takes the rest.
static void
drop_separator(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") != 0)
            continue;
        memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv);
        --*argc;
        return;
    }
}

static int
print_help(GOptionContext *context)
{
    char *help = g_option_context_get_help(context, TRUE, NULL);
    fputs(help, stdout);
    g_free(help);
    return mg_program_end(MG_PROGRAM_DONE);
}

int
mg_program_parse(int *argc, char ***argv, const char *name, const char *parameters,
                 const char *summary, const GOptionEntry *entries)
{
    gboolean help = FALSE, version = FALSE;
    const GOptionEntry common[] = {
        {"help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help and exit", NULL},
        {"version", 'V', 0, G_OPTION_ARG_NONE, &version, "Show the version and exit",
         NULL},
        {0},
    };
    // Text as the user's terminal has it; numbers, dates and messages stay as in C.
    setlocale(LC_CTYPE, "");
    g_set_prgname(name);

    GOptionContext *context = g_option_context_new(parameters);
    // GLib's own --help calls exit().
    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, common, NULL);

    GError *error = NULL;
    int status = MG_PROGRAM_GO_ON;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        status = mg_program_usage("%s", error->message);
        g_error_free(error);
    } else if (help) {
        status = print_help(context);
    } else if (version) {
        print_version(name);
        status = mg_program_end(MG_PROGRAM_DONE);
    }
    g_option_context_free(context);
    drop_separator(argc, *argv);
    return status;
}

int
mg_program_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    print_line(message, "");
    g_free(message);
    return MG_PROGRAM_COULD_NOT;
}

int
mg_program_fail_error(GError *error)
{
    mg_program_fail("%s", error ? error->message : "failed");
    if (error)
        g_error_free(error);
    return MG_PROGRAM_COULD_NOT;
}

int
mg_program_usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *end = g_strdup_printf("; see %s --help", g_get_prgname());
    print_line(message, end);
    g_free(end);
    g_free(message);
    return MG_PROGRAM_WRONG_USAGE;
}

int
mg_program_end(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return mg_program_fail("standard output: %s", g_strerror(errno ? errno : EIO));
}

void
mg_program_take_signal(int number, const struct sigaction *action)
{
    struct sigaction before;
    bool is_ignored =
        sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    if (number != SIGHUP || !is_ignored)
        sigaction(number, action, NULL);
}
