#include "pipeline/graph/place.h"

#include <string.h>

void layout_strides(enum layout layout, struct shape shape, int64_t stride[MAX_RANK])
{
    static const int orders[LAYOUT_COUNT][MAX_RANK] = {
        [LAYOUT_rows] = {0, 1, 2, 3}, [LAYOUT_channels_last] = {0, 2, 3, 1}, [LAYOUT_tokens_first] = {0, 2, 1, 3}};
    int64_t step = 1;
    memset(stride, 0, MAX_RANK * sizeof *stride);
    for (int i = shape.rank - 1; i >= 0; i--) {
        int d = shape.rank == MAX_RANK ? orders[layout][i] : i;
        stride[d] = step;
        step *= shape.dim[d];
    }
}

enum layout layout_of_view(enum op op, enum layout input)
{
    switch (op) {
    case OP_image:
        return LAYOUT_channels_last;
    case OP_split_heads:
        return LAYOUT_tokens_first;
    case OP_tokens:
    case OP_merge_heads:
        return LAYOUT_rows;
    default:
        return input;
    }
}

/* Two neighbouring dimensions (outer, inner) as one: its stride, or 0 where they are not one run. */
static int64_t fold(const struct value *x, int outer, int inner)
{
    if (x->shape.dim[inner] == 1)
        return x->stride[outer];
    bool run = x->shape.dim[outer] == 1 || x->stride[outer] == x->shape.dim[inner] * x->stride[inner];
    return run ? x->stride[inner] : 0;
}

static struct err place_view(const struct node *n, const struct value *x, struct value *y)
{
    const int64_t *s = x->stride;
    int64_t one = 0;
    y->base = x->base;
    y->offset = x->offset;
    memcpy(y->stride, s, sizeof y->stride);
    switch (n->op) {
    case OP_slice:
        y->offset += n->params.begin * s[x->shape.rank - 1];
        return OK;
    case OP_tokens:
        one = fold(x, 2, 3);
        memcpy(y->stride, (int64_t[MAX_RANK]){s[0], one, s[1]}, sizeof y->stride);
        break;
    case OP_merge_heads:
        one = fold(x, 1, 3);
        memcpy(y->stride, (int64_t[MAX_RANK]){s[0], s[2], one}, sizeof y->stride);
        break;
    case OP_image:
        memcpy(y->stride, (int64_t[MAX_RANK]){s[0], s[2], n->params.width * s[1], s[1]}, sizeof y->stride);
        return OK;
    case OP_split_heads:
        memcpy(y->stride, (int64_t[MAX_RANK]){s[0], y->shape.dim[3] * s[2], s[1], s[2]}, sizeof y->stride);
        return OK;
    default: /* channels: (N,C) with two more dimensions of size 1 */
        memcpy(y->stride, (int64_t[MAX_RANK]){s[0], s[1], s[1], s[1]}, sizeof y->stride);
        return OK;
    }
    return one ? OK : err_fail("%s (%s): a view of layout %s needs a reorder before it", n->path[0], ops[n->op].name,
                               layout_names[x->layout]);
}

struct err graph_place(struct graph *g)
{
    for (value_id v = 0; v < g->n_values; v++) {
        struct value *x = &g->value[v];
        x->base = v;
        x->offset = 0;
        layout_strides(x->layout, x->shape, x->stride);
    }
    for (value_id v = 0; v < g->n_values; v++)
        if (g->value[v].kind == VALUE_STATE && g->value[v].next != NO_VALUE)
            g->value[g->value[v].next].base = v;
    for (node_id n = 0; n < g->n_nodes; n++)
        if (ops[g->node[n].op].kind == KIND_VIEW)
            TRY(place_view(&g->node[n], node_value(g, &g->node[n], 0), &g->value[g->node[n].output[0]]));
    return OK;
}

bool values_same_order(const struct value *a, const struct value *b)
{
    if (!shape_equal(a->shape, b->shape))
        return false;
    for (int i = 0; i < a->shape.rank; i++)
        for (int j = 0; j < i; j++)
            if (a->shape.dim[i] > 1 && a->shape.dim[j] > 1 &&
                (a->stride[i] < a->stride[j]) != (b->stride[i] < b->stride[j]))
                return false;
    return true;
}

bool value_is_dense(const struct value *v)
{
    int64_t span = 1;
    for (int i = 0; i < v->shape.rank; i++)
        span += (v->shape.dim[i] - 1) * v->stride[i];
    return span == shape_count(v->shape);
}
