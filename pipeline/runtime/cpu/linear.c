/* x W^T + b: one product of matrices over all rows of x. */
#include "pipeline/runtime/cpu/product.h"

/* A value as a matrix: all dimensions but the last as one. */
static struct err matrix_of(const struct value *v, const char *what, struct tensor *out)
{
    int last = v->shape.rank - 1;
    *out = (struct tensor){.dtype = v->dtype, .rank = 2, .dim = {1, v->shape.dim[last]}};
    int64_t step = v->shape.dim[last]; /* of rows; that of one row does not matter */
    for (int i = last - 1; i >= 0; i--) {
        if (v->shape.dim[i] == 1)
            continue;
        if (out->dim[0] == 1)
            step = v->stride[i];
        else if (v->stride[i] != out->dim[0] * step)
            return err_fail("the rows of %s are not evenly spaced in memory: a reorder is missing", what);
        out->dim[0] *= v->shape.dim[i];
    }
    if (v->stride[last] != 1 && v->shape.dim[last] > 1)
        return err_fail("the rows of %s are not contiguous in memory: a reorder is missing", what);
    out->stride[0] = step;
    out->stride[1] = 1;
    return OK;
}

static struct err plan(const struct site *s, struct product *k)
{
    const struct value *weight = site_input(s, IN_WEIGHT); /* (N,K): as a second factor its transpose */
    struct tensor x, y, b = tensor_bias(2, weight->shape.dim[0]);
    TRY(matrix_of(site_input(s, IN_X), "x", &x));
    TRY(matrix_of(site_result(s), "the result", &y));
    const struct tensor w = {.dtype = weight->dtype,
                             .rank = 2,
                             .dim = {weight->shape.dim[1], weight->shape.dim[0]},
                             .stride = {weight->stride[1], weight->stride[0]}};
    return product_add_matrices(s, k, 0, &x, &w, 0, k->bias == NO_VALUE ? NULL : &b, &y);
}

struct err choose_linear(const struct site *s, struct kernel *out)
{
    TRY(product_make(s, out));
    TRY(kernel_keep(plan(s, out->own), out));
    return product_finish(s, out);
}
