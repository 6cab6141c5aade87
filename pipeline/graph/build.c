#include "pipeline/graph/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void graph_push(struct graph *g, const char *format, ...)
{
    size_t length = strlen(g->scope);
    if (length && length + 1 < sizeof g->scope)
        g->scope[length++] = '/';
    va_list args;
    va_start(args, format);
    int added = vsnprintf(g->scope + length, sizeof g->scope - length, format, args);
    va_end(args);
    if (length + (size_t)added >= sizeof g->scope)
        g->error = err_first(g->error, err_fail("%s...: scope is too deep", g->scope));
}

void graph_pop(struct graph *g)
{
    char *slash = strrchr(g->scope, '/');
    *(slash ? slash : g->scope) = 0;
}

value_id graph_input(struct graph *g, const char *name, enum dtype dtype, enum rate rate, struct shape shape)
{
    return graph_add_value(g, VALUE_INPUT, name, dtype, shape, rate);
}

value_id graph_state(struct graph *g, const char *name, enum dtype dtype, struct shape shape)
{
    return graph_add_value(g, VALUE_STATE, name, dtype, shape, RATE_LOOP);
}

void graph_state_next(struct graph *g, value_id state, value_id next)
{
    g->value[state].next = next;
}

void graph_output(struct graph *g, const char *name, value_id v)
{
    if (g->n_outputs == g->capacity_outputs) {
        int capacity = 2 * g->n_outputs + 8;
        struct graph_output *more = arena_alloc(&g->arena, (size_t)capacity * sizeof *more);
        if (g->n_outputs)
            memcpy(more, g->output, (size_t)g->n_outputs * sizeof *more);
        g->output = more;
        g->capacity_outputs = capacity;
    }
    g->output[g->n_outputs++] = (struct graph_output){arena_strdup(&g->arena, name), v};
}

int64_t graph_dim(const struct graph *g, value_id v, int i)
{
    struct shape s = g->value[v].shape;
    return s.dim[i < 0 ? s.rank + i : i];
}

/* The path of something called `name` in the current scope. */
static const char *path_of(struct graph *g, const char *name)
{
    return *g->scope ? arena_printf(&g->arena, "%s/%s", g->scope, name) : arena_strdup(&g->arena, name);
}

/* "unet/down_blocks.0/resnets.1/conv1" has weights "unet/down_blocks.0.resnets.1.conv1.weight". */
static value_id weight_of(struct graph *g, const char *path, const char *leaf, struct shape shape)
{
    char *name = arena_printf(&g->arena, "%s%s", path, leaf), *slash = strchr(name, '/');
    for (char *at = slash ? slash + 1 : name; *at; at++)
        if (*at == '/')
            *at = '.';
    return graph_add_value(g, VALUE_WEIGHT, name, DTYPE_f32, shape, RATE_LOAD);
}

static value_id append(struct graph *g, struct node n, const char *path)
{
    n.n_paths = 1;
    n.path = arena_alloc(&g->arena, sizeof *n.path);
    n.path[0] = path;
    node_id id = graph_add_node(g, &n, DTYPE_f32);
    return g->node[id].output[0];
}

value_id graph_conv(struct graph *g, const char *name, value_id x, int64_t channels, int kernel, int stride, int pad)
{
    const char *path = path_of(g, name);
    value_id weight = weight_of(g, path, ".weight", SHAPE(channels, graph_dim(g, x, 1), kernel, kernel));
    value_id bias = weight_of(g, path, ".bias", SHAPE(channels));
    return append(g,
                  (struct node){.op = OP_conv, .n_inputs = 3, .input = {weight, bias, x},
                                .params = {.stride = stride, .pad = {pad, pad, pad, pad}}},
                  path);
}

value_id graph_linear(struct graph *g, const char *name, value_id x, int64_t width, bool bias)
{
    const char *path = path_of(g, name);
    value_id weight = weight_of(g, path, ".weight", SHAPE(width, graph_dim(g, x, -1)));
    value_id b = bias ? weight_of(g, path, ".bias", SHAPE(width)) : NO_VALUE;
    return append(g, (struct node){.op = OP_linear, .n_inputs = 3, .input = {weight, b, x}}, path);
}

static value_id norm(struct graph *g, enum op op, const char *name, value_id x, int64_t channels, struct params p)
{
    const char *path = path_of(g, name);
    value_id weight = weight_of(g, path, ".weight", SHAPE(channels));
    value_id bias = weight_of(g, path, ".bias", SHAPE(channels));
    return append(g, (struct node){.op = op, .n_inputs = 3, .input = {weight, bias, x}, .params = p}, path);
}

