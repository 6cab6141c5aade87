/* The functions that CUDA declares for device code and that the toolkit's headers hide from a host compiler. A part of
 * emulate.h. */
#ifndef SDBENCH_TESTS_CUDA_HOST_INTRINSICS_H
#define SDBENCH_TESTS_CUDA_HOST_INTRINSICS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tests/cuda/host/emulate.h"

/* __builtin_LINE() as a default argument is the caller's line. */
inline void __syncthreads(int line = __builtin_LINE())
{
    emulated::barrier(line);
}

inline void __syncwarp(unsigned mask = 0xffffffffu, int line = __builtin_LINE())
{
    emulated::warp(emulated::SYNC, mask, 0, 0, line);
}

inline unsigned __ballot_sync(unsigned mask, int predicate, int line = __builtin_LINE())
{
    return (unsigned)emulated::warp(emulated::BALLOT, mask, predicate != 0, 0, line);
}

inline int __any_sync(unsigned mask, int predicate, int line = __builtin_LINE())
{
    return emulated::warp(emulated::BALLOT, mask, predicate != 0, 0, line) != 0;
}

inline int __all_sync(unsigned mask, int predicate, int line = __builtin_LINE())
{
    return emulated::warp(emulated::BALLOT, mask, predicate == 0, 0, line) == 0;
}

namespace emulated
{

template <class T> T shuffle(unsigned mask, T value, int from, int line)
{
    static_assert(sizeof(T) <= sizeof(uint64_t), "CUDA shuffles values of up to 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = warp(SHUFFLE, mask, bits, from, line);
    memcpy(&value, &bits, sizeof value);
    return value;
}

} // namespace emulated

/* The width, a power of two, cuts a warp into segments; a lane whose partner lies outside of its own gets its value. */
template <class T> T __shfl_sync(unsigned mask, T value, int from, int width = 32, int line = __builtin_LINE())
{
    int first = emulated::lane() & ~(width - 1);
    return emulated::shuffle(mask, value, first + (from & (width - 1)), line);
}

template <class T> T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, int line = __builtin_LINE())
{
    int lane = emulated::lane(), from = lane ^ bits, end = (lane & ~(width - 1)) + width;
    return emulated::shuffle(mask, value, from < end ? from : lane, line);
}

template <class T> T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE())
{
    int lane = emulated::lane(), in_segment = lane & (width - 1);
    return emulated::shuffle(mask, value, in_segment + (int)by < width ? lane + (int)by : lane, line);
}

template <class T> T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, int line = __builtin_LINE())
{
    int lane = emulated::lane(), in_segment = lane & (width - 1);
    return emulated::shuffle(mask, value, in_segment >= (int)by ? lane - (int)by : lane, line);
}

/* Threads run one at a time: whatever one does between two waits is atomic. Integers only. */
#define EMULATED_ATOMIC(name, type, result) \
    inline type name(type *at, type value)  \
    {                                       \
        type old = *at;                     \
        *at = result;                       \
        return old;                         \
    }
#define EMULATED_ATOMICS(type)                                  \
    EMULATED_ATOMIC(atomicAdd, type, (type)(old + value))       \
    EMULATED_ATOMIC(atomicMin, type, value < old ? value : old) \
    EMULATED_ATOMIC(atomicMax, type, value > old ? value : old) \
    EMULATED_ATOMIC(atomicAnd, type, old &value)                \
    EMULATED_ATOMIC(atomicOr, type, old | value)                \
    EMULATED_ATOMIC(atomicXor, type, old ^ value)               \
    EMULATED_ATOMIC(atomicExch, type, value)                    \
    inline type atomicCAS(type *at, type expected, type value)  \
    {                                                           \
        type old = *at;                                         \
        *at = old == expected ? value : old;                    \
        return old;                                             \
    }
