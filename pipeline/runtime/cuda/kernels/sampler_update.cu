/* The sampler's next states, each a sum over (latent, eps, slots...) with a row of coefficients. All states of an element
 * are read before any is written, by one thread, so results may lie where states do.
 *
 * Sums are in float64: the terms of multistep samplers nearly cancel, and this is the latent itself, float32 in every
 * variant. At most 30 multiplications an element, which a chip with few float64 units (1 in 64) still does in less time
 * than the launch takes. One element a thread: the kernel waits for memory once, and 16384 elements a picture need the
 * threads more than wide accesses.
 *
 * Bound by the launch: up to 6 values read and 5 written, 44 bytes an element, 2.2 MB for three pictures. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"

enum { THREADS = 128, TERMS = STATES + 1, LATENT = 0, EPS = 1 };

static __global__ void __launch_bounds__(THREADS) sampler_update_kernel(struct sampler_update u)
{
    const int64_t at = (int64_t)blockIdx.x * THREADS + threadIdx.x;
    if (at >= u.count)
        return;
    const int terms = u.states + 1;
    double x[TERMS];
    x[LATENT] = u.state[0][at];
    x[EPS] = u.eps[at];
#pragma unroll
    for (int t = EPS + 1; t < TERMS; t++)
        x[t] = t < terms ? u.state[t - 1][at] : 0;
#pragma unroll
    for (int s = 0; s < STATES; s++) {
        if (s == u.states)
            break;
        double sum = 0;
#pragma unroll
        for (int t = 0; t < TERMS; t++)
            if (t < terms)
                sum += (double)u.coefficients[s * terms + t] * x[t];
        u.next[s][at] = (float)sum;
    }
}

cudaError_t launch_sampler_update(const struct sampler_update *u, cudaStream_t stream)
{
    if (u->states < 1 || u->states > STATES)
        return cudaErrorInvalidValue;
    if (u->count == 0)
        return cudaSuccess;
    return LAUNCH_FLAT(sampler_update_kernel, blocks_for(u->count, THREADS), THREADS, stream, *u);
}