value_id graph_group_norm(struct graph *g, const char *name, value_id x, int64_t groups, double eps)
{
    return norm(g, OP_group_norm, name, x, graph_dim(g, x, 1), (struct params){.groups = groups, .eps = eps});
}

value_id graph_layer_norm(struct graph *g, const char *name, value_id x, double eps)
{
    return norm(g, OP_layer_norm, name, x, graph_dim(g, x, -1), (struct params){.eps = eps});
}

value_id graph_embedding(struct graph *g, const char *name, value_id ids, int64_t rows, int64_t width)
{
    const char *path = path_of(g, name);
    value_id table = weight_of(g, path, ".weight", SHAPE(rows, width));
    return append(g, (struct node){.op = OP_embedding, .n_inputs = 2, .input = {table, ids}}, path);
}

value_id graph_weight(struct graph *g, const char *name, struct shape shape)
{
    return weight_of(g, path_of(g, name), ".weight", shape);
}

static value_id apply(struct graph *g, enum op op, const char *name, value_id a, value_id b, struct params p)
{
    struct node n = {.op = op, .n_inputs = b == NO_VALUE ? 1 : 2, .input = {a, b}, .params = p};
    return append(g, n, path_of(g, name));
}

value_id graph_matmul(struct graph *g, const char *name, value_id a, value_id b, bool transpose_b)
{
    return apply(g, OP_matmul, name, a, b, (struct params){.transpose = transpose_b});
}

value_id graph_softmax(struct graph *g, const char *name, value_id x, bool causal)
{
    return apply(g, OP_softmax, name, x, NO_VALUE, (struct params){.causal = causal});
}

value_id graph_unary(struct graph *g, enum op op, const char *name, value_id x)
{
    value_id y = apply(g, op, name, x, NO_VALUE, (struct params){0});
    if (op == OP_advance)
        g->value[y].dtype = g->value[x].dtype;
    return y;
}

value_id graph_binary(struct graph *g, enum op op, const char *name, value_id a, value_id b)
{
    return apply(g, op, name, a, b, (struct params){0});
}

value_id graph_scale(struct graph *g, const char *name, value_id x, double factor)
{
    return apply(g, OP_scale, name, x, NO_VALUE, (struct params){.factor = factor});
}

value_id graph_repeat(struct graph *g, const char *name, value_id x, int64_t times)
{
    return apply(g, OP_repeat, name, x, NO_VALUE, (struct params){.times = times});
}

value_id graph_upsample(struct graph *g, const char *name, value_id x, int64_t height, int64_t width)
{
    return apply(g, OP_upsample, name, x, NO_VALUE, (struct params){.height = height, .width = width});
}

value_id graph_guidance(struct graph *g, const char *name, value_id eps, double factor)
{
    return apply(g, OP_guidance, name, eps, NO_VALUE, (struct params){.factor = factor});
}

value_id graph_step_row(struct graph *g, const char *name, value_id table, value_id counter)
{
    return apply(g, OP_step_row, name, table, counter, (struct params){0});
}

value_id graph_pixels(struct graph *g, const char *name, value_id image, bool rounded)
{
    value_id v = apply(g, OP_pixels, name, image, NO_VALUE, (struct params){.rounded = rounded});
    g->value[v].dtype = DTYPE_u8;
    return v;
}

void graph_sampler_update(struct graph *g, const char *name, value_id coefficients, value_id eps, int states,
                          const value_id state[], value_id next[])
{
    struct node n = {.op = OP_sampler_update, .n_inputs = 2 + states, .input = {coefficients, eps}};
    for (int i = 0; i < states; i++)
        n.input[2 + i] = state[i];
    value_id first = append(g, n, path_of(g, name)); /* moves g->node and g->value */
    const struct node *made = &g->node[g->value[first].producer];
    for (int i = 0; i < states; i++) {
        next[i] = made->output[i];
        graph_state_next(g, state[i], next[i]);
    }
}

value_id graph_slice(struct graph *g, const char *name, value_id x, int64_t begin, int64_t end)
{
    return apply(g, OP_slice, name, x, NO_VALUE, (struct params){.begin = begin, .end = end});
}

value_id graph_image(struct graph *g, const char *name, value_id x, int64_t height, int64_t width)
{
    return apply(g, OP_image, name, x, NO_VALUE, (struct params){.height = height, .width = width});
}

value_id graph_split_heads(struct graph *g, const char *name, value_id x, int64_t heads)
{
    return apply(g, OP_split_heads, name, x, NO_VALUE, (struct params){.heads = heads});
}
