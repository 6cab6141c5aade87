/* How far a correct kernel may be from the reference.
 *
 * float32 arithmetic: each of K rounded additions of a sum of terms of random sign adds an error of at most u = 2^-24
 * of the partial sum, in random directions: relative to the result about u sqrt(K), times a small factor for the
 * products and the final rounding. An order of summation by blocks only makes it smaller. 16-bit results: both sides
 * round the nearly same number, so they differ, by one unit in the last place, only where a boundary between two
 * roundings lies between the two: for a share e / ulp of the results, if e is the float32 error above. A few more are
 * allowed, because in small results chance does not average out. */
#include <math.h>

#include "tests/op/cases.h"

static const double unit = 0x1p-24; /* of float32 */

/* Length of sums, times what is lost before them. */
static double float32_error(const struct op_case *c)
{
    double spread = fabs((double)c->scale) > 1 ? fabs((double)c->scale) : 1, shift = fabs((double)c->shift);
    switch (c->op) {
    case OP_conv:
        return 2 * unit * sqrt((double)((c->c[0] + c->c[1] + c->c[2]) * c->kernel * c->kernel));
    case OP_linear:
        return 2 * unit * sqrt((double)c->c[0]);
    case OP_matmul:
        return 2 * unit * sqrt((double)(c->params.transpose ? c->d : c->s));
    case OP_group_norm:
    case OP_layer_norm: /* the mean is good to u times the values, which may be far from it */
        return 8 * unit * (1 + shift);
    case OP_softmax: /* exp turns an error of its argument into a relative one */
        return 8 * unit * (1 + spread);
    case OP_silu:
    case OP_gelu_erf:
    case OP_gelu_tanh:
    case OP_gelu_quick: /* polynomials for exp, erf and tanh */
        return 16 * unit;
    case OP_guidance: /* 7.5 times a difference: terms larger than the result */
        return 4 * unit * (1 + c->params.factor);
    case OP_sampler_update: /* random coefficients: the terms may cancel */
        return 16 * unit;
    case OP_add:
    case OP_mul:
    case OP_scale:
        return unit;
    default: /* moves and conversions are exact */
        return 0;
    }
}

double case_bound(const struct op_case *c, size_t n)
{
    if (c->op == OP_pixels) /* one level, where a level's boundary lies between the two: see above */
        return sqrt((2 + 1e-4 * (double)n) / (double)n) / 100;
    double error = float32_error(c);
    if (c->write != DTYPE_bf16 || error == 0)
        return error;
    const double ulp = 0x1p-7;
    double flips = 4 + 2 * (double)n * error / ulp;
    return ulp * sqrt(fmin(1, flips / (double)n));
}
