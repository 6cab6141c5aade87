#include "variants/delay.h"

#include <stdio.h>
#include <stdlib.h>

struct delaying {
    struct rewrite r;
    const struct delay_rule *rule;
    node_id *by;     /* old value to the old node that copies it; NO_NODE where it is not pending */
    value_id *small; /* ... and to the new value that it is to be copied from; NO_VALUE of a view until it is asked for */
};

static bool is_pending(const struct delaying *d, value_id v)
{
    return v != NO_VALUE && d->by[v] != NO_NODE;
}

static bool is_view(const struct delaying *d, node_id old)
{
    return ops[d->r.from->node[old].op].kind == KIND_VIEW;
}

static bool can_wait(const struct delaying *d, const struct node *n)
{
    const struct graph *g = d->r.from;
    bool pending = false;
    if (!d->rule->passes(g, n))
        return false;
    for (int i = 0; i < n->n_inputs; i++)
        if (is_pending(d, n->input[i]))
            pending = true;
        else if (n->input[i] != NO_VALUE && d->rule->hinders(g, n, i))
            return false;
    return pending;
}

static void compute_small(struct delaying *d, node_id old);

static value_id small_of(struct delaying *d, value_id v)
{
    if (d->small[v] == NO_VALUE)
        compute_small(d, d->r.from->value[v].producer);
    return d->small[v];
}

/* The node on what its inputs will be copied from. */
static void compute_small(struct delaying *d, node_id old)
{
    struct rewrite *r = &d->r;
    const struct node *was = &r->from->node[old];
    const struct value *y = node_result(r->from, was, 0);
    value_id input[MAX_INPUTS];
    for (int i = 0; i < was->n_inputs; i++)
        input[i] = is_pending(d, was->input[i]) ? small_of(d, was->input[i]) : NO_VALUE;
    struct node n = rewrite_node(r, old);
    for (int i = 0; i < was->n_inputs; i++)
        if (input[i] != NO_VALUE)
            n.input[i] = input[i];
    value_id first = rewrite_append(r, &n, y->dtype, y->layout);
    for (int i = 0; i < was->n_outputs; i++)
        d->small[was->output[i]] = r->to->node[r->to->value[first].producer].output[i];
}

static void wait_longer(struct delaying *d, node_id old)
{
    const struct node *was = &d->r.from->node[old];
    node_id by = NO_NODE;
    for (int i = 0; i < was->n_inputs; i++)
        if (is_pending(d, was->input[i]))
            by = d->by[was->input[i]];
    for (int i = 0; i < was->n_outputs; i++)
        d->by[was->output[i]] = by;
    if (!is_view(d, old))
        compute_small(d, old);
}

/* The value itself, once somebody needs it. What looks at a pending value looks at its copy. */
static void need(struct delaying *d, value_id v)
{
    struct rewrite *r = &d->r;
    if (!is_pending(d, v) || r->map[v] != NO_VALUE)
        return;
    const struct value *was = &r->from->value[v];
    if (is_view(d, was->producer)) {
        need(d, r->from->node[was->producer].input[0]);
        rewrite_copy(r, was->producer);
        return;
    }
    value_id small = small_of(d, v);
    struct node n = rewrite_node(r, d->by[v]);
    n.input[0] = small;
    if (was->producer != d->by[v])
        n.path[0] = arena_printf(&r->to->arena, "%s/%s", was->name, ops[n.op].name);
    r->map[v] = rewrite_append(r, &n, was->dtype, was->layout);
}

static void rewrite_one(struct delaying *d, node_id old)
{
    const struct node *was = &d->r.from->node[old];
    if (can_wait(d, was)) {
        wait_longer(d, old);
        return;
    }
    if (d->rule->begins(d->r.from, was) && !is_pending(d, was->input[0])) {
        d->small[was->output[0]] = d->r.map[was->input[0]];
        d->by[was->output[0]] = old;
        return;
    }
    for (int i = 0; i < was->n_inputs; i++)
        need(d, was->input[i]);
    rewrite_copy(&d->r, old);
}

struct graph *delay(const struct graph *from, const struct delay_rule *rule)
{
    struct delaying d = {.r = rewrite_begin(from), .rule = rule};
    size_t values = (size_t)from->n_values + 1;
    d.small = malloc(values * sizeof *d.small);
    d.by = malloc(values * sizeof *d.by);
    if (!d.small || !d.by) {
        fprintf(stderr, "sdbench: out of memory (%d values of a graph)\n", from->n_values);
        exit(3);
    }
    for (value_id v = 0; v < from->n_values; v++) {
        d.small[v] = NO_VALUE;
        d.by[v] = NO_NODE;
    }
    for (node_id n = 0; n < from->n_nodes; n++)
        rewrite_one(&d, n);
    for (int i = 0; i < from->n_outputs; i++)
        need(&d, from->output[i].value);
    for (value_id v = 0; v < from->n_values; v++)
        need(&d, from->value[v].next);
    free(d.small);
    free(d.by);
    return rewrite_end(&d.r);
}
