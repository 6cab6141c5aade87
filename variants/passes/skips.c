/* Skip connections without a copy: a convolution or group norm of concatenated images takes the images themselves as its
 * sources. conv(concat(x, s), W) = conv(x, W[:, :c]) + conv(s, W[:, c:]); a norm's groups may straddle the seam.
 * On a CPU copies are cheap beside products: no gain in time could be measured there (256x256). */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

static bool takes_sources(const struct node *n)
{
    return n->op == OP_conv || n->op == OP_group_norm;
}

static bool has_room(const struct node *n, const struct node *concat)
{
    return n->n_inputs - 1 + concat->n_inputs <= MAX_INPUTS;
}

/* Whether every reader can take the sources in its place. */
static bool dissolves(const struct graph *g, const struct node *concat)
{
    value_id v = concat->output[0];
    for (int i = 0; i < g->n_outputs; i++)
        if (g->output[i].value == v)
            return false;
    for (node_id id = 0; id < g->n_nodes; id++) {
        const struct node *n = &g->node[id];
        for (int i = 0; i < n->n_inputs; i++)
            if (n->input[i] == v && (!takes_sources(n) || i >= node_sources_end(n) || !has_room(n, concat)))
                return false;
    }
    return true;
}

static const struct node *dissolved(const struct rewrite *r, value_id v)
{
    node_id made = v == NO_VALUE ? NO_NODE : r->from->value[v].producer;
    return made != NO_NODE && r->from->node[made].op == OP_concat && r->into[made] != NO_NODE ? &r->from->node[made]
                                                                                             : NULL;
}

static void spread_sources(struct rewrite *r, node_id old)
{
    const struct node *was = &r->from->node[old];
    struct node n = rewrite_node(r, old);
    n.n_inputs = 0;
    for (int i = 0; i < was->n_inputs; i++) {
        const struct node *concat = dissolved(r, was->input[i]);
        for (int j = 0; concat && j < concat->n_inputs; j++)
            n.input[n.n_inputs++] = r->map[concat->input[j]];
        if (!concat)
            n.input[n.n_inputs++] = was->input[i] == NO_VALUE ? NO_VALUE : r->map[was->input[i]];
    }
    const struct value *y = node_result(r->from, was, 0);
    rewrite_map(r, old, rewrite_append(r, &n, y->dtype, y->layout));
}

struct graph *pass_skips(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    struct rewrite r = rewrite_begin(from);
    for (node_id n = 0; n < from->n_nodes; n++)
        if (from->node[n].op == OP_concat && dissolves(from, &from->node[n]))
            r.into[n] = n; /* several nodes take it in */
    for (node_id n = 0; n < from->n_nodes; n++)
        if (takes_sources(&from->node[n]))
            spread_sources(&r, n);
        else
            rewrite_copy(&r, n);
    return rewrite_end(&r);
}
