/* The graph of a case: its operation, the views that the models have around it, and inputs. */
#include <stdio.h>
#include <string.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/place.h"
#include "tests/op/cases.h"

static value_id input(struct graph *g, const char *name, enum dtype dtype, struct shape shape, enum layout layout)
{
    value_id v = graph_input(g, name, dtype, RATE_LOOP, shape);
    g->value[v].layout = layout;
    return v;
}

static value_id node(struct graph *g, enum op op, int n_inputs, const value_id in[], struct params params,
                     enum dtype dtype, enum layout layout)
{
    struct node n = {.op = op, .n_inputs = n_inputs, .params = params, .n_paths = 1};
    memcpy(n.input, in, (size_t)n_inputs * sizeof *in);
    n.path = arena_alloc(&g->arena, sizeof *n.path);
    n.path[0] = arena_strdup(&g->arena, ops[op].name);
    node_id id = graph_add_node(g, &n, dtype);
    const struct node *made = &g->node[id];
    for (int i = 0; i < made->n_outputs; i++)
        g->value[made->output[i]].layout = layout;
    return made->output[0];
}

static value_id view(struct graph *g, enum op op, value_id x, struct params params)
{
    return node(g, op, 1, &x, params, g->value[x].dtype, layout_of_view(op, g->value[x].layout));
}

static value_id slice(struct graph *g, value_id x, int64_t begin, int64_t end)
{
    return view(g, OP_slice, x, (struct params){.begin = begin, .end = end});
}

static value_id images(struct graph *g, const struct op_case *c, const char *name, int64_t n, int64_t channels)
{
    return input(g, name, c->read, SHAPE(n, channels, c->h, c->w), LAYOUT_channels_last);
}

/* The value that most operations read: images (N,C,H,W), tokens (N,T,C) or rows (N,C), or a view. */
static value_id source(struct graph *g, const struct op_case *c, const char *name)
{
    int64_t wide = c->form == FORM_slices || c->form == FORM_half ? 2 * c->c[0] : c->c[0];
    if (c->heads)
        return input(g, name, c->read, SHAPE(c->n, c->heads, c->t, c->s), LAYOUT_rows);
    if (c->form == FORM_pixels)
        return view(g, OP_tokens, images(g, c, name, c->n, wide), (struct params){0});
    if (c->h)
        return images(g, c, name, c->n, wide);
    return input(g, name, c->read, c->t ? SHAPE(c->n, c->t, wide) : SHAPE(c->n, wide), LAYOUT_rows);
}

/* The second half of a source, where the case asks for slices. */
static value_id operand(struct graph *g, const struct op_case *c)
{
    value_id x = source(g, c, "x");
    return c->form == FORM_slices ? slice(g, x, c->c[0], 2 * c->c[0]) : x;
}

static enum layout layout_of_case(const struct op_case *c)
{
    return c->h && c->form != FORM_pixels ? LAYOUT_channels_last : LAYOUT_rows;
}

static value_id weight(struct graph *g, const struct op_case *c, const char *name, enum dtype dtype, struct shape shape)
{
    bool cast = c->cast_weight && dtype != DTYPE_f32;
    value_id v = graph_add_value(g, VALUE_WEIGHT, name, cast ? DTYPE_f32 : dtype, shape, RATE_LOAD);
    return cast ? node(g, OP_cast, 1, &v, (struct params){0}, dtype, LAYOUT_rows) : v;
}

static value_id residual(struct graph *g, const struct op_case *c, int64_t outputs)
{
    struct shape image = SHAPE(c->n, outputs, c->h, c->w), tokens = SHAPE(c->n, c->t, outputs);
    if (c->form != FORM_pixels)
        return c->h ? input(g, "residual", c->added, image, LAYOUT_channels_last)
                    : input(g, "residual", c->added, tokens, LAYOUT_rows);
    return view(g, OP_tokens, input(g, "residual", c->added, image, LAYOUT_channels_last), (struct params){0});
}

/* An operation with parameters, over one source or several that are concatenated. */
static value_id layer(struct graph *g, const struct op_case *c, struct shape shape, int64_t outputs)
{
    enum dtype dtype = ops[c->op].kind == KIND_PRODUCT ? c->read : DTYPE_f32;
    value_id in[MAX_INPUTS];
    int n = IN_X;
    in[IN_WEIGHT] = weight(g, c, "weight", dtype, shape);
    in[IN_BIAS] = c->no_bias                 ? NO_VALUE
                  : c->form == FORM_bias_row ? input(g, "bias_row", DTYPE_f32, SHAPE(1, outputs), LAYOUT_rows)
                                             : weight(g, c, "bias", DTYPE_f32, SHAPE(outputs));
    if (c->c[1])
        for (int i = 0; c->c[i]; i++)
            in[n++] = images(g, c, ((const char *[]){"x", "x1", "x2"})[i], c->n, c->c[i]);
    else
        in[n++] = operand(g, c);
    if (c->params
            .residual) /* of the result's shape: that of the source with other channels, since windows keep sizes */
        in[n++] = residual(g, c, outputs);
    return node(g, c->op, n, in, c->params, c->write, layout_of_case(c));
}

