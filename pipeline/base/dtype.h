/* Element types of tensors, and conversions to and from float32. */
#ifndef SDBENCH_BASE_DTYPE_H
#define SDBENCH_BASE_DTYPE_H

#include <stddef.h>
#include <stdint.h>

/* To add a type: add a row, then its two converters in dtype.c. */
#define DTYPES(ROW)                                                                                                    \
    /*  name      bytes  safetensors */                                                                                \
    ROW(f32,      4,     "F32")                                                                                        \
    ROW(f16,      2,     "F16")                                                                                        \
    ROW(bf16,     2,     "BF16")                                                                                       \
    ROW(i32,      4,     "I32")                                                                                        \
    ROW(u8,       1,     "U8")

enum dtype {
#define ROW(name, bytes, tag) DTYPE_##name,
    DTYPES(ROW)
#undef ROW
    DTYPE_COUNT
};

struct dtype_info {
    const char *name; /* ours, and a part of option names: "bf16" */
    size_t bytes;
    const char *tag;  /* safetensors' */
};
extern const struct dtype_info dtypes[DTYPE_COUNT];

/* bfloat16 rounds to nearest even; NaN stays NaN. */
static inline uint16_t bf16_from_f32(float x)
{
    union { float f; uint32_t u; } v = {x};
    uint32_t rounded = v.u + 0x7fff + ((v.u >> 16) & 1);
    return (uint16_t)(((v.u & 0x7fffffff) > 0x7f800000 ? v.u | 0x400000 : rounded) >> 16);
}

static inline float f32_from_bf16(uint16_t h)
{
    union { uint32_t u; float f; } v = {(uint32_t)h << 16};
    return v.f;
}

/* The bits of `a` where `is` is 1, of `b` where it is 0: a choice that compilers turn into vector code at -O2. */
static inline uint32_t bits_choose(uint32_t is, uint32_t a, uint32_t b)
{
    return (a & -is) | (b & (is - 1));
}

/* IEEE half, denormals kept. A half's bits moved in place are 2^-112 of its value, which adding to the exponent mends;
 * with the exponent of 2^-14 above them instead, a denormal is 2^-14 too large, which subtracting mends. (Multiplying
 * by 2^112 would do for both, but processors are slow at denormal operands.) NaN stays NaN, payload and all. */
static inline float f32_from_f16(uint16_t h)
{
    uint32_t moved = (uint32_t)(h & 0x7fff) << 13;
    union { uint32_t u; float f; } denormal = {moved + (113u << 23)}, v;
    denormal.f -= 0x1p-14f;
    v.u = bits_choose(moved < (1u << 23), denormal.u, moved + (112u << 23));
    v.u += bits_choose(moved >= (31u << 23), 112u << 23, 0); /* infinity and NaN: an exponent of all ones */
    v.u |= (uint32_t)(h & 0x8000) << 16;
    return v.f;
}

/* Rounds to nearest even. Below 2^-14 adding 0.5, whose last bit is worth 2^-24, leaves the rounded multiple of a
 * half's last bit in the low bits of the sum. NaN becomes quiet and keeps the upper payload. */
static inline uint16_t f16_from_f32(float x)
{
    union { float f; uint32_t u; } v = {x}, sum;
    uint32_t sign = (v.u >> 16) & 0x8000;
    v.u &= 0x7fffffff;
    uint32_t rounded = (v.u + 0xfff + ((v.u >> 13) & 1) - (112u << 23)) >> 13;
    sum.f = v.f + 0.5f;
    uint32_t half = bits_choose(v.u < (113u << 23), sum.u & 0x7ff, rounded);
    half = bits_choose(v.u >= 0x477ff000, 0x7c00, half); /* 65520 and up */
    half = bits_choose(v.u > 0x7f800000, 0x7e00 | ((v.u >> 13) & 0x3ff), half);
    return (uint16_t)(half | sign);
}

/* Converts n elements; the buffers may not overlap, the one that is not float32 may have any alignment. float32 to i32
 * or u8 truncates and saturates (a NaN becomes the smallest). */
void dtype_to_f32(float *out, const void *in, enum dtype type, size_t n);
void dtype_from_f32(void *out, const float *in, enum dtype type, size_t n);

#endif
