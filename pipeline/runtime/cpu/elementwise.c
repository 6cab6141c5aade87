/* Operations whose result element depends on one element of each operand. */
#include "pipeline/runtime/cpu/activations.h"
#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/walk.h"

enum { Y, A, B, OPERANDS };

struct operand {
    enum dtype dtype;
    int input;       /* of the node */
    int64_t first;   /* element of that input */
    value_id packed; /* computed at load, and kept as floats; else NO_VALUE */
    int64_t packed_at;
    void *address;
};

struct elementwise {
    elementwise_fn *apply; /* NULL: the values as they are (cast) */
    float factor;
    struct walk walk; /* over the result, then one or two operands */
    struct operand operand[OPERANDS];
};

/* An operand's elements of a piece as n floats. */
static const float *read_operand(const struct elementwise *k, int o, int64_t offset, int64_t n, float *buffer)
{
    const struct operand *x = &k->operand[o];
    const void *at = element(x->address, x->dtype, offset);
    if (k->walk.step[o])
        return floats_read(at, x->dtype, n, buffer);
    floats_fill(buffer, *floats_read(at, x->dtype, 1, buffer), n);
    return buffer;
}

static void piece(const void *context, const int64_t offset[WALK_VALUES], int64_t n)
{
    const struct elementwise *k = context;
    const struct operand *y = &k->operand[Y];
    float buffer[OPERANDS][WALK_PIECE];
    void *out = element_out(y->address, y->dtype, offset[Y]);
    const float *a = read_operand(k, A, offset[A], n, buffer[A]);
    const float *b = k->walk.values > B ? read_operand(k, B, offset[B], n, buffer[B]) : NULL;
    float *result = floats_target(out, y->dtype, buffer[Y]);
    if (k->apply)
        k->apply(result, a, b, k->factor, n);
    floats_write(out, y->dtype, n, k->apply ? result : a);
}

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct elementwise *k = own;
    for (int o = A; o < k->walk.values; o++)
        if (k->operand[o].packed != NO_VALUE)
            TRY(loader_copy_f32(loader, k->operand[o].packed, (float *)weights + k->operand[o].packed_at));
    return OK;
}

static struct err bind(void *own, const struct binding *b)
{
    struct elementwise *k = own;
    k->operand[Y].address = b->output[0];
    for (int o = A; o < k->walk.values; o++) {
        struct operand *x = &k->operand[o];
        const void *input = x->packed == NO_VALUE ? b->input[x->input] : element(b->weights, DTYPE_f32, x->packed_at);
        x->address = (void *)(uintptr_t)element(input, x->dtype, x->first);
    }
    return OK;
}

static struct err run(void *own)
{
    const struct elementwise *k = own;
    walk_run(&k->walk, piece, k);
    return OK;
}

/* value: the result, then the operands, which are the node's inputs in order. */
static struct err choose(const struct site *s, const struct value *const value[], int values, elementwise_fn *apply,
                         struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, kernel_free_block};
    TRY(kernel_make(s->node, &class, sizeof(struct elementwise), out));
    struct elementwise *k = out->own;
    k->apply = apply;
    k->factor = (float)s->node->params.factor;
    k->walk = walk_make(values, value);
    walk_split(&k->walk);
    for (int o = 0; o < values; o++) {
        struct operand *x = &k->operand[o];
        *x = (struct operand){.dtype = value[o]->dtype, .input = o - 1, .packed = NO_VALUE};
        if (o == Y || value[o]->rate != RATE_LOAD)
            continue;
        x->packed = s->node->input[x->input];
        x->dtype = DTYPE_f32;
        x->packed_at = (int64_t)(out->weight_bytes / sizeof(float));
        out->weight_bytes += (size_t)shape_count(value[o]->shape) * sizeof(float);
    }
    return OK;
}

static struct err choose_unary(const struct site *s, elementwise_fn *apply, struct kernel *out)
{
    const struct value *const value[] = {site_result(s), site_input(s, 0)};
    return choose(s, value, ARRAY_LEN(value), apply, out);
}

static struct err choose_binary(const struct site *s, elementwise_fn *apply, struct kernel *out)
{
    const struct value *const value[] = {site_result(s), site_input(s, 0), site_input(s, 1)};
    return choose(s, value, ARRAY_LEN(value), apply, out);
}

#define UNARY(name, apply)                                             \
    struct err choose_##name(const struct site *s, struct kernel *out) \
    {                                                                  \
        return choose_unary(s, apply, out);                            \
    }
#define BINARY(name, apply)                                            \
    struct err choose_##name(const struct site *s, struct kernel *out) \
    {                                                                  \
        return choose_binary(s, apply, out);                           \
    }
UNARY(silu, vector_silu)
UNARY(gelu_erf, vector_gelu_erf)
UNARY(gelu_tanh, vector_gelu_tanh)
UNARY(gelu_quick, vector_gelu_quick)
UNARY(scale, vector_scale)
UNARY(cast, NULL)
BINARY(add, vector_add)
BINARY(mul, vector_mul)

/* The two halves of the batch are the operands. */
struct err choose_guidance(const struct site *s, struct kernel *out)
{
    struct value half = *site_input(s, 0);
    half.shape.dim[0] /= 2;
    const struct value *const value[] = {site_result(s), &half, &half};
    TRY(choose(s, value, ARRAY_LEN(value), vector_guidance, out));
    struct elementwise *k = out->own;
    k->operand[B].input = 0;
    k->operand[B].first = half.shape.dim[0] * half.stride[0];
    return OK;
}