EMULATED_ATOMICS(int)
EMULATED_ATOMICS(unsigned)
EMULATED_ATOMICS(unsigned long long)
inline unsigned atomicInc(unsigned *at, unsigned last)
{
    unsigned old = *at;
    *at = old >= last ? 0 : old + 1;
    return old;
}

inline void __threadfence()
{
}
inline void __threadfence_block()
{
}

/* Loads and stores with a hint for the caches, which changes no value. */
template <class T> T __ldg(const T *at)
{
    return *at;
}
template <class T> T __ldcg(const T *at)
{
    return *at;
}
template <class T> T __ldcs(const T *at)
{
    return *at;
}
template <class T> void __stcg(T *at, T value)
{
    *at = value;
}
template <class T> void __stcs(T *at, T value)
{
    *at = value;
}

/* Float functions. Those that a device approximates are exact to rounding here; tests allow for the difference. */
inline float rsqrtf(float x)
{
    return 1 / sqrtf(x);
}
inline float __expf(float x)
{
    return expf(x);
}
inline float __exp2f(float x)
{
    return exp2f(x);
}
inline float __logf(float x)
{
    return logf(x);
}
inline float __fdividef(float a, float b)
{
    return a / b;
}
inline float __frcp_rn(float x)
{
    return 1 / x;
}
inline float __frsqrt_rn(float x)
{
    return (float)(1 / sqrt((double)x));
}
inline float __fsqrt_rn(float x)
{
    return sqrtf(x);
}
inline float __fadd_rn(float a, float b)
{
    return a + b;
}
inline float __fsub_rn(float a, float b)
{
    return a - b;
}
inline float __fmul_rn(float a, float b)
{
    return a * b;
}
inline float __fdiv_rn(float a, float b)
{
    return a / b;
}
inline float __fmaf_rn(float a, float b, float c)
{
    return fmaf(a, b, c);
}
inline float __saturatef(float x)
{
    return x > 0 ? x < 1 ? x : 1 : 0; /* NaN becomes 0, as on a device */
}
/* To an integer, rounded to even; what does not fit becomes the nearest that does, and NaN becomes 0. */
inline int __float2int_rn(float x)
{
    return x >= 0x1p31f ? INT32_MAX : x >= -0x1p31f ? (int)nearbyintf(x) : x < 0 ? INT32_MIN : 0;
}
inline unsigned __float2uint_rn(float x)
{
    return x >= 0x1p32f ? UINT32_MAX : x > 0 ? (unsigned)nearbyintf(x) : 0;
}

#define EMULATED_BITS(name, from, to)       \
    inline to name(from value)              \
    {                                       \
        to bits;                            \
        memcpy(&bits, &value, sizeof bits); \
        return bits;                        \
    }
EMULATED_BITS(__float_as_int, float, int)
EMULATED_BITS(__float_as_uint, float, unsigned)
EMULATED_BITS(__int_as_float, int, float)
EMULATED_BITS(__uint_as_float, unsigned, float)

inline unsigned __umulhi(unsigned a, unsigned b)
{
    return (unsigned)((uint64_t)a * b >> 32);
}
inline int __popc(unsigned x)
{
    return __builtin_popcount(x);
}
inline int __ffs(int x)
{
    return __builtin_ffs(x);
}
inline int __clz(int x)
{
    return x ? __builtin_clz((unsigned)x) : 32;
}

#define EMULATED_EXTREMES(type)     \
    inline type min(type a, type b) \
    {                               \
        return b < a ? b : a;       \
    }                               \
    inline type max(type a, type b) \
    {                               \
        return a < b ? b : a;       \
    }
EMULATED_EXTREMES(int)
EMULATED_EXTREMES(unsigned)
EMULATED_EXTREMES(long)
EMULATED_EXTREMES(unsigned long)
EMULATED_EXTREMES(long long)
EMULATED_EXTREMES(unsigned long long)
inline float min(float a, float b)
{
    return fminf(a, b);
}
inline float max(float a, float b)
{
    return fmaxf(a, b);
}

#endif
