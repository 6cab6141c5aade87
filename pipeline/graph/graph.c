#include "pipeline/graph/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/rules.h"

const struct op_info ops[OP_COUNT] = {
#define OP(name, kind, inputs, summary) [OP_##name] = {#name, inputs, summary, KIND_##kind},
#include "pipeline/graph/ops.def"
#undef OP
};

const char *const rate_names[RATE_COUNT] = {"load", "run", "step", "loop"};
const char *const layout_names[LAYOUT_COUNT] = {"rows", "channels_last", "tokens_first"};

struct graph *graph_new(const char *name)
{
    struct arena arena = {0};
    struct graph *g = arena_alloc(&arena, sizeof *g);
    g->name = arena_strdup(&arena, name);
    g->arena = arena;
    return g;
}

void graph_free(struct graph *g)
{
    if (!g)
        return;
    free(g->value);
    free(g->node);
    err_free(&g->error);
    struct arena arena = g->arena; /* g itself lies in it */
    arena_free(&arena);
}

/* Room for one more element of an array that doubles. */
static void *grow(void *array, int count, int *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 64;
    void *more = realloc(array, (size_t)*capacity * size);
    if (!more) {
        fprintf(stderr, "sdbench: out of memory (%d elements of a graph)\n", *capacity);
        exit(3);
    }
    return more;
}

value_id graph_add_value(struct graph *g, enum value_kind kind, const char *name, enum dtype dtype, struct shape shape,
                         enum rate rate)
{
    if (!shape_in_range(shape)) { /* so that no sum or product of sizes overflows later */
        g->error = err_first(g->error, err_fail("%s: has more than 2^48 elements", name));
        shape = (struct shape){0};
    }
    g->value = grow(g->value, g->n_values, &g->capacity_values, sizeof *g->value);
    value_id id = g->n_values++;
    g->value[id] = (struct value){.name = arena_strdup(&g->arena, name), .kind = kind, .shape = shape, .dtype = dtype,
                                  .rate = rate, .producer = NO_NODE, .next = NO_VALUE, .base = id};
    return id;
}

enum rate node_rate(const struct graph *g, const struct node *n)
{
    enum rate rate = RATE_LOAD;
    for (int i = 0; i < n->n_inputs; i++)
        if (n->input[i] != NO_VALUE && g->value[n->input[i]].rate > rate)
            rate = g->value[n->input[i]].rate;
    return n->op == OP_step_row ? RATE_STEP : rate;
}

node_id graph_add_node(struct graph *g, const struct node *model, enum dtype dtype)
{
    struct node n = *model;
    n.rate = node_rate(g, &n);
    n.n_outputs = 1;
    struct shape shape[MAX_OUTPUTS] = {{0}};
    struct err e = shape_infer(g, &n, shape);
    if (e.code)
        g->error = err_first(g->error, err_wrap(e, "%s (%s)", n.path[0], ops[n.op].name));
    for (int i = 0; i < n.n_outputs; i++) {
        n.output[i] = graph_add_value(g, VALUE_RESULT, n.path[0], dtype, shape[i], n.rate);
        g->value[n.output[i]].producer = g->n_nodes;
    }
    g->node = grow(g->node, g->n_nodes, &g->capacity_nodes, sizeof *g->node);
    g->node[g->n_nodes] = n;
    return g->n_nodes++;
}

int64_t value_bytes(const struct value *v)
{
    return shape_count(v->shape) * (int64_t)dtypes[v->dtype].bytes;
}

value_id graph_find(const struct graph *g, const char *name)
{
    for (value_id v = 0; v < g->n_values; v++)
        if (g->value[v].kind != VALUE_RESULT && !strcmp(g->value[v].name, name))
            return v;
    return NO_VALUE;
}

value_id graph_find_output(const struct graph *g, const char *name)
{
    for (int i = 0; i < g->n_outputs; i++)
        if (!strcmp(g->output[i].name, name))
            return g->output[i].value;
    return NO_VALUE;
}

value_id graph_scope_output(const struct graph *g, const char *scope)
{
    size_t length = strlen(scope);
    for (node_id n = g->n_nodes - 1; n >= 0; n--) {
        const char *path = g->node[n].path[0];
        if (!strncmp(path, scope, length) && (path[length] == '/' || !path[length]))
            return g->node[n].output[0];
    }
    return NO_VALUE;
}

int node_first_activation(const struct node *n)
{
    switch (n->op) {
    case OP_conv:
    case OP_subpixel_conv:
    case OP_linear:
    case OP_geglu:
    case OP_group_norm:
    case OP_layer_norm:
        return IN_X;
    case OP_embedding:
    case OP_sampler_update:
        return 1;
    default:
        return 0;
    }
}
