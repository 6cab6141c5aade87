/* Gated feed-forward as one operation: the wide projection, the activation of its second half, and the product of the
 * halves. A backend then need not store the projection, which is the widest value of a transformer.
 * On a CPU it saves memory; a gain in time could not be told from noise (256x256, about 1 % in float32). */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* The old nodes of one gated projection: mul(slice(linear), gelu(slice(linear))). */
struct pattern {
    node_id linear, value, gate, gelu, mul;
};

static const enum op activations[] = {OP_gelu_erf, OP_gelu_tanh, OP_gelu_quick, OP_silu};

static bool find(const struct rewrite *r, node_id mul, struct pattern *p)
{
    const struct graph *g = r->from;
    if (g->node[mul].op != OP_mul)
        return false;
    *p = (struct pattern){.gelu = NO_NODE, .mul = mul};
    for (size_t i = 0; i < ARRAY_LEN(activations) && p->gelu == NO_NODE; i++)
        p->gelu = rewrite_sole(r, g->node[mul].input[1], activations[i]);
    p->value = rewrite_sole(r, g->node[mul].input[0], OP_slice);
    p->gate = p->gelu == NO_NODE ? NO_NODE : rewrite_sole(r, g->node[p->gelu].input[0], OP_slice);
    if (p->value == NO_NODE || p->gate == NO_NODE || g->node[p->value].input[0] != g->node[p->gate].input[0])
        return false;
    value_id both = g->node[p->value].input[0];
    p->linear = g->value[both].producer;
    if (p->linear == NO_NODE || g->node[p->linear].op != OP_linear || g->node[p->linear].params.residual ||
        g->node[p->linear].params.activation || graph_uses(g, both) != 2)
        return false;
    const struct params *first = &g->node[p->value].params, *second = &g->node[p->gate].params;
    return first->begin == 0 && first->end == second->begin &&
           second->end == g->value[both].shape.dim[g->value[both].shape.rank - 1] && first->end * 2 == second->end;
}

static void mark(struct rewrite *r, node_id mul)
{
    struct pattern p;
    if (find(r, mul, &p))
        r->into[p.linear] = r->into[p.value] = r->into[p.gate] = r->into[p.gelu] = mul;
}

static bool replace(struct rewrite *r, node_id mul)
{
    struct pattern p;
    if (!find(r, mul, &p))
        return false;
    const struct value *was = node_result(r->from, &r->from->node[p.mul], 0);
    struct node n = rewrite_node(r, p.linear);
    n.op = OP_geglu;
    n.params.activation = r->from->node[p.gelu].op;
    const node_id folded[] = {p.value, p.gate, p.gelu, p.mul};
    for (size_t i = 0; i < ARRAY_LEN(folded); i++)
        rewrite_fold(r, &n, folded[i]);
    rewrite_map(r, p.mul, rewrite_append(r, &n, was->dtype, was->layout));
    return true;
}


struct graph *pass_geglu(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
