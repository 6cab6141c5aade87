/* The time embedding, which a ResBlock adds to each channel of all its images, becomes part of the bias of the
 * convolution before: a sum of C numbers instead of one over an image.
 * On a CPU no gain in time could be measured (256x256). */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* The old nodes of one sum: add(conv, channels(embedding)). */
struct pattern {
    node_id conv, channels, add;
};

static bool find(const struct rewrite *r, node_id add, struct pattern *p)
{
    const struct graph *g = r->from;
    if (g->node[add].op != OP_add)
        return false;
    *p = (struct pattern){rewrite_sole(r, g->node[add].input[0], OP_conv),
                          rewrite_sole(r, g->node[add].input[1], OP_channels), add};
    if (p->conv == NO_NODE || p->channels == NO_NODE)
        return false;
    const struct node *conv = &g->node[p->conv];
    return node_value(g, &g->node[p->channels], 0)->shape.dim[0] == 1 && !conv->params.activation &&
           !conv->params.residual && (conv->input[IN_BIAS] == NO_VALUE || node_value(g, conv, IN_BIAS)->shape.rank == 1);
}

static void mark(struct rewrite *r, node_id add)
{
    struct pattern p;
    if (find(r, add, &p))
        r->into[p.conv] = r->into[p.channels] = add;
}

static bool replace(struct rewrite *r, node_id add)
{
    struct pattern p;
    if (!find(r, add, &p))
        return false;
    const struct graph *g = r->from;
    const struct value *was = node_result(g, &g->node[p.add], 0);
    struct node n = rewrite_node(r, p.conv);
    value_id bias = r->map[g->node[p.channels].input[0]];
    if (n.input[IN_BIAS] != NO_VALUE) {
        struct node sum = {.op = OP_add, .n_inputs = 2, .input = {bias, n.input[IN_BIAS]}};
        rewrite_fold(r, &sum, p.add);
        bias = rewrite_append(r, &sum, was->dtype, LAYOUT_rows);
    } else
        rewrite_fold(r, &n, p.add);
    n.input[IN_BIAS] = bias;
    rewrite_map(r, p.add, rewrite_append(r, &n, was->dtype, was->layout));
    return true;
}


struct graph *pass_time_bias(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
