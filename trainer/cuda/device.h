// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// The device: its stream, its memory, its products, and the first error.
//
// As with stdio's, an error sticks: calls after it do nothing, and who began the work asks
// once at its end.
#ifndef MG_TRAINER_CUDA_DEVICE_H
#define MG_TRAINER_CUDA_DEVICE_H

#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mg_cuda {
    cudaStream_t stream; // of all work
    cudaStream_t copies; // of what goes to the host beside it
    cublasHandle_t blas;
    void *workspace; // of blas
    bool bf16;       // factors of products; else fp32, multiplied as TF32
    size_t bytes;    // of device memory in use
    char name[256];
    int status; // 0, or -errno of the first error
    char failure[200];
};

// Opens a device: of several, that of this rank among the processes of the host.  Returns
// 0, or -errno with one line in *error: no device, a device that is too old.  Finish in
// either case.
int mg_cuda_init(struct mg_cuda *cuda, bool bf16, int rank, GError **error);
void mg_cuda_finish(struct mg_cuda *cuda);

// Keeps an error.
void mg_cuda_try(struct mg_cuda *cuda, cudaError_t error);
void mg_cuda_try_blas(struct mg_cuda *cuda, cublasStatus_t status);

// 0, or -errno with the first error's line in *error.
int mg_cuda_report(const struct mg_cuda *cuda, GError **error);

// Zeroed device memory, or host memory that the device copies from and to by itself; NULL
// after an error.  To be freed with cudaFree() and cudaFreeHost().
void *mg_cuda_zeros(struct mg_cuda *cuda, size_t count, size_t bytes);
void *mg_cuda_host(struct mg_cuda *cuda, size_t bytes);

// Bytes of a factor, and a place in an array of them.
size_t mg_cuda_factor_bytes(const struct mg_cuda *cuda);
void *mg_cuda_factor_at(const struct mg_cuda *cuda, void *factors, size_t at);

// Waits for the stream.
void mg_cuda_wait(struct mg_cuda *cuda);

// A matrix as it lies, row by row.
struct mg_cuda_matrix {
    const void *values;
    int stride; // from row to row
    bool turned;
};

// out (M, N) = a (M, K) * b (K, N), + out where `add`.  a, b: factors.
void mg_cuda_multiply(struct mg_cuda *cuda, int M, int N, int K,
                      struct mg_cuda_matrix a, struct mg_cuda_matrix b, bool add,
                      float *out, int out_stride);

// The same of fp32 values, with nothing rounded.
void mg_cuda_multiply_exactly(struct mg_cuda *cuda, int M, int N, int K,
                              struct mg_cuda_matrix a, struct mg_cuda_matrix b,
                              float *out, int out_stride);

// sums (columns) of x (rows, columns).  ones: (rows) of 1.
void mg_cuda_sum_rows(struct mg_cuda *cuda, int rows, int columns, const float *x,
                      const float *ones, float *sums);

// Puts a kernel (kernels.h) on the stream: its name, its threads, the fields of its struct.
#define MG_CUDA_LAUNCH(cuda, kernel, threads, ...)                                     \
    do {                                                                               \
        if (!(cuda)->status)                                                           \
            mg_cuda_try(cuda, mg_launch_##kernel((cuda)->stream,                       \
                                                 &(struct mg_##kernel){__VA_ARGS__},   \
                                                 (uint32_t)(threads)));                \
    } while (0)

#endif