static int64_t channels(const struct op_case *c)
{
    return c->c[0] + c->c[1] + c->c[2];
}

static value_id build_conv(struct graph *g, const struct op_case *c)
{
    return layer(g, c, SHAPE(c->width, channels(c), c->kernel, c->kernel), c->width);
}

static value_id build_linear(struct graph *g, const struct op_case *c)
{
    return layer(g, c, SHAPE(c->width, c->c[0]), c->width);
}

static value_id build_geglu(struct graph *g, const struct op_case *c)
{
    return layer(g, c, SHAPE(2 * c->width, c->c[0]), 2 * c->width);
}

static value_id build_subpixel_conv(struct graph *g, const struct op_case *c)
{
    struct op_case of_upsampled = *c;
    enum dtype dtype = c->read;
    value_id in[IN_X + 1], taps;
    of_upsampled.cast_weight = false;
    taps = weight(g, &of_upsampled, "weight", DTYPE_f32, SHAPE(c->width, c->c[0], 3, 3));
    in[IN_WEIGHT] = node(g, OP_tap_sums, 1, &taps, (struct params){0}, DTYPE_f32, LAYOUT_rows);
    if (dtype != DTYPE_f32)
        in[IN_WEIGHT] = node(g, OP_cast, 1, &in[IN_WEIGHT], (struct params){0}, dtype, LAYOUT_rows);
    in[IN_BIAS] = c->no_bias ? NO_VALUE : weight(g, c, "bias", DTYPE_f32, SHAPE(c->width));
    in[IN_X] = operand(g, c);
    return node(g, OP_subpixel_conv, IN_X + 1, in, c->params, c->write, LAYOUT_channels_last);
}

static value_id build_group_norm(struct graph *g, const struct op_case *c)
{
    return layer(g, c, SHAPE(channels(c)), channels(c));
}

static value_id heads(struct graph *g, const struct op_case *c, const char *name, int64_t tokens)
{
    value_id x = input(g, name, c->read, SHAPE(c->n, tokens, c->heads * c->d), LAYOUT_rows);
    return view(g, OP_split_heads, x, (struct params){.heads = c->heads});
}

/* Queries are plain heads, or slices of one value together with keys and values: merged projections. */
static value_id build_attention(struct graph *g, const struct op_case *c)
{
    value_id in[3];
    if (c->form != FORM_slices) {
        in[0] = heads(g, c, "queries", c->t);
        in[1] = heads(g, c, "keys", c->s);
        in[2] = heads(g, c, "values", c->s);
    } else {
        int64_t width = c->heads * c->d;
        value_id all = input(g, "all", c->read, SHAPE(c->n, c->t, 3 * width), LAYOUT_rows);
        for (int i = 0; i < 3; i++)
            in[i] =
                view(g, OP_split_heads, slice(g, all, i * width, (i + 1) * width), (struct params){.heads = c->heads});
    }
    return node(g, OP_attention, 3, in, c->params, c->write, LAYOUT_tokens_first);
}

/* Queries times keys, or probabilities times values. */
static value_id build_matmul(struct graph *g, const struct op_case *c)
{
    value_id in[2];
    in[0] = c->params.transpose ? heads(g, c, "queries", c->t) : source(g, c, "probabilities");
    in[1] = heads(g, c, c->params.transpose ? "keys" : "values", c->s);
    return node(g, OP_matmul, 2, in, c->params, c->write, c->params.transpose ? LAYOUT_rows : LAYOUT_tokens_first);
}

static value_id build_unary(struct graph *g, const struct op_case *c)
{
    value_id x = operand(g, c);
    struct params p = c->params;
    p.height = c->height;
    p.width = c->height ? c->width : 0;
    return node(g, c->op, 1, &x, p, c->write, layout_of_case(c));
}

static value_id build_binary(struct graph *g, const struct op_case *c)
{
    value_id x = source(g, c, "x"), in[2] = {x, NO_VALUE};
    if (c->form == FORM_slices || c->form == FORM_half)
        in[0] = slice(g, x, 0, c->c[0]);
    struct shape shape = g->value[in[0]].shape;
    if (c->form == FORM_slices)
        in[1] = slice(g, x, c->c[0], 2 * c->c[0]);
    else if (c->form == FORM_channels || c->form == FORM_per_image) {
        int64_t n = c->form == FORM_channels ? 1 : c->n;
        in[1] = view(g, OP_channels, input(g, "b", c->read, SHAPE(n, c->c[0]), LAYOUT_rows), (struct params){0});
    } else if (c->form == FORM_weight)
        in[1] = weight(g, c, "positions", c->read, SHAPE(c->t, c->c[0]));
    else
        in[1] = input(g, "b", c->read, c->form == FORM_tokens ? SHAPE(c->t, c->c[0]) : shape, g->value[x].layout);
    return node(g, c->op, 2, in, c->params, c->write, layout_of_case(c));
}

