// SPDX-FileCopyrightText: 2026 The MusicGuru authors
// SPDX-License-Identifier: ISC
// cuBLAS on the CPU's BLAS.
#include "cublas_v2.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "model/bf16.h"

struct mg_stand_in_blas {
    cudaStream_t stream;
};

const char *
cublasGetStatusString(cublasStatus_t status)
{
    return status == CUBLAS_STATUS_SUCCESS ? "success" : "the parameter is invalid";
}

cublasStatus_t
cublasCreate(cublasHandle_t *handle)
{
    openblas_set_num_threads(1); // others would wait for small products, spinning
    *handle = calloc(1, sizeof **handle);
    return *handle ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_ALLOC_FAILED;
}

cublasStatus_t
cublasDestroy(cublasHandle_t handle)
{
    free(handle);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasSetStream(cublasHandle_t handle, cudaStream_t stream)
{
    handle->stream = stream;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t
cublasSetWorkspace(cublasHandle_t handle, void *workspace, size_t bytes)
{
    (void)handle;
    (void)workspace;
    (void)bytes;
    return CUBLAS_STATUS_SUCCESS;
}

struct matrix {
    const void *values;
    cudaDataType type;
    cublasOperation_t operation;
    int leading;
};

struct product_work {
    struct matrix a, b;
    int m, n, k;
    float alpha, beta;
    float *c;
    int ldc;
    bool tf32;
};

// Sign, exponent and 10 bits of 23 are left; the rest is cut off, which is the worst that a
// GPU may do with it.
static float
cut_to_tf32(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits &= 0xffffe000;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Room for the factors of a product, kept for the next.
struct room {
    float *values;
    size_t count;
};

static float *
make_room(struct room *room, size_t count)
{
    if (count > room->count) {
        free(room->values);
        room->values = malloc(count * sizeof *room->values);
        if (!room->values)
            abort();
        room->count = count;
    }
    return room->values;
}

// The factors as the product takes them, in columns as long as the matrix has rows.
static float *
take(const struct matrix *matrix, int rows, int columns, bool tf32, struct room *room)
{
    int height = matrix->operation == CUBLAS_OP_N ? rows : columns;
    int width = matrix->operation == CUBLAS_OP_N ? columns : rows;
    float *taken = make_room(room, (size_t)height * (size_t)width), *to = taken;
    for (int j = 0; j < width; j++)
        for (int i = 0; i < height; i++, to++) {
            size_t at = (size_t)j * (size_t)matrix->leading + (size_t)i;
            *to = matrix->type == CUDA_R_16BF
                      ? mg_bf16_value(((const uint16_t *)matrix->values)[at])
                      : ((const float *)matrix->values)[at];
            if (tf32)
                *to = cut_to_tf32(*to);
        }
    return taken;
}

static void
multiply(const void *work, uint32_t count)
{
    (void)count;
    const struct product_work *p = work;
    static struct room rooms[2];
    float *a = take(&p->a, p->m, p->k, p->tf32, &rooms[0]);
    float *b = take(&p->b, p->k, p->n, p->tf32, &rooms[1]);
    bool turn_a = p->a.operation != CUBLAS_OP_N, turn_b = p->b.operation != CUBLAS_OP_N;
    cblas_sgemm(CblasColMajor, turn_a ? CblasTrans : CblasNoTrans,
                turn_b ? CblasTrans : CblasNoTrans, p->m, p->n, p->k, p->alpha, a,
                turn_a ? p->k : p->m, b, turn_b ? p->n : p->k, p->beta, p->c, p->ldc);
}

static cublasStatus_t
put_on_stream(cublasHandle_t handle, const struct product_work *work)
{
    if (work->m < 1 || work->n < 1 || work->k < 1 || work->ldc < work->m)
        return CUBLAS_STATUS_INVALID_VALUE;
    return mg_stand_in_do(handle->stream, multiply, work, sizeof *work, 1) ==
                   cudaSuccess
               ? CUBLAS_STATUS_SUCCESS
               : CUBLAS_STATUS_ALLOC_FAILED;
}

cublasStatus_t
cublasSgemv(cublasHandle_t handle, cublasOperation_t transpose, int m, int n,
            const float *alpha, const float *a, int lda, const float *x, int incx,
            const float *beta, float *y, int incy)
{
    bool plain = transpose == CUBLAS_OP_N;
    int rows = plain ? m : n, inner = plain ? n : m;
    if (incx != 1 || incy != 1 || lda < m)
        return CUBLAS_STATUS_INVALID_VALUE;
    const struct product_work work = {
        .a = {a, CUDA_R_32F, transpose, lda},
        .b = {x, CUDA_R_32F, CUBLAS_OP_N, inner},
        .m = rows,
        .n = 1,
        .k = inner,
        .alpha = *alpha,
        .beta = *beta,
        .c = y,
        .ldc = rows,
    };
    return put_on_stream(handle, &work);
}

cublasStatus_t
cublasGemmEx(cublasHandle_t handle, cublasOperation_t transpose_a,
             cublasOperation_t transpose_b, int m, int n, int k, const void *alpha,
             const void *a, cudaDataType a_type, int lda, const void *b,
             cudaDataType b_type, int ldb, const void *beta, void *c,
             cudaDataType c_type, int ldc, cublasComputeType_t compute,
             cublasGemmAlgo_t algorithm)
{
    const char *override = getenv("NVIDIA_TF32_OVERRIDE");
    (void)algorithm;
    if (c_type != CUDA_R_32F || a_type != b_type ||
        lda < (transpose_a == CUBLAS_OP_N ? m : k) ||
        ldb < (transpose_b == CUBLAS_OP_N ? k : n))
        return CUBLAS_STATUS_INVALID_VALUE;
    const struct product_work work = {
        .a = {a, a_type, transpose_a, lda},
        .b = {b, b_type, transpose_b, ldb},
        .m = m,
        .n = n,
        .k = k,
        .alpha = *(const float *)alpha,
        .beta = *(const float *)beta,
        .c = c,
        .ldc = ldc,
        .tf32 = compute == CUBLAS_COMPUTE_32F_FAST_TF32 &&
                !(override && override[0] == '0'),
    };
    return put_on_stream(handle, &work);
}
