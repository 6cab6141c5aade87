/* Mixed precision. Products (convolution, linear, matmul) read 16 bit and sum in float32. Between products values stay
 * in 16 bit; they are float32 where rounding would add up: sums along the residual stream, scores before the softmax,
 * what the sampler and the host see; and in all that is computed once a prompt (rate run: the text encoder, keys and
 * values of contexts), whose error would enter every step and whose time does not show. Norms and softmax compute in
 * float32 whatever they read and write. Weights are cast at load rate: once, while they are packed.
 *
 * A bias stays float32. The exception is one that is computed (time_bias), where the backend adds it in 16 bit: the table
 * of which every step takes a row is then cast once a prompt. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

#include <stdlib.h>

/* Whether an operation can take 16-bit activations without loss where it matters. */
static bool accepts_half(const struct node *n, const struct pass_context *c)
{
    switch (n->op) {
    case OP_silu:
    case OP_gelu_erf:
    case OP_gelu_tanh:
    case OP_gelu_quick:
    case OP_mul:
    case OP_scale:
        return true;
    case OP_add:
        return !c->residual_float32;
    default:
        return ops[n->op].kind == KIND_PRODUCT || n->op == OP_group_norm || n->op == OP_layer_norm;
    }
}

/* A bias that a convolution in the loop reads in 16 bit, unless it is a weight. */
static bool reads_half_bias(const struct node *n, int input, const struct pass_context *c)
{
    return c->bias_half && n->op == OP_conv && input == IN_BIAS && n->rate != RATE_RUN;
}

/* The same for one of its inputs: a bias is float32, and so is what lies on the residual stream: residuals, and the
 * sources of a skip connection. */
static bool accepts_half_at(const struct node *n, int input, const struct pass_context *c)
{
    int first = node_first_activation(n), end = node_sources_end(n);
    if (input < first)
        return reads_half_bias(n, input, c);
    bool skip = (n->op == OP_conv || n->op == OP_group_norm) && end - first > 1;
    return accepts_half(n, c) && (!c->residual_float32 || (input < end && !skip));
}

/* Whether all readers of a value, through views, satisfy a test; an output or a state's next is read by the host or the
 * sampler. */
static bool all_readers(const struct graph *g, value_id v, const struct pass_context *c, bool only_products)
{
    for (int i = 0; i < g->n_outputs; i++)
        if (g->output[i].value == v)
            return false;
    for (node_id id = 0; id < g->n_nodes; id++) {
        const struct node *n = &g->node[id];
        for (int i = 0; i < n->n_inputs; i++) {
            if (n->input[i] != v)
                continue;
            bool takes = ops[n->op].kind == KIND_VIEW ? all_readers(g, n->output[0], c, only_products)
                         : only_products              ? ops[n->op].kind == KIND_PRODUCT
                                                      : accepts_half_at(n, i, c);
            if (!takes)
                return false;
        }
    }
    return true;
}

/* Whether a value is nothing but such a bias. */
static bool is_half_bias(const struct graph *g, value_id v, const struct pass_context *c)
{
    int reads = 0;
    for (node_id id = 0; id < g->n_nodes; id++)
        for (int i = 0; i < g->node[id].n_inputs; i++)
            reads += g->node[id].input[i] == v && reads_half_bias(&g->node[id], i, c);
    return reads && reads == graph_uses(g, v);
}

struct cast_pass {
    struct rewrite r;
    const struct pass_context *c;
    value_id *half; /* new value to its 16-bit copy, once made */
    int n_half;
};

/* The 16-bit copy of a new value, made once; `path` says for whom. */
static value_id as(struct cast_pass *p, value_id v, enum dtype dtype, const char *path)
{
    const struct value *x = &p->r.to->value[v];
    if (x->dtype == dtype)
        return v;
    bool known = dtype == p->c->half && v < p->n_half;
    if (known && p->half[v] != NO_VALUE)
        return p->half[v];
    value_id made = rewrite_insert(&p->r, OP_cast, v, x->producer == NO_NODE ? path : x->name, dtype, x->layout);
    if (known)
        p->half[v] = made;
    return made;
}

