/* Products of two activations, batched over (N,h). The library takes heads as they lie between the projections, keys
 * transposed by their strides included: no copies, and no slower than dense operands (measured). */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cpu/product.h"

static struct err bind(void *own, const struct binding *b)
{
    struct primitive *p = own;
    primitive_set(p, ROLE_X, b->input[0]);
    primitive_set(p, ROLE_WEIGHTS, b->input[1]);
    primitive_set(p, ROLE_Y, b->output[0]);
    primitive_set(p, ROLE_SCRATCH, b->scratch);
    return OK;
}

static struct err run(void *own)
{
    return primitive_run(own);
}

static void matmul_free(void *own)
{
    if (own)
        primitive_free(own);
    free(own);
}

static struct tensor transposed(struct tensor t)
{
    struct tensor u = t;
    u.dim[2] = t.dim[3];
    u.dim[3] = t.dim[2];
    u.stride[2] = t.stride[3];
    u.stride[3] = t.stride[2];
    return u;
}

static struct err plan(const struct site *s, struct primitive *p)
{
    struct tensor a = tensor_of(site_input(s, 0)), b = tensor_of(site_input(s, 1)), y = tensor_of(site_result(s));
    if (site_input(s, 0)->rate == RATE_LOAD || site_input(s, 1)->rate == RATE_LOAD)
        return err_fail("a factor is a weight: linear multiplies by weights");
    if (s->node->params.transpose)
        b = transposed(b);
    TRY(primitive_matmul(&s->cpu->library, &a, &b, NULL, &y, NULL, p));
    return refuse_reference(p);
}

struct err choose_matmul(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, matmul_free};
    TRY(kernel_make(s->node, &class, sizeof(struct primitive), out));
    TRY(kernel_keep(plan(s, out->own), out));
    out->scratch_bytes = primitive_bytes(out->own, ROLE_SCRATCH);
    snprintf(out->name, sizeof out->name, "matmul %s", primitive_kernel(out->own));
    return OK;
}
