/* Merged projections: the linear layers that make queries, keys and values of the same tokens become one, with their
 * weights stacked at load. Their results are slices of one value. Keys and values of a context merge likewise.
 * On a CPU no gain in time could be measured (256x256): its products are long enough as they are. */
#include <string.h>

#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

/* A plain linear layer whose result goes, scaled or not, into heads and nowhere else. */
static bool is_projection(const struct rewrite *r, node_id id)
{
    const struct node *n = &r->from->node[id];
    if (n->op != OP_linear || n->params.residual || n->params.activation)
        return false;
    node_id reader = r->reader[n->output[0]];
    if (reader != NO_NODE && r->from->node[reader].op == OP_scale)
        reader = r->reader[r->from->node[reader].output[0]];
    return reader != NO_NODE && r->from->node[reader].op == OP_split_heads;
}

/* Whether two paths have one parent: layers of one attention. */
static bool are_siblings(const char *a, const char *b)
{
    const char *slash = strrchr(a, '/');
    size_t parent = slash ? (size_t)(slash - a) + 1 : 0;
    return !strncmp(a, b, parent) && !strchr(b + parent, '/');
}

static bool merges(const struct rewrite *r, node_id first, node_id other)
{
    const struct node *a = &r->from->node[first], *b = &r->from->node[other];
    return is_projection(r, other) && are_siblings(a->path[0], b->path[0]) && a->input[IN_X] == b->input[IN_X] &&
           (a->input[IN_BIAS] == NO_VALUE) == (b->input[IN_BIAS] == NO_VALUE);
}

static void find_groups(struct rewrite *r)
{
    for (node_id first = 0; first < r->from->n_nodes; first++) {
        if (r->into[first] != NO_NODE || !is_projection(r, first))
            continue;
        int members = 1;
        for (node_id n = first + 1; n < r->from->n_nodes && members < MAX_INPUTS; n++)
            if (r->into[n] == NO_NODE && merges(r, first, n)) {
                r->into[n] = first;
                members++;
            }
        if (members > 1)
            r->into[first] = first;
    }
}

static value_id stack(struct rewrite *r, node_id first, int input)
{
    struct node n = {.op = OP_stack};
    for (node_id m = first; m < r->from->n_nodes; m++)
        if (r->into[m] == first) {
            n.input[n.n_inputs++] = r->map[r->from->node[m].input[input]];
            rewrite_fold(r, &n, m);
        }
    return rewrite_append(r, &n, r->to->value[n.input[0]].dtype, LAYOUT_rows);
}

static void merge(struct rewrite *r, node_id first)
{
    const struct value *was = node_result(r->from, &r->from->node[first], 0);
    struct node n = rewrite_node(r, first);
    n.input[IN_WEIGHT] = stack(r, first, IN_WEIGHT);
    if (n.input[IN_BIAS] != NO_VALUE)
        n.input[IN_BIAS] = stack(r, first, IN_BIAS);
    for (node_id m = first + 1; m < r->from->n_nodes; m++)
        if (r->into[m] == first)
            rewrite_fold(r, &n, m);
    value_id all = rewrite_append(r, &n, was->dtype, was->layout);
    int64_t at = 0;
    for (node_id m = first; m < r->from->n_nodes; m++) {
        if (r->into[m] != first)
            continue;
        const struct value *own = node_result(r->from, &r->from->node[m], 0);
        struct node slice = {.op = OP_slice, .n_inputs = 1, .input = {all}};
        slice.params.begin = at;
        slice.params.end = at += own->shape.dim[own->shape.rank - 1];
        rewrite_fold(r, &slice, m);
        rewrite_map(r, m, rewrite_append(r, &slice, own->dtype, own->layout));
    }
}

struct graph *pass_qkv(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    struct rewrite r = rewrite_begin(from);
    find_groups(&r);
    for (node_id n = 0; n < from->n_nodes; n++)
        if (r.into[n] == n)
            merge(&r, n);
        else
            rewrite_copy(&r, n);
    return rewrite_end(&r);
}