static void rewrite_one(struct cast_pass *p, node_id old)
{
    const struct graph *from = p->r.from;
    struct node n = rewrite_node(&p->r, old);
    const struct value *was = node_result(from, &from->node[old], 0);
    enum op_kind kind = ops[n.op].kind;
    int first = node_first_activation(&n), end = node_sources_end(&n);
    enum dtype made = was->dtype, wanted = DTYPE_COUNT;

    bool gathers = n.op == OP_embedding || n.op == OP_step_row || n.op == OP_advance;
    if (n.op == OP_step_row && is_half_bias(from, from->node[old].output[0], p->c)) {
        n.input[0] = as(p, n.input[0], p->c->half, n.path[0]);
        rewrite_map(&p->r, old, rewrite_append(&p->r, &n, p->c->half, was->layout));
        return;
    }
    if (n.op == OP_cast || gathers || kind == KIND_LOAD || was->dtype == DTYPE_u8) {
        rewrite_copy(&p->r, old);
        return;
    }
    bool to_half = all_readers(from, from->node[old].output[0], p->c, false);
    if (n.rate == RATE_RUN && kind != KIND_VIEW) {
        wanted = made = DTYPE_f32;
    } else if (kind == KIND_PRODUCT) {
        wanted = p->c->half;
        made = to_half && !(n.params.residual && p->c->residual_float32) ? p->c->half : DTYPE_f32;
        if (first == IN_X)
            n.input[IN_WEIGHT] = as(p, n.input[IN_WEIGHT], p->c->half, n.path[0]);
        bool computed = first == IN_X && n.input[IN_BIAS] != NO_VALUE && p->r.to->value[n.input[IN_BIAS]].rate != RATE_LOAD;
        if (computed && reads_half_bias(&n, IN_BIAS, p->c))
            n.input[IN_BIAS] = as(p, n.input[IN_BIAS], p->c->half, n.path[0]);
    } else if (n.op == OP_softmax) {
        wanted = DTYPE_f32;
        made = to_half ? p->c->half : DTYPE_f32;
    } else if (accepts_half(&n, p->c)) {
        made = to_half ? p->c->half : DTYPE_f32;
        for (int i = first + 1; i < n.n_inputs; i++) /* a binary operation reads one dtype: the wider of the two */
            if (p->r.to->value[n.input[i]].dtype != p->r.to->value[n.input[first]].dtype)
                wanted = DTYPE_f32;
    } else if (kind == KIND_MOVE || kind == KIND_VIEW) {
        bool before = kind == KIND_MOVE && all_readers(from, from->node[old].output[0], p->c, true);
        made = before ? p->c->half : p->r.to->value[n.input[first]].dtype;
        wanted = made;
    } else
        wanted = DTYPE_f32;

    for (int i = first; wanted != DTYPE_COUNT && i < end; i++)
        n.input[i] = as(p, n.input[i], wanted, n.path[0]);
    rewrite_map(&p->r, old, rewrite_append(&p->r, &n, made, was->layout));
}

struct graph *pass_cast(const struct graph *from, const struct pass_context *c)
{
    struct cast_pass p = {.r = rewrite_begin(from), .c = c};
    p.n_half = from->n_values + 4 * from->n_nodes;
    p.half = malloc((size_t)p.n_half * sizeof *p.half);
    for (int i = 0; p.half && i < p.n_half; i++)
        p.half[i] = NO_VALUE;
    if (!p.half)
        p.n_half = 0; /* every reader gets its own cast */
    for (node_id n = 0; n < from->n_nodes; n++)
        rewrite_one(&p, n);
    free(p.half);
    return rewrite_end(&p.r);
}
