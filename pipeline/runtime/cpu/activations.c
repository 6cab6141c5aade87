#include "pipeline/runtime/cpu/activations.h"

#include "pipeline/runtime/cpu/vector.h"

#define ELEMENTWISE(name, expression)                                                                                \
    VECTOR static void name##_all(float *restrict y, const float *restrict a, const float *restrict b, float factor, \
                                  int64_t n)                                                                         \
    {                                                                                                                \
        (void)b;                                                                                                     \
        (void)factor;                                                                                                \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) y[i] = expression;                                       \
    }                                                                                                                \
    void vector_##name(float *restrict y, const float *restrict a, const float *restrict b, float factor, int64_t n) \
    {                                                                                                                \
        name##_all(y, a, b, factor, n);                                                                              \
    }

/* GELU by tanh: (1 + tanh u) / 2 = sigmoid(2 u), which does not cancel. */
static const float sqrt_8_over_pi = 1.5957691216f;

ELEMENTWISE(silu, a[i] * vector_sigmoid(a[i]))
ELEMENTWISE(gelu_erf, vector_gelu(a[i]))
ELEMENTWISE(gelu_tanh, a[i] * vector_sigmoid(sqrt_8_over_pi * a[i] * fmaf(0.044715f * a[i], a[i], 1.f)))
ELEMENTWISE(gelu_quick, a[i] * vector_sigmoid(1.702f * a[i]))
ELEMENTWISE(scale, a[i] * factor)
ELEMENTWISE(add, a[i] + b[i])
ELEMENTWISE(mul, a[i] * b[i])
ELEMENTWISE(guidance, fmaf(factor, b[i] - a[i], a[i]))

elementwise_fn *activation_of(int64_t op)
{
    static elementwise_fn *const rows[OP_COUNT] = {[OP_silu] = vector_silu,
                                                   [OP_gelu_erf] = vector_gelu_erf,
                                                   [OP_gelu_tanh] = vector_gelu_tanh,
                                                   [OP_gelu_quick] = vector_gelu_quick};
    return rows[op];
}
