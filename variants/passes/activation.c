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

struct graph *pass_activation(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    struct rewrite r = rewrite_begin(from);
    for (node_id n = 0; n < from->n_nodes; n++)
        if (maker(&r, n) != NO_NODE)
            r.into[maker(&r, n)] = n;
    for (node_id id = 0; id < from->n_nodes; id++) {
        node_id made = maker(&r, id);
        if (made == NO_NODE) {
            rewrite_copy(&r, id);
            continue;
        }
        const struct value *was = node_result(from, &from->node[id], 0);
        struct node n = rewrite_node(&r, made);
        n.params.activation = from->node[id].op;
        rewrite_fold(&r, &n, id);
        rewrite_map(&r, id, rewrite_append(&r, &n, was->dtype, was->layout));
    }
    return rewrite_end(&r);
}
