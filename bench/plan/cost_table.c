#include "bench/plan/cost_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Whether a value of four dimensions is (N,h,T,D), as inside attention, and not (N,C,H,W). */
static bool has_heads(const struct graph *g, const struct value *v)
{
    if (v->producer == NO_NODE)
        return false;
    const struct node *n = &g->node[v->producer];
    if (n->op == OP_matmul || n->op == OP_split_heads)
        return true;
    bool keeps = ops[n->op].kind == KIND_ELEMENTWISE || n->op == OP_softmax || n->op == OP_reorder;
    return keeps && has_heads(g, node_value(g, n, node_first_activation(n)));
}

/* The level that a node's result belongs to, without costs. */
static struct cost_row level_of(const struct graph *g, const struct node *n)
{
    const struct value *v = node_result(g, n, 0);
    struct cost_row row = {.positions = v->shape.rank == 3 ? v->shape.dim[1] : 0, .once = n->rate == RATE_RUN};
    if (v->shape.rank == 4) {
        int h = n->op == OP_pixels ? 1 : 2; /* pixels are (N,H,W,C) */
        row.image = !has_heads(g, v);
        row.positions = v->shape.dim[h] * (row.image ? v->shape.dim[h + 1] : 1);
        if (row.image)
            snprintf(row.name, sizeof row.name, "%" PRId64 "x%" PRId64, v->shape.dim[h + 1], v->shape.dim[h]);
    }
    if (!row.positions)
        snprintf(row.name, sizeof row.name, "vectors");
    else if (!row.image)
        snprintf(row.name, sizeof row.name, "%" PRId64 " tokens", row.positions);
    return row;
}

/* An image is as many tokens as it has pixels: both are one level, with the name of the image. */
static struct cost_row *find_level(struct cost_table *t, struct cost_row level)
{
    for (size_t i = 0; i < t->levels; i++) {
        struct cost_row *row = &t->level[i];
        if (row->positions != level.positions || row->once != level.once)
            continue;
        if (level.image && !row->image) {
            level.nodes = row->nodes;
            level.cost = row->cost;
            *row = level;
        }
        return row;
    }
    t->level[t->levels] = level;
    return &t->level[t->levels++];
}

static void add(struct cost_row *row, struct cost cost)
{
    row->nodes++;
    row->cost = cost_sum(row->cost, cost);
}

static int by_size(const void *a, const void *b)
{
    const struct cost_row *x = a, *y = b;
    return (x->positions < y->positions) - (x->positions > y->positions);
}

struct err cost_table_make(const struct graph *g, int64_t samples, struct cost_table *out)
{
    *out = (struct cost_table){.samples = samples, .level = calloc((size_t)g->n_nodes + 1, sizeof *out->level)};
    if (!out->level)
        return err_fail("out of memory for a table of costs");
    for (int i = 0; i < OP_COUNT; i++)
        snprintf(out->operation[i].name, sizeof out->operation[i].name, "%s", ops[i].name);
    snprintf(out->total.name, sizeof out->total.name, "total");
    for (node_id id = 0; id < g->n_nodes; id++) {
        const struct node *n = &g->node[id];
        if (n->rate == RATE_LOAD || ops[n->op].kind == KIND_VIEW)
            continue;
        struct cost cost = node_cost(g, n);
        add(&out->operation[n->op], cost);
        add(find_level(out, level_of(g, n)), cost);
        add(&out->total, cost);
    }
    qsort(out->level, out->levels, sizeof *out->level, by_size);
    return OK;
}

void cost_table_free(struct cost_table *t)
{
    free(t->level);
    *t = (struct cost_table){0};
}

static void print_row(const char *name, int nodes, struct cost c, double share)
{
    printf("  %-18s", name);
    if (nodes)
        printf(" %6d", nodes);
    else
        printf(" %6s", "");
    printf(" %14.3f %14.3f %14.3f\n", c.product_flop * share * 1e-9, c.other_flop * share * 1e-9,
           c.bytes * share * 1e-9);
}

static void print_head(const char *what)
{
    printf("  %-18s %6s %14s %14s %14s\n", what, "nodes", "product GFLOP", "other GFLOP", "GB moved");
}

void cost_table_print(const struct cost_table *t)
{
    print_head("operation");
    for (int i = 0; i < OP_COUNT; i++)
        if (t->operation[i].nodes)
            print_row(t->operation[i].name, t->operation[i].nodes, t->operation[i].cost, 1);
    print_head("level");
    for (size_t i = 0; i < t->levels; i++)
        print_row(t->level[i].name, t->level[i].nodes, t->level[i].cost, 1);
    print_row("total", t->total.nodes, t->total.cost, 1);
    print_row("per sample", 0, t->total.cost, 1 / (double)t->samples);
}

static cJSON *row_json(const struct cost_row *row, double share)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", row->name);
    cJSON_AddNumberToObject(json, "nodes", row->nodes);
    cJSON_AddNumberToObject(json, "product_flop", row->cost.product_flop * share);
    cJSON_AddNumberToObject(json, "other_flop", row->cost.other_flop * share);
    cJSON_AddNumberToObject(json, "bytes", row->cost.bytes * share);
    return json;
}

cJSON *cost_table_json(const struct cost_table *t)
{
    cJSON *json = cJSON_CreateObject(), *operations = cJSON_AddArrayToObject(json, "operations");
    cJSON *levels = cJSON_AddArrayToObject(json, "levels");
    for (int i = 0; i < OP_COUNT; i++)
        if (t->operation[i].nodes)
            cJSON_AddItemToArray(operations, row_json(&t->operation[i], 1));
    for (size_t i = 0; i < t->levels; i++)
        cJSON_AddItemToArray(levels, row_json(&t->level[i], 1));
    struct cost_row sample = t->total;
    snprintf(sample.name, sizeof sample.name, "per sample");
    cJSON_AddItemToObject(json, "total", row_json(&t->total, 1));
    cJSON_AddItemToObject(json, "per_sample", row_json(&sample, 1 / (double)t->samples));
    cJSON_AddNumberToObject(json, "samples", (double)t->samples);
    return json;
}
