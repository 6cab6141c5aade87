/* Nearest neighbour: output row i shows input row floor(i * in / out), as torch has it; columns alike. */
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"

struct upsample {
    struct value x, y;
    const char *from;
    char *to;
};

static struct err bind(void *own, const struct binding *b)
{
    struct upsample *k = own;
    k->from = b->input[0];
    k->to = b->output[0];
    return OK;
}

/* One row of pixels; channels lie side by side. */
static void widen(const struct upsample *k, int64_t image, int64_t row)
{
    const int64_t *in = k->x.shape.dim, *out = k->y.shape.dim, size = (int64_t)value_size(&k->y);
    const char *from = k->from + (image * k->x.stride[0] + row * in[2] / out[2] * k->x.stride[2]) * size;
    char *to = k->to + (image * k->y.stride[0] + row * k->y.stride[2]) * size;
    for (int64_t i = 0; i < out[3]; i++)
        memcpy(to + i * k->y.stride[3] * size, from + i * in[3] / out[3] * k->x.stride[3] * size,
               (size_t)(out[1] * size));
}

static struct err run(void *own)
{
    const struct upsample *k = own;
    const int64_t *out = k->y.shape.dim;
#pragma omp parallel for schedule(static) if (shape_count(k->y.shape) >= PARALLEL_FROM)
    for (int64_t i = 0; i < out[0] * out[2]; i++)
        widen(k, i / out[2], i % out[2]);
    return OK;
}

struct err choose_upsample(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, kernel_free_block};
    const struct value *x = site_input(s, 0), *y = site_result(s);
    if (x->dtype != y->dtype)
        return err_fail("does not convert: a cast is missing");
    if (y->shape.dim[1] > 1 && (x->stride[1] != 1 || y->stride[1] != 1))
        return err_fail("needs images channels last: a reorder is missing");
    TRY(kernel_make(s->node, &class, sizeof(struct upsample), out));
    struct upsample *k = out->own;
    k->x = *x;
    k->y = *y;
    return OK;
}
