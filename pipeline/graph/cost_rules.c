#include "pipeline/graph/rules.h"

static double elements(const struct graph *g, value_id v)
{
    return (double)shape_count(g->value[v].shape);
}

static double results(const struct graph *g, const struct node *n)
{
    return elements(g, n->output[0]);
}

static double cost_conv(const struct graph *g, const struct node *n)
{
    struct shape w = node_value(g, n, IN_WEIGHT)->shape;
    return 2 * results(g, n) * (double)(w.dim[1] * w.dim[2] * w.dim[3]);
}

static double cost_linear(const struct graph *g, const struct node *n)
{
    return 2 * results(g, n) * (double)node_value(g, n, IN_WEIGHT)->shape.dim[1];
}

static double cost_geglu(const struct graph *g, const struct node *n)
{
    return 2 * cost_linear(g, n);
}

static double cost_matmul(const struct graph *g, const struct node *n)
{
    return 2 * results(g, n) * (double)node_value(g, n, 0)->shape.dim[3];
}

static double scores(const struct graph *g, const struct node *n)
{
    struct shape q = node_value(g, n, 0)->shape;
    return (double)(q.dim[0] * q.dim[1] * q.dim[2] * node_value(g, n, 1)->shape.dim[2]);
}

static double cost_attention(const struct graph *g, const struct node *n)
{
    return 4 * scores(g, n) * (double)node_value(g, n, 0)->shape.dim[3];
}

/* mean: 1; variance: 2; normalise, scale and shift: 4 */
static double cost_group_norm(const struct graph *g, const struct node *n)
{
    return 7 * results(g, n);
}

/* maximum, subtract, exponential, sum, divide */
static double cost_softmax(const struct graph *g, const struct node *n)
{
    return 5 * results(g, n);
}

/* negate, exponential, add, divide */
static double cost_silu(const struct graph *g, const struct node *n)
{
    return 4 * results(g, n);
}

/* scale, erf, add, halve, multiply */
static double cost_gelu_erf(const struct graph *g, const struct node *n)
{
    return 5 * results(g, n);
}

/* cube: 2; inner sum: 3; tanh, add, halve, multiply */
static double cost_gelu_tanh(const struct graph *g, const struct node *n)
{
    return 9 * results(g, n);
}

static double cost_gelu_quick(const struct graph *g, const struct node *n)
{
    return 5 * results(g, n);
}

static double one(const struct graph *g, const struct node *n)
{
    return results(g, n);
}

static double none(const struct graph *g, const struct node *n)
{
    (void)g, (void)n;
    return 0;
}

static double cost_guidance(const struct graph *g, const struct node *n)
{
    return 3 * results(g, n);
}

static double cost_sampler_update(const struct graph *g, const struct node *n)
{
    return 2.0 * n->n_outputs * (n->n_outputs + 1) * results(g, n);
}

/* add, scale, clamp: 2 */
static double cost_pixels(const struct graph *g, const struct node *n)
{
    return 4 * results(g, n);
}

#define cost_subpixel_conv cost_conv
#define cost_layer_norm cost_group_norm
#define cost_add one
#define cost_mul one
#define cost_scale one
#define cost_cast none
#define cost_reorder none
#define cost_concat none
#define cost_stack none
#define cost_tap_sums none
#define cost_repeat none
#define cost_upsample none
#define cost_embedding none
#define cost_step_row none
#define cost_advance one
#define cost_slice none
#define cost_tokens none
#define cost_image none
#define cost_split_heads none
#define cost_merge_heads none
#define cost_channels none

/* A gather reads the rows that it takes, not the table. */
static double bytes_of(const struct graph *g, const struct node *n)
{
    bool gathers = n->op == OP_embedding || n->op == OP_step_row;
    double bytes = gathers ? (double)value_bytes(node_result(g, n, 0)) : 0;
    for (int i = gathers; i < n->n_inputs; i++)
        if (n->input[i] != NO_VALUE)
            bytes += (double)value_bytes(node_value(g, n, i));
    for (int i = 0; i < n->n_outputs; i++)
        bytes += (double)value_bytes(node_result(g, n, i));
    return bytes;
}

static double (*const rules[OP_COUNT])(const struct graph *, const struct node *) = {
#define OP(name, kind, inputs, summary) [OP_##name] = cost_##name,
#include "pipeline/graph/ops.def"
#undef OP
};

/* What is not multiply-adds in a node: all of a norm or elementwise operation; in a product what was fused into it. */
static double other_flop(const struct graph *g, const struct node *n)
{
    double flop = ops[n->op].kind == KIND_PRODUCT ? 0 : rules[n->op](g, n);
    if (n->params.activation)
        flop += rules[n->params.activation](g, n);
    if (n->params.residual || n->op == OP_geglu)
        flop += results(g, n);
    if (n->op == OP_attention) /* softmax as above, and the factor on the queries */
        flop += 5 * scores(g, n) + results(g, n);
    return flop;
}

struct cost node_cost(const struct graph *g, const struct node *n)
{
    if (ops[n->op].kind == KIND_VIEW)
        return (struct cost){0};
    bool product = ops[n->op].kind == KIND_PRODUCT;
    return (struct cost){product ? rules[n->op](g, n) : 0, other_flop(g, n), bytes_of(g, n)};
}

struct cost cost_sum(struct cost a, struct cost b)
{
    return (struct cost){a.product_flop + b.product_flop, a.other_flop + b.other_flop, a.bytes + b.bytes};
}

struct cost graph_cost(const struct graph *g)
{
    struct cost total = {0};
    for (node_id n = 0; n < g->n_nodes; n++)
        if (g->node[n].rate != RATE_LOAD)
            total = cost_sum(total, node_cost(g, &g->node[n]));
    return total;
}
