/* Sub-pixel upsampling. A 3x3 convolution of an image upsampled to twice its size sees each pixel of the small image
 * through several of its taps. So for each parity of the result's rows and columns it is a 2x2 convolution of the small
 * image, whose taps are sums, made at load: 16 products a result instead of 36, and no upsampled image.
 *
 * Along one axis, with taps a b c: an even position sees pixels i-1 and i through a and b+c, an odd one pixels i and i+1
 * through a+b and c. The borders fit: where the 3x3 kernel sees padding, so does the 2x2 one. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* The upsampling that a convolution can take in; NO_NODE where there is none. */
static node_id upsampling(const struct rewrite *r, node_id conv)
{
    const struct graph *g = r->from;
    const struct node *n = &g->node[conv];
    const struct params *p = &n->params;
    if (n->op != OP_conv || n->n_inputs != IN_X + 1 || p->stride != 1 || p->activation)
        return NO_NODE;
    node_id up = rewrite_sole(r, n->input[IN_X], OP_upsample);
    struct shape w = node_value(g, n, IN_WEIGHT)->shape, small, large = node_value(g, n, IN_X)->shape;
    bool pads = p->pad[0] == 1 && p->pad[1] == 1 && p->pad[2] == 1 && p->pad[3] == 1;
    if (up == NO_NODE || !pads || w.dim[2] != 3 || w.dim[3] != 3)
        return NO_NODE;
    small = node_value(g, &g->node[up], 0)->shape;
    return large.dim[2] == 2 * small.dim[2] && large.dim[3] == 2 * small.dim[3] ? up : NO_NODE;
}

static void mark(struct rewrite *r, node_id conv)
{
    node_id up = upsampling(r, conv);
    if (up != NO_NODE)
        r->into[up] = conv;
}

static bool replace(struct rewrite *r, node_id conv)
{
    node_id up = upsampling(r, conv);
    if (up == NO_NODE)
        return false;
    const struct value *was = node_result(r->from, &r->from->node[conv], 0);
    struct node n = rewrite_node(r, conv);
    n.op = OP_subpixel_conv;
    n.params = (struct params){0};
    n.input[IN_WEIGHT] = rewrite_insert(r, OP_tap_sums, n.input[IN_WEIGHT], n.path[0],
                                        r->to->value[n.input[IN_WEIGHT]].dtype, LAYOUT_rows);
    n.input[IN_X] = r->map[r->from->node[up].input[0]];
    rewrite_fold(r, &n, up);
    rewrite_map(r, conv, rewrite_append(r, &n, was->dtype, was->layout));
    return true;
}


struct graph *pass_subpixel_upsample(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_patterns(from, mark, replace);
}
