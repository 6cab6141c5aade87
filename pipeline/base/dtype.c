#include "pipeline/base/dtype.h"

#include <string.h>

const struct dtype_info dtypes[DTYPE_COUNT] = {
#define ROW(name, bytes, tag) [DTYPE_##name] = {#name, bytes, tag},
    DTYPES(ROW)
#undef ROW
};

/* Elements are moved by memcpy, since a mapped file may hold them at any address. */
#define READ(name, type, expression)                                                \
    static void read_##name(float *restrict out, const void *restrict in, size_t n) \
    {                                                                               \
        _Pragma("omp simd") for (size_t i = 0; i < n; i++)                          \
        {                                                                           \
            type x;                                                                 \
            memcpy(&x, (const char *)in + i * sizeof x, sizeof x);                  \
            out[i] = expression;                                                    \
        }                                                                           \
    }
READ(f32, float, x)
READ(f16, uint16_t, f32_from_f16(x))
READ(bf16, uint16_t, f32_from_bf16(x))
READ(i32, int32_t, (float)x)
READ(u8, uint8_t, (float)x)

#define WRITE(name, type, expression)                                                \
    static void write_##name(void *restrict out, const float *restrict in, size_t n) \
    {                                                                                \
        _Pragma("omp simd") for (size_t i = 0; i < n; i++)                           \
        {                                                                            \
            float x = in[i];                                                         \
            type y = (type)(expression);                                             \
            memcpy((char *)out + i * sizeof y, &y, sizeof y);                        \
        }                                                                            \
    }
WRITE(f32, float, x)
WRITE(f16, uint16_t, f16_from_f32(x))
WRITE(bf16, uint16_t, bf16_from_f32(x))
WRITE(i32, int32_t, x >= 0x1p31f ? 2147483647.0 : x > -0x1p31f ? (double)x : -2147483648.0)
WRITE(u8, uint8_t, x >= 255 ? 255 : x > 0 ? x : 0)

void dtype_to_f32(float *out, const void *in, enum dtype type, size_t n)
{
    static void (*const convert[])(float *restrict, const void *restrict, size_t) = {
#define ROW(name, bytes, tag) read_##name,
        DTYPES(ROW)
#undef ROW
    };
    convert[type](out, in, n);
}

void dtype_from_f32(void *out, const float *in, enum dtype type, size_t n)
{
    static void (*const convert[])(void *restrict, const float *restrict, size_t) = {
#define ROW(name, bytes, tag) write_##name,
        DTYPES(ROW)
#undef ROW
    };
    convert[type](out, in, n);
}
