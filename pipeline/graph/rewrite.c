#include "pipeline/graph/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/build.h"

/* Counts a reader; a second one makes it nobody's. */
static void note_reader(node_id *reader, bool *read, value_id v, node_id n)
{
    if (v == NO_VALUE)
        return;
    reader[v] = read[v] ? NO_NODE : n;
    read[v] = true;
}

static void find_readers(const struct graph *g, node_id *reader, bool *read)
{
    for (value_id v = 0; v < g->n_values; v++)
        reader[v] = NO_NODE;
    for (node_id n = 0; n < g->n_nodes; n++)
        for (int i = 0; i < g->node[n].n_inputs; i++)
            note_reader(reader, read, g->node[n].input[i], n);
    for (int i = 0; i < g->n_outputs; i++)
        note_reader(reader, read, g->output[i].value, NO_NODE);
    for (value_id v = 0; v < g->n_values; v++)
        note_reader(reader, read, g->value[v].next, NO_NODE);
}

struct rewrite rewrite_begin(const struct graph *from)
{
    size_t values = (size_t)from->n_values + 1, nodes = (size_t)from->n_nodes + 1;
    struct rewrite r = {from, graph_new(from->name), malloc(values * sizeof *r.map), malloc(nodes * sizeof *r.into),
                        malloc(values * sizeof *r.reader)};
    bool *read = calloc(values, sizeof *read);
    if (!r.map || !r.into || !r.reader || !read) {
        fprintf(stderr, "sdbench: out of memory (%d values of a graph)\n", from->n_values);
        exit(3);
    }
    for (node_id n = 0; n < from->n_nodes; n++)
        r.into[n] = NO_NODE;
    find_readers(from, r.reader, read);
    free(read);
    r.to->hoists_run = from->hoists_run;
    r.to->captured = from->captured;
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
    if (r->into[old] != NO_NODE)
        return;
    struct node n = rewrite_node(r, old);
    const struct value *y = node_result(r->from, &r->from->node[old], 0);
    rewrite_map(r, old, rewrite_append(r, &n, y->dtype, y->layout));
}

void rewrite_fold(const struct rewrite *r, struct node *n, node_id old)
{
    const struct node *folded = &r->from->node[old];
    const char **paths = arena_alloc(&r->to->arena, (size_t)(n->n_paths + folded->n_paths) * sizeof *paths);
    for (int i = 0; i < n->n_paths; i++)
        paths[i] = n->path[i];
    for (int i = 0; i < folded->n_paths; i++)
        paths[n->n_paths + i] = arena_strdup(&r->to->arena, folded->path[i]);
    n->path = paths;
    n->n_paths += folded->n_paths;
}

struct graph *rewrite_end(struct rewrite *r)
{
    for (value_id v = 0; v < r->from->n_values; v++)
        if (r->from->value[v].next != NO_VALUE)
            r->to->value[r->map[v]].next = r->map[r->from->value[v].next];
    for (int i = 0; i < r->from->n_outputs; i++)
        graph_output(r->to, r->from->output[i].name, r->map[r->from->output[i].value]);
    free(r->map);
    free(r->into);
    free(r->reader);
    *r = (struct rewrite){.from = r->from, .to = r->to};
    return r->to;
}

struct graph *rewrite_patterns(const struct graph *from, void (*mark)(struct rewrite *r, node_id old),
                               bool (*replace)(struct rewrite *r, node_id old))
{
    struct rewrite r = rewrite_begin(from);
    for (node_id n = 0; n < from->n_nodes; n++)
        mark(&r, n);
    for (node_id n = 0; n < from->n_nodes; n++)
        if (!replace(&r, n))
            rewrite_copy(&r, n);
    return rewrite_end(&r);
}

struct graph *rewrite_nothing(const struct graph *from)
{
    struct rewrite r = rewrite_begin(from);
    for (node_id n = 0; n < from->n_nodes; n++)
        rewrite_copy(&r, n);
    return rewrite_end(&r);
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

node_id rewrite_sole(const struct rewrite *r, value_id v, enum op op)
{
    node_id made = v == NO_VALUE ? NO_NODE : r->from->value[v].producer;
    bool sole = made != NO_NODE && r->from->node[made].op == op && r->from->node[made].n_outputs == 1;
    return sole && r->reader[v] != NO_NODE ? made : NO_NODE;
}