static value_id build_reorder(struct graph *g, const struct op_case *c)
{
    value_id x = input(g, "x", c->read, SHAPE(c->n, c->c[0], c->h, c->w), c->from);
    return node(g, OP_reorder, 1, &x, c->params, c->write, c->to);
}

static value_id build_concat(struct graph *g, const struct op_case *c)
{
    value_id in[3];
    int n = 0;
    for (; c->c[n]; n++)
        in[n] = images(g, c, ((const char *[]){"x", "x1", "x2"})[n], c->n, c->c[n]);
    return node(g, OP_concat, n, in, c->params, c->write, LAYOUT_channels_last);
}

static value_id build_embedding(struct graph *g, const struct op_case *c)
{
    value_id in[2];
    in[0] = weight(g, c, "table", DTYPE_f32, SHAPE(c->rows, c->width));
    in[1] = input(g, "ids", DTYPE_i32, SHAPE(c->n, c->t), LAYOUT_rows);
    return node(g, OP_embedding, 2, in, c->params, c->write, LAYOUT_rows);
}

static value_id build_step_row(struct graph *g, const struct op_case *c)
{
    value_id in[2];
    in[0] = graph_input(g, "table", c->read, RATE_RUN, SHAPE(c->rows, c->width));
    in[1] = input(g, "counter", DTYPE_i32, SHAPE(1), LAYOUT_rows);
    return node(g, OP_step_row, 2, in, c->params, c->write, LAYOUT_rows);
}

static value_id build_guidance(struct graph *g, const struct op_case *c)
{
    value_id x = images(g, c, "eps", 2 * c->n, c->c[0]);
    return node(g, OP_guidance, 1, &x, c->params, c->write, LAYOUT_channels_last);
}

/* All next states are outputs; they overwrite the states. */
static value_id build_sampler_update(struct graph *g, const struct op_case *c)
{
    int states = (int)c->rows;
    value_id in[MAX_INPUTS];
    in[0] = input(g, "coefficients", c->read, SHAPE(1, states * (states + 1)), LAYOUT_rows);
    in[1] = images(g, c, "eps", c->n, c->c[0]);
    for (int i = 0; i < states; i++) {
        char name[24];
        snprintf(name, sizeof name, "state%d", i);
        in[2 + i] = graph_state(g, name, c->read, g->value[in[1]].shape);
        g->value[in[2 + i]].layout = LAYOUT_channels_last;
    }
    value_id first = node(g, OP_sampler_update, 2 + states, in, c->params, c->write, LAYOUT_channels_last);
    for (int i = 0; i < states; i++)
        graph_state_next(g, in[2 + i], first + i);
    for (int i = 1; i < states; i++)
        graph_output(g, ((const char *[]){"", "slot0", "slot1", "slot2", "slot3"})[i], first + i);
    return first;
}

static value_id build_advance(struct graph *g, const struct op_case *c)
{
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(c->n));
    value_id next = node(g, OP_advance, 1, &counter, c->params, DTYPE_i32, LAYOUT_rows);
    graph_state_next(g, counter, next);
    return next;
}

static value_id build_pixels(struct graph *g, const struct op_case *c)
{
    value_id x = images(g, c, "image", c->n, c->c[0]);
    return node(g, OP_pixels, 1, &x, c->params, DTYPE_u8, LAYOUT_rows);
}

// clang-format off
#define build_layer_norm build_group_norm
#define build_softmax    build_unary
#define build_silu       build_unary
#define build_gelu_erf   build_unary
#define build_gelu_tanh  build_unary
#define build_gelu_quick build_unary
#define build_scale      build_unary
#define build_cast       build_unary
#define build_repeat     build_unary
#define build_upsample   build_unary
#define build_add        build_binary
#define build_mul        build_binary
// clang-format on

struct graph *case_build(const struct op_case *c)
{
    static value_id (*const builders[OP_COUNT])(struct graph *, const struct op_case *) = {
#define OP(name, kind, inputs, summary) BUILD_##kind(name)
#define BUILD_PRODUCT(name)             [OP_##name] = build_##name,
#define BUILD_NORM(name)                BUILD_PRODUCT(name)
#define BUILD_ELEMENTWISE(name)         BUILD_PRODUCT(name)
#define BUILD_MOVE(name)                BUILD_PRODUCT(name)
#define BUILD_VIEW(name)
#define BUILD_LOAD(name)
#include "pipeline/graph/ops.def"
#undef OP
    };
    struct graph *g = graph_new(c->name);
    graph_output(g, "y", builders[c->op](g, c));
    return g;
}
