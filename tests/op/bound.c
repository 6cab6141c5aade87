/* How far a correct kernel may be from the reference; u = 2^-24 is half a unit in the last place of float32.
 *
 * float32 arithmetic: each of the K additions of a sum of terms of random sign adds an error of up to u times the
 * partial sum, in random directions: about u sqrt(K) / 3 relative to the result, whatever the order. Three times that
 * is allowed. Where a kernel has no long sums it makes a few roundings of u each. 16-bit results: both sides round
 * nearly the same number, so they differ, by one unit in the last place, only where the boundary between two roundings
 * lies between the two: for a share error / ulp of the results, with the float32 error from above. A few more are
 * allowed, because in small results chance does not average out. */
#include <math.h>

#include "tests/op/cases.h"

/* A unit in the last place of a 16-bit type, relative to the smallest number that has it. */
static double ulp_of(enum dtype dtype)
{
    return dtype == DTYPE_f16 ? 0x1p-10 : 0x1p-7;
}

static double own_error(const struct op_case *c)
{
    const double u = 0x1p-24, shift = fabs((double)c->shift);
    switch (c->op) {
    case OP_conv:
        return u * (1 + sqrt((double)((c->c[0] + c->c[1] + c->c[2]) * c->kernel * c->kernel)));
    case OP_linear:
        return u * (1 + sqrt((double)c->c[0]));
    case OP_subpixel_conv: /* taps are sums, rounded */
        return u * (2 + sqrt((double)(c->c[0] * 4)));
    case OP_geglu: /* two sums, and what the activation does */
        return u * (1 + 2 * sqrt((double)c->c[0]));
    case OP_attention: /* scores, of size 1, are exponents; shares of 16-bit operands are rounded to 16 bit themselves
                        */
        return u * (4 + sqrt((double)c->d) + sqrt((double)c->s)) + (c->read == DTYPE_f32 ? 0 : ulp_of(c->read) / 4);
    case OP_matmul:
        return u * (1 + sqrt((double)(c->params.transpose ? c->d : c->s)));
    case OP_group_norm: /* the mean is good to u times the values, however near each other these are */
        return u * (8 + shift);
    case OP_layer_norm:
        return u * (4 + shift);
    case OP_softmax: /* exp(-t) makes u t out of the rounding of t, but t exp(-t) is small */
    case OP_silu:
    case OP_gelu_erf:
    case OP_gelu_tanh:
    case OP_gelu_quick:
    case OP_guidance:
    case OP_sampler_update:
        return 4 * u;
    case OP_scale: /* the factor is rounded too */
        return 2 * u;
    case OP_add: /* one rounding is the reference's, unless another follows */
    case OP_mul:
        return c->write == DTYPE_f32 ? 0 : u;
    default: /* moves and conversions are exact */
        return 0;
    }
}

/* Libraries for GPUs take a bias in the type of the product, and what they cannot fuse goes through memory in that
 * type: each is a rounding of half a unit at most, a third of one in the mean. */
static double stepwise_error(const struct op_case *c)
{
    const bool product = ops[c->op].kind == KIND_PRODUCT && c->op != OP_attention && c->op != OP_matmul;
    const int roundings = (product && !c->no_bias) + (product && c->params.activation != 0) + (c->op == OP_geglu);
    return c->stepwise && c->read != DTYPE_f32 ? roundings * ulp_of(c->read) / 3 : 0;
}

/* What is fused into an operation rounds on its own. */
static double float32_error(const struct op_case *c)
{
    const double u = 0x1p-24;
    return own_error(c) + stepwise_error(c) + (c->params.activation ? 4 * u : 0) + (c->params.residual ? u : 0);
}

double case_bound(const struct op_case *c, size_t n)
{
    const double ulp = ulp_of(c->write);
    double results = (double)n, error = float32_error(c);
    if (c->op == OP_pixels) /* as below: one level in a few results, which are about 100 */
        return sqrt((2 + 1e-4 * results) / results) / 100;
    if (c->write == DTYPE_f32 || error == 0)
        return error;
    return ulp * sqrt(fmin(1, (4 + 2 * results * error / ulp) / results));
}
