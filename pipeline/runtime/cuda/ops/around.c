#include "pipeline/runtime/cuda/ops/around.h"

#include "pipeline/graph/place.h"

static void add(struct gather *g, int input, struct map map, size_t at)
{
    map.factor = 1;
    g->item[g->count++] = (struct gathered){map, input, at};
}

/* Strides of (N,C,H,W) stored channels last, or of rows. */
static struct view dense_view(const struct value *x, int64_t channels, enum dtype dtype)
{
    struct value dense = *x;
    dense.dtype = dtype;
    dense.shape.dim[x->shape.rank == 4 ? 1 : x->shape.rank - 1] = channels;
    layout_strides(x->shape.rank == 4 ? LAYOUT_channels_last : LAYOUT_rows, dense.shape, dense.stride);
    dense.shape = x->shape;
    return view_of(&dense);
}

static bool lies_ready(const struct value *x, enum dtype dtype)
{
    int64_t rows, width, pitch;
    if (x->dtype != dtype)
        return false;
    return x->shape.rank == 4 ? x->layout == LAYOUT_channels_last && value_is_dense(x)
                              : value_rows(x, &rows, &width, &pitch);
}

size_t gather_sources(struct gather *g, const struct site *s, enum dtype dtype, size_t at)
{
    const int first = node_first_activation(s->node), end = node_sources_end(s->node);
    int64_t channels = 0, before = 0, others = 1;
    if (end - first == 1 && lies_ready(site_input(s, first), dtype))
        return 0;
    for (int i = first; i < end; i++) {
        const struct shape *shape = &site_input(s, i)->shape;
        channels += shape->dim[shape->rank == 4 ? 1 : shape->rank - 1];
    }
    for (int i = first; i < end; i++) {
        const struct value *x = site_input(s, i);
        const int64_t own = x->shape.dim[x->shape.rank == 4 ? 1 : x->shape.rank - 1];
        add(g, i, (struct map){.a = view_of(x), .y = dense_view(x, channels, dtype)},
            at + (size_t)before * dtypes[dtype].bytes);
        before += own;
        others = shape_count(x->shape) / own;
    }
    return (size_t)(others * channels) * dtypes[dtype].bytes;
}

void gather_input(struct gather *g, const struct site *s, int input, enum dtype dtype, size_t at)
{
    struct value dense = *site_input(s, input);
    layout_strides(LAYOUT_rows, dense.shape, dense.stride);
    dense.dtype = dtype;
    add(g, input, (struct map){.a = view_of(site_input(s, input)), .y = view_of(&dense)}, at);
}

struct err gather_run(const struct gather *g, const struct cuda *c, const struct binding *b)
{
    for (int i = 0; i < g->count; i++) {
        struct map m = g->item[i].map;
        m.a.at = b->input[g->item[i].input];
        m.y.at = (char *)b->scratch + g->item[i].at;
        TRY(run_map(c, &m));
    }
    return OK;
}

struct finish finish_make(const struct site *s, enum dtype made, bool adds)
{
    const struct value *y = site_result(s);
    const int residual = s->node->params.residual && !adds ? s->node->n_inputs - 1 : -1;
    const enum activation activation = activation_of(
        ops[s->node->op].kind == KIND_PRODUCT && s->node->op != OP_geglu ? s->node->params.activation : 0);
    struct finish f = {
        .residual = residual, .in_place = made == y->dtype, .map = {.activation = activation, .factor = 1}};
    f.wanted = activation != ACTIVATION_none || residual >= 0 || !f.in_place;
    f.map.y = f.map.a = view_of(y);
    f.map.a.dtype = made;
    if (residual >= 0) {
        f.map.b = view_broadcast(site_input(s, residual), y);
        f.map.join = JOIN_add;
    }
    return f;
}

struct err finish_run(const struct finish *f, const struct cuda *c, const struct binding *b, const void *product)
{
    if (!f->wanted)
        return OK;
    struct map m = f->map;
    m.a.at = product;
    m.b.at = f->residual >= 0 ? b->input[f->residual] : NULL;
    m.y.at = b->output[0];
    return run_map(c, &m);
}

struct bias bias_make(const struct site *s, struct parameters *p, struct gather *g, enum dtype dtype, size_t *scratch)
{
    struct bias bias = {-1, -1, false, 0};
    if (s->node->input[IN_BIAS] == NO_VALUE)
        return bias;
    const struct value *v = site_input(s, IN_BIAS);
    if (v->rate == RATE_LOAD) {
        bias.parameter = parameters_add(p, s->node->input[IN_BIAS], dtype, shape_count(v->shape), 1, 1);
        return bias;
    }
    bias.input = IN_BIAS;
    if (v->dtype != dtype) {
        bias.gathered = true;
        bias.at = *scratch;
        gather_input(g, s, IN_BIAS, dtype, bias.at);
        *scratch += memory_aligned((size_t)shape_count(v->shape) * dtypes[dtype].bytes);
    }
    return bias;
}

void *bias_address(const struct bias *bias, const struct parameters *p, const struct binding *b)
{
    if (bias->parameter >= 0)
        return parameters_address(p, bias->parameter, b->weights);
    if (bias->input < 0)
        return NULL;
    return bias->gathered ? (char *)b->scratch + bias->at : (void *)(uintptr_t)b->input[bias->input];
}
