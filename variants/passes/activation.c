/* An activation is computed by the norm or product before it, on results that have not left the registers.
 * On a CPU no gain in time could be measured (256x256): the values are still in the cache. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

static const enum op activations[] = {OP_silu, OP_gelu_erf, OP_gelu_tanh, OP_gelu_quick};
static const enum op makers[] = {OP_group_norm, OP_conv, OP_linear};

/* The node that can take an activation in; NO_NODE where there is none. */
static node_id maker(const struct rewrite *r, node_id activation)
{
    const struct node *n = &r->from->node[activation];
    bool is = false;
    for (size_t i = 0; i < ARRAY_LEN(activations); i++)
        is |= n->op == activations[i];
    for (size_t i = 0; is && i < ARRAY_LEN(makers); i++) {
        node_id made = rewrite_sole(r, n->input[0], makers[i]);
        if (made != NO_NODE && !r->from->node[made].params.activation && !r->from->node[made].params.residual)
            return made;
    }
    return NO_NODE;
}

static void mark(struct rewrite *r, node_id activation)
{
    node_id made = maker(r, activation);
    if (made != NO_NODE)
        r->into[made] = activation;
}

static bool replace(struct rewrite *r, node_id activation)
{
    node_id made = maker(r, activation);
    if (made == NO_NODE)
        return false;
    const struct value *was = node_result(r->from, &r->from->node[activation], 0);
    struct node n = rewrite_node(r, made);
    n.params.activation = r->from->node[activation].op;
    rewrite_fold(r, &n, activation);
    rewrite_map(r, activation, rewrite_append(r, &n, was->dtype, was->layout));
    return true;
}

struct graph *pass_activation(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
