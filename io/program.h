// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The manners all programs share: options, --help, --version, one-line errors, exit
// status.
//
//     int status = mg_program_parse(&argc, &argv, "mg-flatten", "FILE|DIR...",
//                                   "What it does, in one sentence.", entries);
//     if (status != MG_PROGRAM_GO_ON)
//         return status;
//
// These print, for a main file; nothing else may call them but the last, and none of them
// exits.  Main thread only.
#ifndef MG_IO_PROGRAM_H
#define MG_IO_PROGRAM_H

#include <glib.h>
#include <signal.h>

// Exit status; MG_PROGRAM_GO_ON is none.
enum mg_program_status {
    MG_PROGRAM_GO_ON = -1,
    MG_PROGRAM_DONE = 0,
    MG_PROGRAM_COULD_NOT = 1,
    MG_PROGRAM_WRONG_USAGE = 2,
};

// Parses the options in `entries` (ended by an all-zero one), --help and --version.
// What is no option is left in (*argv)[1] .. (*argv)[*argc - 1], NULL-terminated, "--"
// taken out.  Give paths G_OPTION_ARG_FILENAME: a string must be text in the user's
// encoding.  Numbers are in the C locale, here and in the whole program.  Sets the
// program's name.  Returns MG_PROGRAM_GO_ON, or the exit status: DONE after --help and
// --version, WRONG_USAGE after one line on stderr.
int mg_program_parse(int *argc, char ***argv, const char *name, const char *parameters,
                     const char *summary, const GOptionEntry *entries);

// Prints "NAME: MESSAGE" on stderr (one line: a line break becomes a space) and returns
// MG_PROGRAM_COULD_NOT.
int mg_program_fail(const char *format, ...) G_GNUC_PRINTF(1, 2);

// The same for a GError, which it frees; for NULL it says only that something failed.
int mg_program_fail_error(GError *error);

// Prints "NAME: MESSAGE; see NAME --help" and returns MG_PROGRAM_WRONG_USAGE.
int mg_program_usage(const char *format, ...) G_GNUC_PRINTF(1, 2);

// The last call of a main file: what was printed must have arrived (a full disk behind
// ">").  Returns `status`, or COULD_NOT after one line on stderr.
int mg_program_end(int status);

// Has the process take a signal, but for a SIGHUP that nohup has it ignore.  Prints nothing.
void mg_program_take_signal(int number, const struct sigaction *action);

#endif
