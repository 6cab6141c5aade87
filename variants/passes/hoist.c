/* Hoisting by rate. What depends on the prompt alone (keys and values of contexts) is computed once a prompt. What is
 * computed row by row from a table with one row a step is computed for all rows at once, before the loop, and the loop
 * picks its row last: f(row i of T) = row i of f(T). So the time embeddings of all blocks leave the loop.
 *
 * A value that could be picked later is kept as its table, and picked where somebody needs the row itself. */
#include <stdlib.h>

#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

struct hoist {
    struct rewrite r;
    value_id *table; /* old value to the new table that it is a row of; NO_VALUE where it is not pending */
    node_id *pick;   /* ... and to the old step_row node that picks it */
};

/* Whether a row of the result depends on the same row of the first activation only. */
static bool works_by_rows(const struct node *n)
{
    return n->op == OP_linear || n->op == OP_geglu || n->op == OP_layer_norm ||
           (ops[n->op].kind == KIND_ELEMENTWISE && n->op != OP_guidance && n->op != OP_sampler_update &&
            n->op != OP_pixels && n->op != OP_advance);
}

/* The activation is a pending row, and all else comes from the checkpoint. */
static bool is_pending(const struct hoist *h, const struct node *n)
{
    int first = node_first_activation(n);
    if (!works_by_rows(n) || h->table[n->input[first]] == NO_VALUE)
        return false;
    for (int i = 0; i < n->n_inputs; i++)
        if (i != first && n->input[i] != NO_VALUE && node_value(h->r.from, n, i)->rate != RATE_LOAD)
            return false;
    return true;
}

static void delay(struct hoist *h, node_id old)
{
    struct rewrite *r = &h->r;
    const struct node *was = &r->from->node[old];
    const struct value *y = node_result(r->from, was, 0);
    value_id row = was->input[node_first_activation(was)];
    struct node n = rewrite_node(r, old);
    n.input[node_first_activation(was)] = h->table[row];
    h->table[was->output[0]] = rewrite_append(r, &n, y->dtype, y->layout);
    h->pick[was->output[0]] = h->pick[row];
}

/* The row itself, once somebody needs it. */
static void need(struct hoist *h, value_id v)
{
    struct rewrite *r = &h->r;
    if (v == NO_VALUE || h->table[v] == NO_VALUE || r->map[v] != NO_VALUE)
        return;
    const struct value *was = &r->from->value[v];
    struct node n = rewrite_node(r, h->pick[v]);
    n.input[0] = h->table[v];
    if (was->producer != h->pick[v])
        n.path[0] = arena_printf(&r->to->arena, "%s/step_row", was->name);
    r->map[v] = rewrite_append(r, &n, was->dtype, was->layout);
}

static void rewrite_one(struct hoist *h, node_id old)
{
    const struct node *was = &h->r.from->node[old];
    if (was->op == OP_step_row && h->r.from->value[was->input[0]].rate == RATE_RUN) {
        h->table[was->output[0]] = h->r.map[was->input[0]];
        h->pick[was->output[0]] = old;
        return;
    }
    if (is_pending(h, was)) {
        delay(h, old);
        return;
    }
    for (int i = 0; i < was->n_inputs; i++)
        need(h, was->input[i]);
    rewrite_copy(&h->r, old);
}

struct graph *pass_hoist(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    struct hoist h = {.r = rewrite_begin(from)};
    size_t values = (size_t)from->n_values + 1;
    h.table = malloc(values * sizeof *h.table);
    h.pick = malloc(values * sizeof *h.pick);
    h.r.to->hoists_run = true;
    for (value_id v = 0; h.table && v < from->n_values; v++)
        h.table[v] = NO_VALUE;
    for (node_id n = 0; n < from->n_nodes; n++)
        if (h.table && h.pick)
            rewrite_one(&h, n);
        else /* without memory for the lists: what has that rate already */
            rewrite_copy(&h.r, n);
    for (int i = 0; h.table && h.pick && i < from->n_outputs; i++)
        need(&h, from->output[i].value);
    free(h.table);
    free(h.pick);
    return rewrite_end(&h.r);
}
