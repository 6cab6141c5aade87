/* Values in memory and as floats: conversions, and several of them by one access. */
#ifndef SDBENCH_CUDA_KERNELS_VALUES_CUH
#define SDBENCH_CUDA_KERNELS_VALUES_CUH

#include "pipeline/runtime/cuda/kernels/device.h"

typedef __nv_bfloat16 bfloat16;

static __device__ __forceinline__ float as_float(float x)
{
    return x;
}

static __device__ __forceinline__ float as_float(half x)
{
    return __half2float(x);
}

static __device__ __forceinline__ float as_float(bfloat16 x)
{
    return __bfloat162float(x);
}

/* To nearest, ties to even. */
static __device__ __forceinline__ void put(float *at, float x)
{
    *at = x;
}

static __device__ __forceinline__ void put(half *at, float x)
{
    *at = __float2half_rn(x);
}

/* x is 0..255; cut. */
static __device__ __forceinline__ void put(uint8_t *at, float x)
{
    *at = (uint8_t)x;
}

/* A block of memory that one access moves, whatever its bytes mean. */
template <int BYTES> struct __attribute__((may_alias, aligned(BYTES))) word {
    unsigned int part[BYTES / 4];
};
template <> struct __attribute__((may_alias)) word<2> {
    unsigned short part;
};
template <> struct __attribute__((may_alias)) word<1> {
    unsigned char part;
};

/* N values as they lie in memory: 1, 2, 4, 8 or 16 bytes. */
template <typename T, int N> union packed {
    word<N * (int)sizeof(T)> bits;
    T value[N];
};

/* How many of N values one access moves. */
template <typename T, int N> struct access {
    enum { values = N * sizeof(T) > 16 ? 16 / sizeof(T) : N, bytes = values * sizeof(T) };
};

/* `at` is aligned to the N values, or to 16 bytes where they are more. */
template <int N, typename T> static __device__ __forceinline__ void load(float (&x)[N], const T *at)
{
    enum { EACH = access<T, N>::values };
#pragma unroll
    for (int first = 0; first < N; first += EACH) {
        packed<T, EACH> p;
        p.bits = *reinterpret_cast<const word<access<T, N>::bytes> *>(at + first);
#pragma unroll
        for (int i = 0; i < EACH; i++)
            x[first + i] = as_float(p.value[i]);
    }
}

template <int N, typename T> static __device__ __forceinline__ void store(T *at, const float (&x)[N])
{
    enum { EACH = access<T, N>::values };
#pragma unroll
    for (int first = 0; first < N; first += EACH) {
        packed<T, EACH> p;
#pragma unroll
        for (int i = 0; i < EACH; i++)
            put(&p.value[i], x[first + i]);
        *reinterpret_cast<word<access<T, N>::bytes> *>(at + first) = p.bits;
    }
}

/* The first n of N values, `stride` apart; what is beyond them is `beyond`. */
template <int N, typename T>
static __device__ __forceinline__ void load_some(float (&x)[N], const T *at, int n, int64_t stride, float beyond)
{
#pragma unroll
    for (int i = 0; i < N; i++)
        x[i] = i < n ? as_float(at[i * stride]) : beyond;
}

template <int N, typename T>
static __device__ __forceinline__ void store_some(T *at, const float (&x)[N], int n, int64_t stride)
{
#pragma unroll
    for (int i = 0; i < N; i++)
        if (i < n)
            put(at + i * stride, x[i]);
}

#endif
