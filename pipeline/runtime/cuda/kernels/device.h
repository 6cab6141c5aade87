/* What every .cu file begins with: the toolkit's headers, or, where kernels are compiled for the host to be tested, the
 * emulation of threads and barriers that is included ahead of them (tests/cuda/host/emulate.h). */
#ifndef SDBENCH_CUDA_KERNELS_DEVICE_H
#define SDBENCH_CUDA_KERNELS_DEVICE_H

#include "pipeline/runtime/cuda/kernels/launch.h"

#ifndef SDBENCH_CUDA_ON_HOST
#include <cuda_fp16.h>
#include <cuda_bf16.h>

/* Shared memory whose size the launch decides. */
#define SHARED_OF_LAUNCH(type, name)                         \
    extern __shared__ __align__(16) unsigned char shared_[]; \
    type *name = reinterpret_cast<type *>(shared_)

/* Launches kernel<<<...>>>(...) and evaluates to the launch's error. LAUNCH_FLAT is for kernels without barriers, shuffles or
 * shared memory: the emulation runs their threads one after another. */
#define LAUNCH(kernel, grid, block, shared, stream, ...) \
    (kernel<<<grid, block, shared, stream>>>(__VA_ARGS__), cudaGetLastError())
#define LAUNCH_FLAT(kernel, grid, block, stream, ...) LAUNCH(kernel, grid, block, 0, stream, __VA_ARGS__)
#endif

#endif
