/* The activations of the model on N values.
 *
 * Where a sigmoid occurs it is 1 / (1 + exp(-t)), good to a few units of 2^-24 for every t; tanh in GELU becomes one too:
 * (1 + tanh u) / 2 = sigmoid(2 u), which does not cancel. The quotient is that of __fdividef (2 units in the last place):
 * beyond 2^126, where that gives 0, the result is below 2^-119. */
#ifndef SDBENCH_CUDA_KERNELS_ACTIVATIONS_CUH
#define SDBENCH_CUDA_KERNELS_ACTIVATIONS_CUH

#include "pipeline/runtime/cuda/kernels/device.h"

/* x sigmoid(t) */
static __device__ __forceinline__ float gated(float x, float t)
{
    return __fdividef(x, 1.f + expf(-t));
}

static __device__ __forceinline__ float silu(float x)
{
    return gated(x, x);
}

static __device__ __forceinline__ float gelu_quick(float x)
{
    return gated(x, 1.702f * x);
}

static __device__ __forceinline__ float gelu_tanh(float x)
{
    const float sqrt_8_over_pi = 1.5957691216f;
    return gated(x, sqrt_8_over_pi * x * fmaf(0.044715f * x, x, 1.f));
}

/* By the complement of erf, which keeps its digits where x is far below 0. */
static __device__ __forceinline__ float gelu_erf(float x)
{
    const float sqrt_half = 0.70710678119f;
    return 0.5f * x * erfcf(-sqrt_half * x);
}

/* One choice for all values: the same for every thread of a launch. */
template <int N> static __device__ __forceinline__ void activate(float (&x)[N], int activation)
{
#define ACTIVATE(name)              \
    case ACTIVATION_##name:         \
        _Pragma("unroll")           \
        for (int i = 0; i < N; i++) \
            x[i] = name(x[i]);      \
        break;
    switch (activation) {
        ACTIVATE(silu)
        ACTIVATE(gelu_quick)
        ACTIVATE(gelu_tanh)
        ACTIVATE(gelu_erf)
    default:
        break;
    }
#undef ACTIVATE
}

#endif
