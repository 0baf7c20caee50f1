// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A child process with a pipe to it and one from it.
#include "tests/bench/rival.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct mg_rival {
    pid_t pid;
    FILE *to;
    FILE *from;
};

static void
become(int in, int out, char *const command[])
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    close(in);
    close(out);
    setenv("OMP_PROC_BIND", "true", 1); // its threads on cores of their own, as ours
    execvp(command[0], command);
    _exit(127);
}

struct mg_rival *
mg_rival_create(char *const command[])
{
    int to[2], from[2];
    struct mg_rival *rival = calloc(1, sizeof *rival);
    if (!rival || pipe(to) != 0 || pipe(from) != 0)
        exit(1);
    signal(SIGPIPE, SIG_IGN); // a rival that is gone answers nothing
    rival->pid = fork();
    if (rival->pid == 0) {
        close(to[1]);
        close(from[0]);
        become(to[0], from[1], command);
    }
    close(to[0]);
    close(from[1]);
    rival->to = fdopen(to[1], "w");
    rival->from = fdopen(from[0], "r");
    return rival;
}

int
mg_rival_ask(struct mg_rival *rival, const char *question, double answer[2])
{
    char line[200];
    if (!rival)
        return 0;
    fprintf(rival->to, "%s\n", question);
    fflush(rival->to);
    if (!fgets(line, sizeof line, rival->from))
        return 0;
    int count = sscanf(line, "%lf %lf", &answer[0], &answer[1]);
    return count > 0 ? count : 0;
}

void
mg_rival_destroy(struct mg_rival *rival)
{
    if (!rival)
        return;
    fclose(rival->to);
    fclose(rival->from);
    waitpid(rival->pid, NULL, 0);
    free(rival);
}
