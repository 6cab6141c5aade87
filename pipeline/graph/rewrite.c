#include "pipeline/graph/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/build.h"

struct rewrite rewrite_begin(const struct graph *from)
{
    struct rewrite r = {from, graph_new(from->name), malloc(((size_t)from->n_values + 1) * sizeof *r.map)};
    if (!r.map) {
        fprintf(stderr, "sdbench: out of memory (%d values of a graph)\n", from->n_values);
        exit(3);
    }
    if (from->error.code)
        r.to->error = err_make(from->error.code, "%s", err_text(from->error));
    for (value_id v = 0; v < from->n_values; v++) {
        const struct value *x = &from->value[v];
        r.map[v] = NO_VALUE;
        if (x->kind == VALUE_RESULT)
            continue;
        r.map[v] = graph_add_value(r.to, x->kind, x->name, x->dtype, x->shape, x->rate);
        r.to->value[r.map[v]].layout = x->layout;
    }
    return r;
}

struct node rewrite_node(const struct rewrite *r, node_id old)
{
    struct node n = r->from->node[old];
    for (int i = 0; i < n.n_inputs; i++)
        n.input[i] = n.input[i] == NO_VALUE ? NO_VALUE : r->map[n.input[i]];
    const char **paths = arena_alloc(&r->to->arena, (size_t)n.n_paths * sizeof *paths);
    for (int i = 0; i < n.n_paths; i++)
        paths[i] = arena_strdup(&r->to->arena, n.path[i]);
    n.path = paths;
    return n;
}

value_id rewrite_append(struct rewrite *r, const struct node *n, enum dtype dtype, enum layout layout)
{
    node_id id = graph_add_node(r->to, n, dtype);
    for (int i = 0; i < r->to->node[id].n_outputs; i++)
        r->to->value[r->to->node[id].output[i]].layout = layout;
    return r->to->node[id].output[0];
}

value_id rewrite_insert(struct rewrite *r, enum op op, value_id x, const char *path, enum dtype dtype,
                        enum layout layout)
{
    const char **paths = arena_alloc(&r->to->arena, sizeof *paths);
    paths[0] = arena_printf(&r->to->arena, "%s/%s", path, ops[op].name);
    struct node n = {.op = op, .n_inputs = 1, .input = {x}, .n_paths = 1, .path = paths};
    return rewrite_append(r, &n, dtype, layout);
}

void rewrite_map(struct rewrite *r, node_id old, value_id first)
{
    const struct node *was = &r->from->node[old], *is = &r->to->node[r->to->value[first].producer];
    for (int i = 0; i < was->n_outputs && i < is->n_outputs; i++)
        r->map[was->output[i]] = is->output[i];
}

void rewrite_copy(struct rewrite *r, node_id old)
{
    struct node n = rewrite_node(r, old);
    const struct value *y = node_result(r->from, &r->from->node[old], 0);
    rewrite_map(r, old, rewrite_append(r, &n, y->dtype, y->layout));
}

struct graph *rewrite_end(struct rewrite *r)
{
    for (value_id v = 0; v < r->from->n_values; v++)
        if (r->from->value[v].next != NO_VALUE)
            r->to->value[r->map[v]].next = r->map[r->from->value[v].next];
    for (int i = 0; i < r->from->n_outputs; i++)
        graph_output(r->to, r->from->output[i].name, r->map[r->from->output[i].value]);
    free(r->map);
    r->map = NULL;
    return r->to;
}

int graph_uses(const struct graph *g, value_id v)
{
    int uses = 0;
    for (node_id n = 0; n < g->n_nodes; n++)
        for (int i = 0; i < g->node[n].n_inputs; i++)
            uses += g->node[n].input[i] == v;
    for (int i = 0; i < g->n_outputs; i++)
        uses += g->output[i].value == v;
    return uses;
}
