/* Fused attention: scale, scores, softmax and the sum of values as one operation, so that a backend can work on a few
 * queries at a time. The T x T scores never lie in memory. */
#include <stdio.h>
#include <string.h>

#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* The old nodes of one attention; scale and heads (of q) only where both can be taken in. */
struct pattern {
    node_id scale, heads, scores, softmax, mix;
};

static bool find(const struct rewrite *r, node_id mix, struct pattern *p)
{
    const struct graph *g = r->from;
    const struct node *last = &g->node[mix];
    *p = (struct pattern){NO_NODE, NO_NODE, NO_NODE, NO_NODE, mix};
    if (last->op != OP_matmul || last->params.transpose)
        return false;
    p->softmax = rewrite_sole(r, last->input[0], OP_softmax);
    if (p->softmax == NO_NODE)
        return false;
    p->scores = rewrite_sole(r, g->node[p->softmax].input[0], OP_matmul);
    if (p->scores == NO_NODE || !g->node[p->scores].params.transpose)
        return false;
    const struct node *scores = &g->node[p->scores];
    if (!shape_equal(node_value(g, scores, 1)->shape, node_value(g, last, 1)->shape))
        return false;
    p->heads = rewrite_sole(r, scores->input[0], OP_split_heads);
    if (p->heads != NO_NODE)
        p->scale = rewrite_sole(r, g->node[p->heads].input[0], OP_scale);
    if (p->scale == NO_NODE)
        p->heads = NO_NODE;
    return true;
}

static void mark(struct rewrite *r, node_id mix)
{
    struct pattern p;
    if (!find(r, mix, &p))
        return;
    const node_id old[] = {p.scale, p.heads, p.scores, p.softmax};
    for (size_t i = 0; i < ARRAY_LEN(old); i++)
        if (old[i] != NO_NODE)
            r->into[old[i]] = mix;
}

/* Queries as they are before the scale. */
static value_id queries(struct rewrite *r, const struct pattern *p)
{
    const struct graph *g = r->from;
    if (p->scale == NO_NODE)
        return r->map[g->node[p->scores].input[0]];
    struct node heads = rewrite_node(r, p->heads);
    const struct value *was = node_result(g, &g->node[p->heads], 0);
    heads.input[0] = r->map[g->node[p->scale].input[0]];
    return rewrite_append(r, &heads, was->dtype, was->layout);
}

static bool replace(struct rewrite *r, node_id mix)
{
    struct pattern p;
    if (!find(r, mix, &p))
        return false;
    const struct graph *g = r->from;
    const struct value *was = node_result(g, &g->node[p.mix], 0);
    struct node n = rewrite_node(r, p.mix);
    n.op = OP_attention;
    n.input[0] = queries(r, &p);
    n.input[1] = r->map[g->node[p.scores].input[1]];
    n.input[2] = r->map[g->node[p.mix].input[1]];
    n.n_inputs = 3;
    n.params.factor = p.scale == NO_NODE ? 1 : g->node[p.scale].params.factor;
    n.params.causal = g->node[p.softmax].params.causal;
    const char *slash = strrchr(n.path[0], '/');
    n.path[0] = arena_printf(&r->to->arena, "%.*sattention", (int)(slash ? slash + 1 - n.path[0] : 0), n.path[0]);
    if (p.scale != NO_NODE)
        rewrite_fold(r, &n, p.scale);
    rewrite_fold(r, &n, p.scores);
    rewrite_fold(r, &n, p.softmax);
    rewrite_fold(r, &n, p.mix);
    rewrite_map(r, p.mix, rewrite_append(r, &n, was->dtype, was->layout));
    return true;
}


struct graph *pass_attention(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
