// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// A pass is run as it is the first time, when libraries may load what they need, captured
// the second time, and launched from then on.
#include "trainer/cuda/graphs.h"

enum { PASSES_MAX = 2 * MG_LAYERS_MAX + 2, STEPS_APART = 16 };

struct pass {
    bool has_run;
    cudaGraphExec_t exec; // NULL: not captured yet
};

struct passes {
    struct pass pass[PASSES_MAX];
};

static void
free_passes(gpointer data)
{
    struct passes *passes = data;
    for (int i = 0; i < PASSES_MAX; i++)
        if (passes->pass[i].exec)
            cudaGraphExecDestroy(passes->pass[i].exec);
    g_free(passes);
}

void
mg_cuda_graphs_init(struct mg_cuda_graphs *graphs, struct mg_cuda_network *net)
{
    graphs->net = net;
    graphs->by_steps =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_passes);
}

void
mg_cuda_graphs_finish(struct mg_cuda_graphs *graphs)
{
    if (graphs->by_steps)
        g_hash_table_destroy(graphs->by_steps);
    *graphs = (struct mg_cuda_graphs){0};
}

int
mg_cuda_graphs_steps(const struct mg_cuda_graphs *graphs, int T)
{
    int steps = (T + STEPS_APART - 1) / STEPS_APART * STEPS_APART;
    return steps < graphs->net->max_steps ? steps : graphs->net->max_steps;
}

static void
put_on_stream(struct mg_cuda_network *net, int T, int pass)
{
    if (pass == MG_CUDA_FORWARD)
        mg_cuda_network_forward(net, T);
    else
        mg_cuda_network_backward(net, T, pass);
}

static cudaGraphExec_t
capture(struct mg_cuda_network *net, int T, int pass)
{
    struct mg_cuda *cuda = net->cuda;
    cudaGraph_t graph = NULL;
    cudaGraphExec_t exec = NULL;
    mg_cuda_try(cuda,
                cudaStreamBeginCapture(cuda->stream, cudaStreamCaptureModeThreadLocal));
    if (cuda->status)
        return NULL;
    put_on_stream(net, T, pass);
    mg_cuda_try(cuda, cudaStreamEndCapture(cuda->stream, &graph));
    if (!cuda->status)
        mg_cuda_try(cuda, cudaGraphInstantiateWithFlags(&exec, graph, 0));
    if (graph)
        cudaGraphDestroy(graph);
    return exec;
}

void
mg_cuda_graphs_run(struct mg_cuda_graphs *graphs, int T, int pass)
{
    struct mg_cuda_network *net = graphs->net;
    struct passes *passes = g_hash_table_lookup(graphs->by_steps, GINT_TO_POINTER(T));
    if (!passes) {
        passes = g_new0(struct passes, 1);
        g_hash_table_insert(graphs->by_steps, GINT_TO_POINTER(T), passes);
    }
    struct pass *at = &passes->pass[1 + pass];
    if (net->cuda->status)
        return;
    if (!at->has_run) {
        put_on_stream(net, T, pass);
        at->has_run = true;
        return;
    }
    if (!at->exec)
        at->exec = capture(net, T, pass);
    if (!net->cuda->status)
        mg_cuda_try(net->cuda, cudaGraphLaunch(at->exec, net->cuda->stream));
}
