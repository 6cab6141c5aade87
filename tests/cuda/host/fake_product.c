/* The arithmetic that the libraries share: conversions, and the product of matrices. Its blocks of ROWS x COLUMNS of
 * the result stay in registers over DEPTH products. */
#include "pipeline/runtime/cpu/vector.h"
#include "tests/cuda/host/fake.h"

#include <string.h>

enum { ROWS = 4, COLUMNS = 32, DEPTH = 256 };

float fake_tf32(float x)
{
    union float_bits v = {x};
    if ((v.u & 0x7fffffff) < 0x7f800000)
        v.u = (v.u + 0xfff + ((v.u >> 13) & 1)) & ~0x1fffu;
    return v.f;
}

#define EACH(statement)             \
    for (int64_t i = 0; i < n; i++) \
    statement

void fake_gather(float *out, const void *in, enum dtype type, int64_t stride, int64_t n)
{
    const float *wide = in;
    const uint16_t *narrow = in;
    if (type == DTYPE_f32)
        EACH(out[i] = wide[i * stride]);
    else if (type == DTYPE_f16)
        EACH(out[i] = f32_from_f16(narrow[i * stride]));
    else
        EACH(out[i] = f32_from_bf16(narrow[i * stride]));
}

void fake_scatter(void *out, const float *in, enum dtype type, int64_t stride, int64_t n)
{
    float *wide = out;
    uint16_t *narrow = out;
    if (type == DTYPE_f32)
        EACH(wide[i * stride] = in[i]);
    else if (type == DTYPE_f16)
        EACH(narrow[i * stride] = f16_from_f32(in[i]));
    else
        EACH(narrow[i * stride] = bf16_from_f32(in[i]));
}

void fake_round(float *x, enum dtype type, int64_t n)
{
    if (type == DTYPE_f16)
        EACH(x[i] = f32_from_f16(f16_from_f32(x[i])));
    else if (type == DTYPE_bf16)
        EACH(x[i] = f32_from_bf16(bf16_from_f32(x[i])));
}

/* The block at y (rows x columns, at most ROWS x COLUMNS) += a b over `depth` products. b's rows have COLUMNS values.
 */
INLINE void block(float *y, const float *a, const float *b, int64_t rows, int64_t columns, int64_t n, int64_t k,
                  int64_t depth)
{
    float sum[ROWS][COLUMNS] = {{0}};
    for (int64_t l = 0; l < depth; l++)
        for (int64_t i = 0; i < rows; i++) {
            float left = a[i * k + l];
#pragma omp simd
            for (int64_t j = 0; j < COLUMNS; j++)
                sum[i][j] += left * b[l * COLUMNS + j];
        }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            y[i * n + j] += sum[i][j];
}

VECTOR static void fake_strip(float *y, const float *a, const float *b, int64_t m, int64_t columns, int64_t n,
                              int64_t k, int64_t depth)
{
    int64_t i = 0;
    for (; i + ROWS <= m; i += ROWS)
        block(y + i * n, a + i * k, b, ROWS, columns, n, k, depth);
    if (i < m)
        block(y + i * n, a + i * k, b, m - i, columns, n, k, depth);
}

void fake_product(float *y, const float *a, const float *b, int64_t m, int64_t n, int64_t k)
{
    float strip[DEPTH * COLUMNS];
    memset(y, 0, (size_t)(m * n) * sizeof *y);
    for (int64_t l = 0; l < k; l += DEPTH) {
        int64_t depth = k - l < DEPTH ? k - l : DEPTH;
        for (int64_t j = 0; j < n; j += COLUMNS) {
            int64_t columns = n - j < COLUMNS ? n - j : COLUMNS;
            memset(strip, 0, sizeof strip);
            for (int64_t d = 0; d < depth; d++)
                memcpy(strip + d * COLUMNS, b + (l + d) * n + j, (size_t)columns * sizeof *b);
            fake_strip(y + j, a + l, strip, m, columns, n, k, depth);
        }
    }
}
