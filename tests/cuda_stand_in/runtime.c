// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// CUDA's runtime on the CPU.
#include "cuda_runtime_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
    mg_stand_in_call *call;
    void *work; // owned
    uint32_t count;
};

struct mg_stand_in_graph {
    struct call *calls; // owned
    size_t count;
    int owners; // the graph and what was made of it
};

struct mg_stand_in_stream {
    struct mg_stand_in_graph *captured; // NULL: calls are done at once
};

struct mg_stand_in_event {
    int recorded;
};

static long allocations; // that are not freed yet

const char *
cudaGetErrorString(cudaError_t error)
{
    switch (error) {
    case cudaSuccess:
        return "no error";
    case cudaErrorMemoryAllocation:
        return "out of memory";
    case cudaErrorNoDevice:
        return "no CUDA-capable device is detected";
    case cudaErrorStreamCaptureInvalidated:
        return "operation failed due to a previous error during capture";
    case cudaErrorInvalidValue:
        break;
    }
    return "invalid argument";
}

cudaError_t
cudaGetLastError(void)
{
    return cudaSuccess;
}

cudaError_t
cudaDriverGetVersion(int *version)
{
    *version = 13000;
    return cudaSuccess;
}

cudaError_t
cudaGetDeviceCount(int *count)
{
    const char *devices = getenv("MG_STAND_IN_DEVICES");
    *count = devices ? (int)strtol(devices, NULL, 10) : 1;
    return *count > 0 ? cudaSuccess : cudaErrorNoDevice;
}

cudaError_t
cudaSetDevice(int device)
{
    int count;
    if (cudaGetDeviceCount(&count) != cudaSuccess)
        return cudaErrorNoDevice;
    return device >= 0 && device < count ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t
cudaGetDeviceProperties(struct cudaDeviceProp *properties, int device)
{
    (void)device;
    *properties = (struct cudaDeviceProp){.major = 9};
    snprintf(properties->name, sizeof properties->name, "stand-in for a GPU");
    return cudaSuccess;
}

cudaError_t
cudaDeviceSynchronize(void)
{
    return cudaSuccess;
}

static cudaError_t
allocate(void **pointer, size_t bytes)
{
    const char *most = getenv("MG_STAND_IN_ALLOCATIONS");
    *pointer = NULL;
    if (!most || allocations < strtol(most, NULL, 10))
        *pointer = malloc(bytes);
    allocations += *pointer != NULL;
    return *pointer ? cudaSuccess : cudaErrorMemoryAllocation;
}

static cudaError_t
give_back(void *pointer)
{
    allocations -= pointer != NULL;
    free(pointer);
    return cudaSuccess;
}

// New memory holds NaN, in fp32 as in bf16, so that nobody counts on zeros.
cudaError_t
cudaMalloc(void **pointer, size_t bytes)
{
    cudaError_t status = allocate(pointer, bytes);
    if (status == cudaSuccess)
        memset(*pointer, 0xff, bytes);
    return status;
}

cudaError_t
cudaFree(void *pointer)
{
    return give_back(pointer);
}

cudaError_t
cudaMallocHost(void **pointer, size_t bytes)
{
    return allocate(pointer, bytes);
}

cudaError_t
cudaFreeHost(void *pointer)
{
    return give_back(pointer);
}

cudaError_t
cudaMemset(void *pointer, int value, size_t bytes)
{
    memset(pointer, value, bytes);
    return cudaSuccess;
}

cudaError_t
cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    (void)kind;
    memcpy(to, from, bytes);
    return cudaSuccess;
}

struct set_work {
    void *pointer;
    int value;
    size_t bytes;
};

static void
do_set(const void *work, uint32_t count)
{
    (void)count;
    const struct set_work *set = work;
    memset(set->pointer, set->value, set->bytes);
}

cudaError_t
cudaMemsetAsync(void *pointer, int value, size_t bytes, cudaStream_t stream)
{
    const struct set_work work = {pointer, value, bytes};
    return mg_stand_in_do(stream, do_set, &work, sizeof work, 1);
}

struct copy_work {
    void *to;
    const void *from;
    size_t bytes;
};

static void
do_copy(const void *work, uint32_t count)
{
    (void)count;
    const struct copy_work *copy = work;
    memcpy(copy->to, copy->from, copy->bytes);
}

cudaError_t
cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind,
                cudaStream_t stream)
{
    (void)kind;
    const struct copy_work work = {to, from, bytes};
    return mg_stand_in_do(stream, do_copy, &work, sizeof work, 1);
}

cudaError_t
cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    (void)flags;
    *stream = calloc(1, sizeof **stream);
    return *stream ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t
cudaStreamDestroy(cudaStream_t stream)
{
    cudaGraphDestroy(stream->captured);
    free(stream);
    return cudaSuccess;
}

cudaError_t
cudaStreamSynchronize(cudaStream_t stream)
{
    return stream->captured ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
}

cudaError_t
cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    (void)stream;
    (void)flags;
    return event->recorded ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t
cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags)
{
    (void)flags;
    *event = calloc(1, sizeof **event);
    return *event ? cudaSuccess : cudaErrorMemoryAllocation;
}

cudaError_t
cudaEventDestroy(cudaEvent_t event)
{
    free(event);
    return cudaSuccess;
}

cudaError_t
cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    (void)stream;
    event->recorded = 1;
    return cudaSuccess;
}

cudaError_t
cudaEventSynchronize(cudaEvent_t event)
{
    return event->recorded ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t
cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
    (void)mode;
    stream->captured = calloc(1, sizeof *stream->captured);
    if (!stream->captured)
        return cudaErrorMemoryAllocation;
    stream->captured->owners = 1;
    return cudaSuccess;
}

cudaError_t
cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    *graph = stream->captured;
    stream->captured = NULL;
    return *graph ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
}

cudaError_t
cudaGraphInstantiateWithFlags(cudaGraphExec_t *exec, cudaGraph_t graph,
                              unsigned long long flags)
{
    (void)flags;
    graph->owners++;
    *exec = graph;
    return cudaSuccess;
}

cudaError_t
cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    if (stream->captured)
        return cudaErrorStreamCaptureInvalidated;
    for (size_t i = 0; i < exec->count; i++)
        exec->calls[i].call(exec->calls[i].work, exec->calls[i].count);
    return cudaSuccess;
}

cudaError_t
cudaGraphDestroy(cudaGraph_t graph)
{
    if (!graph || --graph->owners > 0)
        return cudaSuccess;
    for (size_t i = 0; i < graph->count; i++)
        free(graph->calls[i].work);
    free(graph->calls);
    free(graph);
    return cudaSuccess;
}

cudaError_t
cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    return cudaGraphDestroy(exec);
}

static cudaError_t
write_down(struct mg_stand_in_graph *graph, mg_stand_in_call *call, const void *work,
           size_t bytes, uint32_t count)
{
    struct call *calls = realloc(graph->calls, (graph->count + 1) * sizeof *calls);
    if (!calls)
        return cudaErrorMemoryAllocation;
    graph->calls = calls;
    calls[graph->count] = (struct call){call, malloc(bytes), count};
    if (!calls[graph->count].work)
        return cudaErrorMemoryAllocation;
    memcpy(calls[graph->count].work, work, bytes);
    graph->count++;
    return cudaSuccess;
}

cudaError_t
mg_stand_in_do(cudaStream_t stream, mg_stand_in_call *call, const void *work,
               size_t bytes, uint32_t count)
{
    if (stream->captured)
        return write_down(stream->captured, call, work, bytes, count);
    call(work, count);
    return cudaSuccess;
}
