/* Residual sums: the convolution or linear layer that ends a branch adds the other branch to its result. In the VAE's
 * attention the branch ends in tokens that are viewed as an image; the other branch is then viewed as tokens.
 * On a CPU no gain in time could be measured (256x256): the values are still in the cache. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* The old nodes of one sum. */
struct pattern {
    node_id product, image, add; /* image: NO_NODE where the product's result is added as it is */
    value_id residual;
};

static node_id product_of(const struct rewrite *r, value_id v)
{
    static const enum op products[] = {OP_conv, OP_linear};
    for (size_t i = 0; i < ARRAY_LEN(products); i++) {
        node_id made = rewrite_sole(r, v, products[i]);
        if (made != NO_NODE && !r->from->node[made].params.residual && r->from->node[made].n_inputs < MAX_INPUTS)
            return made;
    }
    return NO_NODE;
}

static bool find(const struct rewrite *r, node_id add, struct pattern *p)
{
    const struct graph *g = r->from;
    const struct node *n = &g->node[add];
    if (n->op != OP_add || !shape_equal(node_value(g, n, 0)->shape, node_value(g, n, 1)->shape) ||
        n->input[0] == n->input[1])
        return false;
    for (int branch = 1; branch >= 0; branch--) { /* models write the branch last */
        value_id ends = n->input[branch];
        *p = (struct pattern){NO_NODE, rewrite_sole(r, ends, OP_image), add, n->input[1 - branch]};
        p->product = product_of(r, p->image == NO_NODE ? ends : g->node[p->image].input[0]);
        if (p->product != NO_NODE)
            return true;
    }
    return false;
}

static void mark(struct rewrite *r, node_id add)
{
    struct pattern p;
    if (!find(r, add, &p))
        return;
    r->into[p.product] = add;
    if (p.image != NO_NODE)
        r->into[p.image] = add;
}

static bool replace(struct rewrite *r, node_id add)
{
    struct pattern p;
    if (!find(r, add, &p))
        return false;
    const struct graph *g = r->from;
    const struct value *was = node_result(g, &g->node[p.add], 0);
    struct node n = rewrite_node(r, p.product);
    value_id residual = r->map[p.residual];
    if (p.image != NO_NODE)
        residual = rewrite_insert(r, OP_tokens, residual, g->node[p.add].path[0], was->dtype, LAYOUT_rows);
    n.input[n.n_inputs++] = residual;
    n.params.residual = true;
    rewrite_fold(r, &n, p.add);
    value_id sum = rewrite_append(r, &n, was->dtype, node_result(g, &g->node[p.product], 0)->layout);
    if (p.image != NO_NODE) {
        struct node image = rewrite_node(r, p.image);
        image.input[0] = sum;
        sum = rewrite_append(r, &image, was->dtype, was->layout);
    }
    rewrite_map(r, p.add, sum);
    return true;
}


struct graph *pass_residual(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
