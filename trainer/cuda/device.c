// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// CUDA's runtime and cuBLAS behind a few calls.
#include "trainer/cuda/device.h"

#include <errno.h>
#include <stdio.h>

// What NVIDIA recommends on Hopper; without one, cuBLAS would make its own for every graph.
enum { WORKSPACE_BYTES = 32 << 20, OLDEST_MAJOR = 8 };

static void
fail(struct mg_cuda *cuda, int status, const char *message)
{
    if (cuda->status)
        return;
    cuda->status = status;
    snprintf(cuda->failure, sizeof cuda->failure, "%s", message);
}

void
mg_cuda_try(struct mg_cuda *cuda, cudaError_t error)
{
    if (error != cudaSuccess)
        fail(cuda, -EIO, cudaGetErrorString(error));
}

void
mg_cuda_try_blas(struct mg_cuda *cuda, cublasStatus_t status)
{
    if (status != CUBLAS_STATUS_SUCCESS)
        fail(cuda, -EIO, cublasGetStatusString(status));
}

int
mg_cuda_report(const struct mg_cuda *cuda, GError **error)
{
    if (cuda->status)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "cuda: %s", cuda->failure);
    return cuda->status;
}

static int
no_device(cudaError_t why, GError **error)
{
    int driver = 0;
    char version[32] = "none";
    if (cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0)
        snprintf(version, sizeof version, "%d.%d", driver / 1000, driver % 1000 / 10);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                "cuda: no device found (driver %s: %s)", version,
                cudaGetErrorString(why));
    return -ENODEV;
}

static int
open_device(struct mg_cuda *cuda, int rank, GError **error)
{
    int devices = 0;
    struct cudaDeviceProp properties;
    cudaError_t status = cudaGetDeviceCount(&devices);
    if (status == cudaSuccess && devices == 0)
        status = cudaErrorNoDevice;
    int own = status == cudaSuccess ? rank % devices : 0;
    if (status == cudaSuccess)
        status = cudaSetDevice(own);
    if (status == cudaSuccess)
        status = cudaGetDeviceProperties(&properties, own);
    if (status != cudaSuccess)
        return no_device(status, error);
    snprintf(cuda->name, sizeof cuda->name, "%s", properties.name);
    if (properties.major >= OLDEST_MAJOR)
        return 0;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NODEV,
                "cuda: %s has compute capability %d.%d, %d.0 is needed", cuda->name,
                properties.major, properties.minor, OLDEST_MAJOR);
    return -ENODEV;
}

int
mg_cuda_init(struct mg_cuda *cuda, bool bf16, int rank, GError **error)
{
    *cuda = (struct mg_cuda){.bf16 = bf16};
    cuda->status = open_device(cuda, rank, error);
    if (cuda->status)
        return cuda->status;
    mg_cuda_try(cuda, cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking));
    mg_cuda_try(cuda, cudaStreamCreateWithFlags(&cuda->copies, cudaStreamNonBlocking));
    mg_cuda_try_blas(cuda, cublasCreate(&cuda->blas));
    cuda->workspace = mg_cuda_zeros(cuda, 1, WORKSPACE_BYTES);
    if (!cuda->status) {
        mg_cuda_try_blas(cuda, cublasSetStream(cuda->blas, cuda->stream));
        mg_cuda_try_blas(cuda, cublasSetWorkspace(cuda->blas, cuda->workspace,
                                                  WORKSPACE_BYTES));
    }
    return mg_cuda_report(cuda, error);
}

void
mg_cuda_finish(struct mg_cuda *cuda)
{
    if (cuda->blas)
        cublasDestroy(cuda->blas);
    cudaFree(cuda->workspace);
    if (cuda->copies)
        cudaStreamDestroy(cuda->copies);
    if (cuda->stream)
        cudaStreamDestroy(cuda->stream);
    *cuda = (struct mg_cuda){0};
}

