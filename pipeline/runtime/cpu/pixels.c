/* Images in [-1,1] to bytes: (N,3,H,W) to (N,H,W,3). */
#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/vector.h"
#include "pipeline/runtime/cpu/walk.h"

enum { Y, X, VALUES };

struct pixels {
    struct walk walk;
    enum dtype dtype;
    bool rounded;
    const void *x;
    uint8_t *y;
};

/* In double, so that a level on the edge of a whole number falls as it should. Halves are rounded to even. NaN is 0. */
VECTOR static void levels(uint8_t *restrict y, const float *restrict x, bool rounded, int64_t n)
{
    const double shift = rounded ? 0x1.8p52 : 0;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        double level = ((double)x[i] + 1) * 0.5 * 255;
        level = level > 0 ? level : 0;
        level = level < 255 ? level : 255;
        level = level + shift - shift;
        y[i] = (uint8_t)(int32_t)level;
    }
}

static void piece(const void *context, const int64_t offset[WALK_VALUES], int64_t n)
{
    const struct pixels *k = context;
    float buffer[WALK_PIECE];
    const float *x = floats_read(element(k->x, k->dtype, offset[X]), k->dtype, n, buffer);
    levels(k->y + offset[Y], x, k->rounded, n);
}

static struct err bind(void *own, const struct binding *b)
{
    struct pixels *k = own;
    k->x = b->input[0];
    k->y = b->output[0];
    return OK;
}

static struct err run(void *own)
{
    const struct pixels *k = own;
    walk_run(&k->walk, piece, k);
    return OK;
}

struct err choose_pixels(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, kernel_free_block};
    struct value x = *site_input(s, 0);
    const struct value *const value[VALUES] = {site_result(s), &x};
    const int order[MAX_RANK] = {0, 2, 3, 1};
    for (int i = 0; i < MAX_RANK; i++) {
        x.shape.dim[i] = site_input(s, 0)->shape.dim[order[i]];
        x.stride[i] = site_input(s, 0)->stride[order[i]];
    }
    TRY(kernel_make(s->node, &class, sizeof(struct pixels), out));
    struct pixels *k = out->own;
    *k = (struct pixels){.walk = walk_make(VALUES, value), .dtype = x.dtype, .rounded = s->node->params.rounded};
    walk_split(&k->walk);
    return OK;
}
