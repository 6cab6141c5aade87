/* Loops that the compiler turns into vector code for the processor that runs them, and arithmetic for use inside.
 *
 * A function marked VECTOR is compiled several times and the loader takes the best that the processor has. Its loops
 * carry `#pragma omp simd`; what they call is INLINE, so that it is compiled for the same processor. OpenMP parallel
 * regions stay outside: their bodies are functions of their own, which would not be cloned. VECTOR functions are
 * static, since clang gives the dispatcher a name that other files do not know, and their names are unique in the
 * backend, since that name is global. */
#ifndef SDBENCH_CPU_VECTOR_H
#define SDBENCH_CPU_VECTOR_H

#include <math.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))

/* clang's resolver understands features only; gcc's "fma" alone would not vectorise integers by 256 bits. */
#if !defined(__x86_64__)
#define VECTOR
#elif defined(__clang__) || __GNUC__ < 12
#define VECTOR __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif

union float_bits {
    float f;
    uint32_t u;
    int32_t i;
};

/* e^x to 1e-7 relative for -87 <= x <= 88; beyond, the value at that bound. NaN stays NaN.
 * x = n ln 2 + f with |f| <= ln 2 / 2; e^f = 1 + f + f^2 q(f), where q was fitted for the least largest relative error
 * (Lawson's weights, 400 Chebyshev nodes: 3e-9). Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low
 * bits of the sum, from where it moves to an exponent. */
INLINE float vector_exp(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -87.f ? -87.f : x;
    x = x > 88.f ? 88.f : x;
    union float_bits n = {fmaf(x, 0x1.715476p0f, shift)}, power;
    power.u = (n.u << 23) + (127u << 23);
    float whole = n.f - shift;
    float f = fmaf(whole, -0x1.62e430p-1f, x);
    f = fmaf(whole, 0x1.05c610p-29f, f); /* -(ln 2 - its first part) */
    float q = fmaf(fmaf(fmaf(fmaf(0.001381432f, f, 0.0083688535f), f, 0.0416684f), f, 0.1666652f), f, 0.49999994f);
    return fmaf(q, f * f, f + 1.f) * power.f;
}

/* 2^x for -125 <= x <= 125; below, about 2^-125. In this form an argument of size 100 has lost 7 bits already: for sums
 * of shares, where what is so far below the largest does not count. 2^f - 1 = f q(f) for |f| <= 1/2, fitted as above
 * (2e-9). */
INLINE float vector_exp2(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -125.f ? -125.f : x;
    union float_bits n = {x + shift}, power;
    float f = x - (n.f - shift);
    float q = fmaf(fmaf(fmaf(0.0001535326f, f, 0.0013399005f), f, 0.009618439f), f, 0.05550332f);
    power.u = (n.u << 23) + (127u << 23);
    return fmaf(fmaf(fmaf(q, f, 0.24022648f), f, 0.6931472f), f, 1.f) * power.f;
}

/* The same to 8e-5, for what is rounded to bfloat16 next (a cubic, fitted as above). The power of two is added to the
 * exponent's bits. */
INLINE float vector_exp2_short(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -125.f ? -125.f : x;
    union float_bits n = {x + shift}, y;
    float f = x - (n.f - shift);
    y.f = fmaf(fmaf(fmaf(0.05517167f, f, 0.24261114f), f, 0.69326099f), f, 0.99992807f);
    y.u += n.u << 23;
    return y.f;
}

/* To nearest even, of a number that is finite. */
INLINE uint16_t vector_bf16(float x)
{
    union float_bits v = {x};
    return (uint16_t)((v.u + 0x7fff + ((v.u >> 16) & 1)) >> 16);
}

/* 1 / (1 + e^-x), with full relative precision on both sides. */
INLINE float vector_sigmoid(float x)
{
    return 1.f / (1.f + vector_exp(-x));
}

/* x Phi(x) to 5e-8 absolute. With a = |x|: max(x, 0) - a Phi(-a), which does not cancel, and
 * Phi(-a) = e^(-a^2/2) r(t), t = 1 / (1 + 0.35 a): r is smooth on (0, 1], and was fitted for the least largest error of
 * the product with a (degree 7: 9e-10). */
INLINE float vector_gelu(float x)
{
    float a = fabsf(x), t = 1.f / fmaf(0.35f, a, 1.f);
    float r = fmaf(fmaf(fmaf(0.024723003f, t, -0.083709426f), t, -0.0043348446f), t, 0.2610126f);
    r = fmaf(fmaf(fmaf(fmaf(r, t, -0.031043265f), t, 0.20792516f), t, 0.123937175f), t, 0.0014896388f);
    float tail = vector_exp(-0.5f * a * a) * r;
    return fmaf(-a, tail, 0.5f * (x + a));
}

/* An integer that orders as the float does: compilers vectorise the largest of integers, not of floats. A NaN with a
 * clear sign is above all. */
INLINE int32_t vector_ordered(float x)
{
    union float_bits v = {x};
    return v.i ^ ((v.i >> 31) & INT32_MAX);
}

INLINE float vector_unordered(int32_t order)
{
    union float_bits v = {.i = order ^ ((order >> 31) & INT32_MAX)};
    return v.f;
}

#endif
