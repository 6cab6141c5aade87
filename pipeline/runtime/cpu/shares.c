#include "pipeline/runtime/cpu/shares.h"

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/vector.h"

enum { BLOCK = 512 /* sums of so many stay exact enough in float32 */ };

VECTOR static float largest(const float *x, int64_t n)
{
    int32_t order = INT32_MIN;
#pragma omp simd reduction(max : order)
    for (int64_t i = 0; i < n; i++) {
        int32_t o = vector_ordered(x[i]);
        order = o > order ? o : order;
    }
    return vector_unordered(order);
}

/* y[i] = 2^(x[i] factor + shift), and their sum. y may be x. */
VECTOR static float powers(float *y, const float *x, float factor, float shift, int64_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
        float e = vector_exp2(fmaf(x[i], factor, shift));
        sum += e;
        y[i] = e;
    }
    return sum;
}

VECTOR static float powers_to_bf16(uint16_t *restrict y, const float *restrict x, float factor, float shift, int64_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
        float e = vector_exp2_short(fmaf(x[i], factor, shift));
        sum += e;
        y[i] = vector_bf16(e);
    }
    return sum;
}

float shares_largest(const float *x, int64_t n)
{
    return largest(x, n);
}

double shares_exponentials(void *y, enum dtype dtype, const float *x, float factor, float top, int64_t n)
{
    const float log2_e = 0x1.715476p0f, by = factor * log2_e, shift = -top * by;
    double sum = 0;
    for (int64_t i = 0; i < n; i += BLOCK) {
        int64_t some = n - i < BLOCK ? n - i : BLOCK;
        void *to = element_out(y, dtype, i);
        sum += (double)(dtype == DTYPE_f32 ? powers(to, x + i, by, shift, some)
                                           : powers_to_bf16(to, x + i, by, shift, some));
    }
    return sum;
}
