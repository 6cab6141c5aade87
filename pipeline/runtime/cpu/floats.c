#include "pipeline/runtime/cpu/floats.h"

#include <string.h>

#include "pipeline/runtime/cpu/vector.h"

VECTOR static void from_bf16(float *restrict out, const uint16_t *restrict in, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        out[i] = f32_from_bf16(in[i]);
}

VECTOR static void to_bf16(uint16_t *restrict out, const float *restrict in, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        out[i] = bf16_from_f32(in[i]);
}

VECTOR static void scale_to_bf16(uint16_t *restrict out, const float *restrict in, float factor, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        out[i] = bf16_from_f32(factor * in[i]);
}

VECTOR static void scale_to_f32(float *out, const float *in, float factor, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        out[i] = factor * in[i];
}

const float *floats_read(const void *in, enum dtype dtype, int64_t n, float *buffer)
{
    if (dtype == DTYPE_f32)
        return in;
    from_bf16(buffer, in, n);
    return buffer;
}

float *floats_target(void *out, enum dtype dtype, float *buffer)
{
    return dtype == DTYPE_f32 ? out : buffer;
}

void floats_write(void *out, enum dtype dtype, int64_t n, const float *from)
{
    if (dtype == DTYPE_bf16)
        to_bf16(out, from, n);
    else if (from != out)
        memcpy(out, from, (size_t)n * sizeof *from);
}

void floats_write_scaled(void *out, enum dtype dtype, int64_t n, const float *from, float factor)
{
    if (dtype == DTYPE_bf16)
        scale_to_bf16(out, from, factor, n);
    else
        scale_to_f32(out, from, factor, n);
}

void floats_fill(float *out, float value, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = value;
}
