/* A CUDA that runs on the host, for tests. Three libraries with the names and functions of NVIDIA's (cudart, cublasLt,
 * cuDNN), as far as the CUDA backend calls them, do real work on host memory: a program that finds them in place of
 * NVIDIA's runs from end to end without a GPU. This header is what they share, exported by the runtime; emulated
 * kernels are launched by it. It tells a tool what happens (fake_tool.h), of which there is one: CUPTI (fake_cupti.c).
 *
 * The environment, read once when the runtime is loaded:
 *   SDBENCH_FAKE_DEVICES=1         how many GPUs there are; 0: none
 *   SDBENCH_FAKE_CAPABILITY=90     of each: its multiprocessors, shared memory, cache and memory follow from it
 *   SDBENCH_FAKE_MEMORY=BYTES      of each; allocations beyond it fail
 *   SDBENCH_FAKE_NAME="Fake GPU"   their name
 *   SDBENCH_FAKE_DRIVER=13000      the driver's version; 0: no driver
 *   SDBENCH_FAKE_COMPUTE=1         0: launches and products are accepted and not executed; memory is zero instead of
 * NaN SDBENCH_FAKE_FAIL=N            the N-th call fails SDBENCH_FAKE_FAIL=each         at each call a child process
 * goes on as if the call had failed: see fake_cudart_fail.c SDBENCH_FAKE_NAMES=A,B         only calls of these
 * functions are counted for SDBENCH_FAKE_FAIL SDBENCH_FAKE_DISTINCT=1        with `each`: only calls from places of the
 * program that were not there before SDBENCH_FAKE_OPTIONAL=A,B      functions without which the program may go on, or
 * say that it has no CUDA SDBENCH_FAKE_LEAKS=fatal       a process that leaves something behind ends with FAKE_LEAKED
 *   SDBENCH_FAKE_REPORT=FILE       where lines about failures and leaks are appended; else leaks go to stderr */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_H

#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/dtype.h"
#include "tests/cuda/host/fake_tool.h"

enum { FAKE_LEAKED = 99 /* exit code */ };

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Work for a stream. It is executed at once, or each time that a graph is launched for which it was captured. name is a
 * literal; drop frees the closure and is called exactly once, also where this fails. fake_launch and
 * fake_launch_shaped count as a call of
 * the program; fake_enqueue is for libraries, whose own calls count. */
cudaError_t fake_launch(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                        void (*drop)(void *closure));
cudaError_t fake_launch_shaped(cudaStream_t stream, const char *name, const struct fake_shape *shape,
                               void (*run)(void *closure), void *closure, void (*drop)(void *closure));
cudaError_t fake_enqueue(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                         void (*drop)(void *closure));

/* Counts a call and says how it ends. */
enum fake_kind {
    FAKE_ASKS,    /* a failure is this call's alone */
    FAKE_WORKS,   /* launches, copies and what waits for them: a failure is the device's, and all later calls fail */
    FAKE_RELEASES /* the same, but what it ends is gone all the same */
};
enum fake_verdict { FAKE_GOES_ON, FAKE_REFUSED, FAKE_FAULT };
enum fake_verdict fake_call(const char *name, enum fake_kind kind);

/* The account of what the program owns, by kind ("stream") and address. fake_let_go is false where there is no such. */
void fake_hold(const char *what, const void *at, size_t bytes);
bool fake_holds(const char *what, const void *at);
bool fake_let_go(const char *what, const void *at);

/* Whether all these bytes lie in one allocation of device memory. */
bool fake_device_range(const void *at, size_t bytes);

/* The device of the calling thread, NULL where there is none. */
struct fake_device {
    int capability, multiprocessors;
    size_t shared_bytes; /* for one block, opted in */
    size_t shared_per_multiprocessor;
    int threads_per_multiprocessor, blocks_per_multiprocessor;
    int cache_bytes;
    size_t memory;
};
const struct fake_device *fake_device_now(void);

static inline size_t fake_bytes(enum dtype type)
{
    return type == DTYPE_f32 ? 4 : 2;
}

/* n values, `stride` elements apart in memory, as float32, and back, rounded to nearest even. f32, f16 and bf16. */
void fake_gather(float *out, const void *in, enum dtype type, int64_t stride, int64_t n);
void fake_scatter(void *out, const float *in, enum dtype type, int64_t stride, int64_t n);

/* Float32 values as a narrower type would have them. */
void fake_round(float *x, enum dtype type, int64_t n);

/* y = a b, row-major float32 matrices: a (m,k), b (k,n), y (m,n). Sums are float32, of at most 256 products each, which
 * are then added up. */
void fake_product(float *y, const float *a, const float *b, int64_t m, int64_t n, int64_t k);

/* A float32 with the mantissa of TF32, 10 bits, rounded to nearest. */
float fake_tf32(float x);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
