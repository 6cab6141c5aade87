/* The host's CUDA (tests/cuda/host/fake.h), opened by a test: its functions by name.
 *
 *     struct cuda c = fakes_open("SDBENCH_FAKE_CAPABILITY", "75", NULL);
 *     cr_assert(!c.cudaMalloc(&p, 100));
 *
 * SDBENCH_FAKES names the folder of the libraries, by its whole path; without it the test is skipped. The environment
 * is read when they are opened: once in a test's process. */
#ifndef SDBENCH_TESTS_CUDA_FAKES_H
#define SDBENCH_TESTS_CUDA_FAKES_H

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include "tests/cuda/host/fake.h"

#define FAKES_RUNTIME(F)                                                                                             \
    F(cudaGetDeviceCount)                                                                                            \
    F(cudaSetDevice) F(cudaGetDevice) F(cudaDeviceGetAttribute) F(cudaDeviceGetPCIBusId) F(cudaDriverGetVersion)     \
        F(cudaMemGetInfo) F(cudaMalloc) F(cudaFree) F(cudaHostAlloc) F(cudaMallocHost) F(cudaFreeHost) F(cudaMemcpy) \
            F(cudaMemcpyAsync) F(cudaMemset) F(cudaMemsetAsync) F(cudaStreamCreateWithFlags) F(cudaStreamDestroy)    \
                F(cudaStreamSynchronize) F(cudaStreamQuery) F(cudaStreamBeginCapture) F(cudaStreamEndCapture)        \
                    F(cudaStreamIsCapturing) F(cudaStreamWaitEvent) F(cudaGraphInstantiate) F(cudaGraphUpload)       \
                        F(cudaGraphLaunch) F(cudaGraphGetNodes) F(cudaGraphDestroy) F(cudaGraphExecDestroy)          \
                            F(cudaEventCreate) F(cudaEventRecord) F(cudaEventSynchronize) F(cudaEventQuery)          \
                                F(cudaEventElapsedTime) F(cudaEventDestroy) F(cudaDeviceSynchronize)                 \
                                    F(cudaGetLastError) F(cudaPeekAtLastError) F(cudaGetErrorName) F(fake_launch)
#define FAKES_CUBLASLT(F)                                                                                            \
    F(cublasLtCreate)                                                                                                \
    F(cublasLtDestroy) F(cublasLtMatmulDescCreate) F(cublasLtMatmulDescDestroy) F(cublasLtMatmulDescSetAttribute)    \
        F(cublasLtMatrixLayoutCreate) F(cublasLtMatrixLayoutDestroy) F(cublasLtMatrixLayoutSetAttribute)             \
            F(cublasLtMatmulPreferenceCreate) F(cublasLtMatmulPreferenceDestroy)                                     \
                F(cublasLtMatmulPreferenceSetAttribute) F(cublasLtMatmulAlgoGetHeuristic) F(cublasLtMatmulAlgoCheck) \
                    F(cublasLtMatmulAlgoCapGetAttribute) F(cublasLtMatmulAlgoConfigGetAttribute) F(cublasLtMatmul)
#define FAKES_CUDNN(F)                                                                                         \
    F(cudnnCreate)                                                                                             \
    F(cudnnDestroy) F(cudnnSetStream) F(cudnnGetLastErrorString) F(cudnnBackendCreateDescriptor)               \
        F(cudnnBackendSetAttribute) F(cudnnBackendGetAttribute) F(cudnnBackendFinalize) F(cudnnBackendExecute) \
            F(cudnnBackendDestroyDescriptor) F(cudnnGraphVersionCheck)

struct cuda {
#define F(name) __typeof__(&name) name;
    FAKES_RUNTIME(F) FAKES_CUBLASLT(F) FAKES_CUDNN(F)
#undef F
};

/* Names and values for the environment, ended by NULL. Leaks end the test's process with a code. */
__attribute__((sentinel)) struct cuda fakes_open(const char *name, ...);

/* Device memory that holds these bytes, or only has room for them. */
void *fakes_upload(const struct cuda *c, const void *bytes, size_t n);

/* The same, of float32 values that become another type; and back. */
void *fakes_upload_as(const struct cuda *c, const float *x, enum dtype type, size_t n);
void fakes_download(const struct cuda *c, float *out, const void *at, enum dtype type, size_t n);

/* Values between -1 and 1 that are the same each time, exact in every type. */
void fakes_fill(float *x, size_t n, unsigned seed);

#endif
