// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A JACK client that does in its process callback what must not be done there, once:
// probe_planted malloc | lock | write | nothing
#include <jack/jack.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *what;
static atomic_int cycles;
static void *volatile kept; // so that the compiler keeps the allocation
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static int
process(jack_nframes_t frames, void *context)
{
    (void)frames;
    (void)context;
    if (atomic_fetch_add(&cycles, 1) != 10)
        return 0;
    if (strcmp(what, "malloc") == 0)
        kept = malloc(64);
    if (strcmp(what, "lock") == 0 && pthread_mutex_lock(&mutex) == 0)
        pthread_mutex_unlock(&mutex);
    if (strcmp(what, "write") == 0 && write(STDOUT_FILENO, "\n", 1) < 0)
        return 1;
    return 0;
}

int
main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    what = argv[1];
    jack_client_t *client = jack_client_open("planted", JackNoStartServer, NULL);
    if (!client)
        return 1;
    jack_set_process_callback(client, process, NULL);
    if (jack_activate(client) != 0)
        return 1;
    const struct timespec nap = {.tv_nsec = 10000000};
    for (int i = 0; atomic_load(&cycles) < 20 && i < 500; i++)
        nanosleep(&nap, NULL);
    jack_client_close(client);
    free(kept);
    return 0;
}
