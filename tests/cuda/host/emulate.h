/* CUDA's threads on the host: kernels run in tests, on machines without a GPU, as they stand.
 *
 *     g++ -x c++ -std=c++17 -DSDBENCH_CUDA_ON_HOST -include tests/cuda/host/emulate.h -I. -I/usr/local/cuda/include -c
 * x.cu
 *
 * Blocks run one at a time, each thread of a block until it waits for others (emulate.cpp). What a device would leave
 * undefined ends the program with a line: barriers that part of a block does not reach, shuffles with lanes that are
 * missing, memory past the shared memory that was asked for. Shared memory starts as bytes of 0xCD in every block.
 * SDBENCH_SCHEDULE=seed, read at each launch, runs blocks and threads in an order drawn from the seed (0 or unset: in
 * order). Results of a correct kernel do not depend on it, bit for bit.
 *
 * Not emulated: registers, occupancy, speed, clusters, inline PTX, and atomics on floats, which no kernel here may use.
 */
#ifndef SDBENCH_TESTS_CUDA_HOST_EMULATE_H
#define SDBENCH_TESTS_CUDA_HOST_EMULATE_H

#include <cuda_runtime_api.h>

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <vector_functions.h>

#include <stdint.h>
#include <stdlib.h>
#include <tuple>

#include "tests/cuda/host/fake_tool.h"

/* The toolkit's words. Thread-local variables of a library lie together, so static shared memory can be filled anew for
 * each block. AddressSanitizer guards only ordinary variables. */
#undef __shared__
#ifdef __SANITIZE_ADDRESS__
#define __shared__ static
#else
#define __shared__ static thread_local
#endif
#undef __launch_bounds__
#define __launch_bounds__(...)
#undef __grid_constant__
#define __grid_constant__
#undef __constant__
#define __constant__ static

#define EMULATED __attribute__((visibility("hidden")))

EMULATED extern uint3 threadIdx, blockIdx;
EMULATED extern dim3 blockDim, gridDim;
constexpr int warpSize = 32;

namespace emulated
{

struct launch {
    const char *kernel; /* its name */
    dim3 grid, block;
    size_t shared; /* dynamic, bytes */
    bool flat;     /* no thread waits for another */
};

/* Whether a device would start it: cudaSuccess or cudaErrorInvalidConfiguration. */
EMULATED cudaError_t check(const launch &l);
/* Calls thread(closure) once for each thread of the grid. */
EMULATED void run(const launch &l, void (*thread)(const void *), const void *closure);

/* Dynamic shared memory of the block that runs. */
EMULATED void *shared_memory();

/* Waits for the block; `line` is the call's, to tell one barrier from another. */
EMULATED void barrier(int line);

enum exchange { SYNC, SHUFFLE, BALLOT };
/* Waits for the lanes of `mask`, each of which gives a value; returns that of lane `from` (SHUFFLE) or one bit for each
 * lane, set where its value is not 0 (BALLOT). */
EMULATED uint64_t warp(exchange kind, unsigned mask, uint64_t value, int from, int line);
EMULATED int lane();

} // namespace emulated

/* The fake CUDA runtime runs run(closure), now or whenever a graph that captured the stream is replayed, and in the end
 * drop(closure). */
extern "C" cudaError_t fake_launch_shaped(cudaStream_t stream, const char *name, const fake_shape *shape,
                                          void (*run)(void *), void *closure, void (*drop)(void *));

namespace emulated
{

/* A kernel with its arguments, converted to the parameters' types when it is launched, as CUDA does. */
template <class... Parameters> struct call {
    launch l;
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;

    static void thread(const void *closure)
    {
        const call *c = static_cast<const call *>(closure);
        std::apply(c->kernel, c->arguments);
    }
    static void run_all(void *closure)
    {
        run(static_cast<call *>(closure)->l, thread, closure);
    }
    static void drop(void *closure)
    {
        delete static_cast<call *>(closure);
    }
};

template <class... Parameters> struct launcher {
    launch l;
    cudaStream_t stream;
    void (*kernel)(Parameters...);

    cudaError_t operator()(Parameters... arguments) const
    {
        cudaError_t error = check(l);
        if (error != cudaSuccess)
            return error;
        using made = call<Parameters...>;
        const fake_shape shape = {{l.grid.x, l.grid.y, l.grid.z},
                                  {l.block.x, l.block.y, l.block.z},
                                  (uint32_t)l.shared,
                                  reinterpret_cast<const void *>(kernel)};
        return fake_launch_shaped(stream, l.kernel, &shape, made::run_all, new made{l, kernel, {arguments...}},
                                  made::drop);
    }
};

template <class... Parameters>
launcher<Parameters...> launch_of(void (*kernel)(Parameters...), const launch &l, cudaStream_t stream)
{
    return {l, stream, kernel};
}

} // namespace emulated

#define SHARED_OF_LAUNCH(type, name) type *name = static_cast<type *>(emulated::shared_memory())
#define LAUNCH(kernel, grid, block, shared, stream, ...) \
    (emulated::launch_of(kernel, {#kernel, grid, block, shared, false}, stream)(__VA_ARGS__))
#define LAUNCH_FLAT(kernel, grid, block, stream, ...) \
    (emulated::launch_of(kernel, {#kernel, grid, block, 0, true}, stream)(__VA_ARGS__))

#include "tests/cuda/host/intrinsics.h"

#endif