static void
no_memory(struct mg_cuda *cuda, size_t bytes)
{
    char message[sizeof cuda->failure];
    snprintf(message, sizeof message,
             "not enough memory on the device, which wants %.1f GiB beside %.1f: try a "
             "smaller --batch or a shorter --segment",
             (double)bytes * 0x1p-30, (double)cuda->bytes * 0x1p-30);
    fail(cuda, -ENOMEM, message);
}

void *
mg_cuda_zeros(struct mg_cuda *cuda, size_t count, size_t bytes)
{
    void *memory = NULL;
    if (cuda->status)
        return NULL;
    cudaError_t status = cudaMalloc(&memory, count * bytes);
    if (status == cudaErrorMemoryAllocation) {
        (void)cudaGetLastError(); // it would be the next call's
        no_memory(cuda, count * bytes);
        return NULL;
    }
    mg_cuda_try(cuda, status);
    if (cuda->status)
        return NULL;
    cuda->bytes += count * bytes;
    mg_cuda_try(cuda, cudaMemset(memory, 0, count * bytes));
    // The stream does not wait for what is not on it.
    mg_cuda_try(cuda, cudaDeviceSynchronize());
    return memory;
}

void *
mg_cuda_host(struct mg_cuda *cuda, size_t bytes)
{
    void *memory = NULL;
    if (!cuda->status)
        mg_cuda_try(cuda, cudaMallocHost(&memory, bytes));
    return memory;
}

size_t
mg_cuda_factor_bytes(const struct mg_cuda *cuda)
{
    return cuda->bf16 ? sizeof(uint16_t) : sizeof(float);
}

void *
mg_cuda_factor_at(const struct mg_cuda *cuda, void *factors, size_t at)
{
    return (uint8_t *)factors + at * mg_cuda_factor_bytes(cuda);
}

void
mg_cuda_wait(struct mg_cuda *cuda)
{
    if (!cuda->status)
        mg_cuda_try(cuda, cudaStreamSynchronize(cuda->stream));
}

// cuBLAS has its matrices column by column: ours are theirs turned, and so is the product.
static void
multiply(struct mg_cuda *cuda, int M, int N, int K, struct mg_cuda_matrix a,
         struct mg_cuda_matrix b, cudaDataType type, cublasComputeType_t compute,
         float beta, float *out, int out_stride)
{
    const float one = 1.0f;
    if (cuda->status)
        return;
    mg_cuda_try_blas(
        cuda, cublasGemmEx(cuda->blas, b.turned ? CUBLAS_OP_T : CUBLAS_OP_N,
                           a.turned ? CUBLAS_OP_T : CUBLAS_OP_N, N, M, K, &one,
                           b.values, type, b.stride, a.values, type, a.stride, &beta,
                           out, CUDA_R_32F, out_stride, compute, CUBLAS_GEMM_DEFAULT));
}

void
mg_cuda_multiply(struct mg_cuda *cuda, int M, int N, int K, struct mg_cuda_matrix a,
                 struct mg_cuda_matrix b, bool add, float *out, int out_stride)
{
    multiply(cuda, M, N, K, a, b, cuda->bf16 ? CUDA_R_16BF : CUDA_R_32F,
             cuda->bf16 ? CUBLAS_COMPUTE_32F : CUBLAS_COMPUTE_32F_FAST_TF32,
             add ? 1.0f : 0.0f, out, out_stride);
}

void
mg_cuda_multiply_exactly(struct mg_cuda *cuda, int M, int N, int K,
                         struct mg_cuda_matrix a, struct mg_cuda_matrix b, float *out,
                         int out_stride)
{
    multiply(cuda, M, N, K, a, b, CUDA_R_32F, CUBLAS_COMPUTE_32F, 0.0f, out,
             out_stride);
}

void
mg_cuda_sum_rows(struct mg_cuda *cuda, int rows, int columns, const float *x,
                 const float *ones, float *sums)
{
    const float one = 1.0f, zero = 0.0f;
    if (!cuda->status)
        mg_cuda_try_blas(cuda, cublasSgemv(cuda->blas, CUBLAS_OP_N, columns, rows, &one,
                                           x, columns, ones, 1, &zero, sums, 1));
}
