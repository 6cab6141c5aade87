/* Layouts. Images are stored channels last, which convolutions and norms want and in which an image is its tokens; the
 * product that ends an attention writes its heads side by side, so that merging them is a view. Where an operation
 * joins values that lie in different orders, or a view cannot be expressed, a reorder node is put in. */
#include "pipeline/graph/place.h"
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

static bool read_by(const struct graph *g, value_id v, enum op op)
{
    for (node_id n = 0; n < g->n_nodes; n++)
        if (g->node[n].op == op && g->node[n].input[0] == v)
            return true;
    return false;
}

/* The layout that a view operation can work on; what it gets otherwise is reordered first. */
static enum layout needed_by_view(enum op op, enum layout has)
{
    return op == OP_tokens ? LAYOUT_channels_last : op == OP_merge_heads ? LAYOUT_tokens_first : has;
}

static enum layout layout_of(const struct rewrite *r, const struct node *n, node_id old)
{
    const struct value *x = &r->to->value[n->input[node_first_activation(n)]];
    const struct value *was = node_result(r->from, &r->from->node[old], 0);
    switch (ops[n->op].kind) {
    case KIND_VIEW:
        return layout_of_view(n->op, x->layout);
    case KIND_PRODUCT:
        if (n->op == OP_conv || n->op == OP_subpixel_conv)
            return LAYOUT_channels_last;
        return read_by(r->from, r->from->node[old].output[0], OP_merge_heads) ? LAYOUT_tokens_first : LAYOUT_rows;
    case KIND_NORM:
        return n->op == OP_group_norm ? LAYOUT_channels_last : x->layout;
    case KIND_MOVE:
        return n->op == OP_reorder ? was->layout : was->shape.rank == 4 ? LAYOUT_channels_last : LAYOUT_rows;
    default:
        return n->op == OP_pixels                 ? LAYOUT_rows
               : n->op == OP_sampler_update       ? LAYOUT_channels_last
                                                  : x->layout;
    }
}

/* Only operations that join values element by element, residual sums among them, and views, care how their inputs lie. */
static void reorder_inputs(struct rewrite *r, struct node *n, enum layout layout)
{
    bool view = ops[n->op].kind == KIND_VIEW, adds = ops[n->op].kind == KIND_ELEMENTWISE && n->op != OP_pixels;
    for (int i = node_first_activation(n); i < n->n_inputs; i++) {
        const struct value *x = &r->to->value[n->input[i]];
        bool residual = i >= node_sources_end(n);
        bool whole = shape_equal(x->shape, r->to->value[n->input[node_first_activation(n)]].shape);
        enum layout needed = view                         ? needed_by_view(n->op, x->layout)
                             : residual || (adds && whole) ? layout
                                                           : x->layout;
        if (needed != x->layout)
            n->input[i] = rewrite_insert(r, OP_reorder, n->input[i], n->path[0], x->dtype, needed);
    }
}

struct graph *pass_layout(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    struct rewrite r = rewrite_begin(from);
    for (value_id v = 0; v < r.to->n_values; v++) /* what the host writes and reads is converted as it is copied */
        if (r.to->value[v].kind != VALUE_WEIGHT && r.to->value[v].shape.rank == 4)
            r.to->value[v].layout = LAYOUT_channels_last;
    for (node_id old = 0; old < from->n_nodes; old++) {
        struct node n = rewrite_node(&r, old);
        enum layout layout = layout_of(&r, &n, old);
        reorder_inputs(&r, &n, layout);
        if (ops[n.op].kind == KIND_VIEW)
            layout = layout_of_view(n.op, r.to->value[n.input[0]].layout);
        rewrite_map(&r, old, rewrite_append(&r, &n, node_result(from, &from->node[old], 0)->dtype, layout));
    }
    return rewrite_end(&r);
}
