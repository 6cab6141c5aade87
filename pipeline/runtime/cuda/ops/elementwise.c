/* Elementwise operations and operations that copy values to other places: each is a few maps (kernels/map.cu). */
#include "pipeline/graph/place.h"

#include "pipeline/runtime/cuda/ops/operand.h"
#include "pipeline/runtime/cuda/ops/parameters.h"

enum { MAPS = MAX_INPUTS };

struct maps {
    struct cuda *cuda;
    struct parameters parameters; /* an operand from the checkpoint: positions */
    int weight;                   /* its index, or -1 */
    int count;
    struct {
        struct map map;
        int a, b;     /* inputs; b is -1 where there is none */
        size_t first; /* byte of the result where it begins */
    } item[MAPS];
};

static struct err load(void *own, const struct loader *loader, void *weights)
{
    return parameters_load(&((struct maps *)own)->parameters, loader, weights);
}

static struct err bind(void *own, const struct binding *b)
{
    struct maps *k = own;
    for (int i = 0; i < k->count; i++) {
        struct map *m = &k->item[i].map;
        m->a.at = b->input[k->item[i].a];
        if (k->item[i].b >= 0)
            m->b.at =
                k->weight >= 0 ? parameters_address(&k->parameters, k->weight, b->weights) : b->input[k->item[i].b];
        m->y.at = (char *)b->output[0] + k->item[i].first;
    }
    return OK;
}

static struct err run(void *own)
{
    const struct maps *k = own;
    for (int i = 0; i < k->count; i++)
        TRY(run_map(k->cuda, &k->item[i].map));
    return OK;
}

static struct err make(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, kernel_free_block};
    TRY(kernel_make(s->node, &class, sizeof(struct maps), out));
    struct maps *k = out->own;
    k->cuda = s->cuda;
    k->parameters.cuda = s->cuda;
    k->weight = -1;
    if (site_input(s, 0)->rate == RATE_LOAD)
        return kernel_keep(err_fail("computes on activations, not on weights alone"), out);
    return OK;
}

static struct err choose_map(const struct site *s, enum activation activation, enum join join, float factor,
                             struct kernel *out)
{
    const struct value *y = site_result(s);
    TRY(make(s, out));
    struct maps *k = out->own;
    const bool two = join != JOIN_none, loaded = two && site_input(s, 1)->rate == RATE_LOAD;
    k->count = 1;
    k->item[0].b = two ? 1 : -1;
    k->item[0].map = (struct map){.a = view_broadcast(site_input(s, 0), y),
                                  .y = view_of(y),
                                  .activation = activation,
                                  .join = join,
                                  .factor = factor};
    if (two)
        k->item[0].map.b = view_broadcast(site_input(s, 1), y);
    if (loaded) { /* kept dense, in its own type */
        struct value dense = *site_input(s, 1);
        int64_t step = 1;
        for (int i = dense.shape.rank - 1; i >= 0; i--) {
            dense.stride[i] = step;
            step *= dense.shape.dim[i];
        }
        k->item[0].map.b = view_broadcast(&dense, y);
        k->weight = parameters_add(&k->parameters, s->node->input[1], dense.dtype, step, 1, 1);
        out->weight_bytes = k->parameters.bytes;
    }
    return OK;
}

#define CHOOSE(name, activation, join, factor)                                   \
    struct err choose_##name(const struct site *s, struct kernel *out)           \
    {                                                                            \
        return choose_map(s, ACTIVATION_##activation, JOIN_##join, factor, out); \
    }
// clang-format off
CHOOSE(silu,       silu,       none, 1)
CHOOSE(gelu_erf,   gelu_erf,   none, 1)
CHOOSE(gelu_tanh,  gelu_tanh,  none, 1)
CHOOSE(gelu_quick, gelu_quick, none, 1)
CHOOSE(add,        none,       add,  1)
CHOOSE(mul,        none,       mul,  1)
CHOOSE(scale,      none,       none, (float)s->node->params.factor)
CHOOSE(cast,       none,       none, 1)
CHOOSE(reorder,    none,       none, 1)
// clang-format on

/* Each source into its channels of the result. */
struct err choose_concat(const struct site *s, struct kernel *out)
{
    const struct value *y = site_result(s);
    int64_t channel = 0;
    TRY(make(s, out));
    struct maps *k = out->own;
    for (int i = 0; i < s->node->n_inputs; i++) {
        struct value part = *y;
        part.shape = site_input(s, i)->shape;
        k->item[i].map = (struct map){.a = view_of(site_input(s, i)), .y = view_of(&part), .factor = 1};
        k->item[i].a = i;
        k->item[i].b = -1;
        k->item[i].first = (size_t)(channel * y->stride[1]) * dtypes[y->dtype].bytes;
        channel += part.shape.dim[1];
    }
    k->count = s->node->n_inputs;
    return OK;
}

/* The batch comes `times` times: a dimension of stride 0 in front. Both lie in one order, and densely, so that an image
 * is one run of values. */
struct err choose_repeat(const struct site *s, struct kernel *out)
{
    const struct value *x = site_input(s, 0), *y = site_result(s);
    const int64_t times = s->node->params.times, count = shape_count(x->shape);
    TRY(make(s, out));
    struct maps *k = out->own;
    bool same = x->shape.rank == y->shape.rank && value_is_dense(x) && value_is_dense(y);
    for (int i = 0; i < x->shape.rank && same; i++)
        same = x->shape.dim[i] == 1 || x->stride[i] == y->stride[i];
    if (!same)
        return kernel_keep(err_fail("repeats dense values of one order: a reorder is missing"), out);
    k->count = 1;
    k->item[0].b = -1;
    k->item[0].map = (struct map){
        .a = view_dense(x->dtype, 1, 1, times, count), .y = view_dense(y->dtype, 1, 1, times, count), .factor = 1};
    k->item[0].map.a.stride[2] = 0;
    return OK;
}
