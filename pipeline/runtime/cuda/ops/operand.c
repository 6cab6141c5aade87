#include "pipeline/runtime/cuda/ops/operand.h"

struct view view_of(const struct value *v)
{
    struct view w = {.dtype = v->dtype, .dim = {1, 1, 1, 1}};
    const int shift = MAX_RANK - v->shape.rank;
    for (int i = 0; i < v->shape.rank; i++) {
        w.dim[shift + i] = v->shape.dim[i];
        w.stride[shift + i] = v->stride[i];
    }
    return w;
}

struct view view_broadcast(const struct value *v, const struct value *like)
{
    struct view w = view_of(v);
    const struct view whole = view_of(like);
    for (int i = 0; i < MAX_RANK; i++) {
        if (w.dim[i] == 1)
            w.stride[i] = 0;
        w.dim[i] = whole.dim[i];
    }
    return w;
}

struct view view_dense(enum dtype dtype, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (struct view){.dtype = dtype, .dim = {a, b, c, d}, .stride = {b * c * d, c * d, d, 1}};
}

bool value_rows(const struct value *v, int64_t *rows, int64_t *width, int64_t *pitch)
{
    const struct view w = view_of(v);
    int64_t n = 1, step = 0, next = 0;
    *width = w.dim[3];
    if (w.dim[3] > 1 && w.stride[3] != 1)
        return false;
    for (int i = 2; i >= 0; i--) {
        if (w.dim[i] == 1)
            continue;
        if (!step)
            step = next = w.stride[i];
        if (w.stride[i] != next)
            return false;
        next *= w.dim[i];
        n *= w.dim[i];
    }
    *rows = n;
    *pitch = step ? step : w.dim[3];
    return true;
}

enum activation activation_of(int64_t op)
{
    static const enum activation of[OP_COUNT] = {[OP_silu] = ACTIVATION_silu,
                                                 [OP_gelu_erf] = ACTIVATION_gelu_erf,
                                                 [OP_gelu_tanh] = ACTIVATION_gelu_tanh,
                                                 [OP_gelu_quick] = ACTIVATION_gelu_quick};
    return of[op];
}

struct err run_map(const struct cuda *c, const struct map *m)
{
    return cuda_check(launch_map(m, c->stream), "an elementwise kernel");
}
