#include "pipeline/graph/print.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

/* The parameters by name: those that are not 0 are printed. */
struct field {
    const char *name;
    size_t offset;
    enum { FIELD_INTEGER, FIELD_REAL, FIELD_FLAG, FIELD_OP } type;
};
// clang-format off
#define FIELD(name, type) {#name, offsetof(struct params, name), FIELD_##type}
static const struct field fields[] = {
    FIELD(stride, INTEGER), FIELD(pad[0], INTEGER), FIELD(pad[1], INTEGER), FIELD(pad[2], INTEGER),
    FIELD(pad[3], INTEGER), FIELD(groups, INTEGER), FIELD(heads, INTEGER), FIELD(times, INTEGER),
    FIELD(begin, INTEGER), FIELD(end, INTEGER), FIELD(height, INTEGER), FIELD(width, INTEGER),
    FIELD(activation, OP), FIELD(eps, REAL), FIELD(factor, REAL), FIELD(causal, FLAG), FIELD(transpose, FLAG),
    FIELD(rounded, FLAG), FIELD(residual, FLAG),
};
// clang-format on

static void print_params(const struct params *p, struct text *out)
{
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const char *at = (const char *)p + fields[i].offset;
        int64_t integer;
        double real;
        if (fields[i].type == FIELD_INTEGER && (memcpy(&integer, at, sizeof integer), integer))
            text_add(out, " %s=%" PRId64, fields[i].name, integer);
        if (fields[i].type == FIELD_OP && (memcpy(&integer, at, sizeof integer), integer))
            text_add(out, " %s=%s", fields[i].name, ops[integer].name);
        if (fields[i].type == FIELD_REAL && (memcpy(&real, at, sizeof real), real != 0))
            text_add(out, " %s=%.9g", fields[i].name, real);
        if (fields[i].type == FIELD_FLAG && *(const bool *)at)
            text_add(out, " %s", fields[i].name);
    }
}

/* Results are %node (%node.i past the first); everything else has a name. */
static void print_reference(const struct graph *g, value_id v, struct text *out)
{
    if (v == NO_VALUE) {
        text_add(out, "none");
        return;
    }
    const struct value *x = &g->value[v];
    if (x->kind != VALUE_RESULT) {
        text_add(out, "%s", x->name);
        return;
    }
    text_add(out, "%%%d", x->producer);
    for (int i = 1; i < g->node[x->producer].n_outputs; i++)
        if (g->node[x->producer].output[i] == v)
            text_add(out, ".%d", i);
}

static void print_type(const struct value *x, struct text *out)
{
    char shape[SHAPE_TEXT];
    text_add(out, "%s[%s]", dtypes[x->dtype].name, shape_text(x->shape, shape));
    if (x->layout != LAYOUT_rows)
        text_add(out, " %s", layout_names[x->layout]);
}

void graph_print_node(const struct graph *g, const struct node *n, struct text *out)
{
    print_reference(g, n->output[0], out);
    text_add(out, " = %s(", ops[n->op].name);
    for (int i = 0; i < n->n_inputs; i++) {
        text_add(out, "%s", i ? ", " : "");
        print_reference(g, n->input[i], out);
    }
    text_add(out, ")");
    print_params(&n->params, out);
    text_add(out, " : ");
    print_type(node_result(g, n, 0), out);
    text_add(out, " %s  # %s", rate_names[n->rate], n->path[0]);
    for (int i = 1; i < n->n_paths; i++)
        text_add(out, " + %s", n->path[i]);
    text_add(out, "\n");
}

void graph_print(const struct graph *g, struct text *out)
{
    static const char *const kinds[] = {[VALUE_WEIGHT] = "weight", [VALUE_INPUT] = "input", [VALUE_STATE] = "state"};
    text_add(out, "graph %s%s%s\n", g->name, g->hoists_run ? ", run nodes once a prompt" : "",
             g->captured ? ", captured" : "");
    for (value_id v = 0; v < g->n_values; v++) {
        const struct value *x = &g->value[v];
        if (x->kind == VALUE_RESULT || x->kind == VALUE_WEIGHT)
            continue;
        text_add(out, "%s %s : ", kinds[x->kind], x->name);
        print_type(x, out);
        text_add(out, " %s", rate_names[x->rate]);
        if (x->next != NO_VALUE) {
            text_add(out, " next ");
            print_reference(g, x->next, out);
        }
        text_add(out, "\n");
    }
    for (node_id n = 0; n < g->n_nodes; n++)
        graph_print_node(g, &g->node[n], out);
    for (int i = 0; i < g->n_outputs; i++) {
        text_add(out, "output %s = ", g->output[i].name);
        print_reference(g, g->output[i].value, out);
        text_add(out, "\n");
    }
}

void graph_print_dot(const struct graph *g, struct text *out)
{
    static const char *const colors[] = {[KIND_PRODUCT] = "#f4b183", [KIND_NORM] = "#a9d18e",
                                         [KIND_ELEMENTWISE] = "#9dc3e6", [KIND_MOVE] = "#ffe699",
                                         [KIND_LOAD] = "#dddddd",    [KIND_VIEW] = "#eeeeee"};
    char shape[SHAPE_TEXT];
    text_add(out, "digraph \"%s\" {\n  node [shape=box style=filled fontname=\"sans-serif\"];\n", g->name);
    for (node_id n = 0; n < g->n_nodes; n++) {
        const struct node *x = &g->node[n];
        text_add(out, "  n%d [label=\"%s\\n%s\" fillcolor=\"%s\"];\n", n, ops[x->op].name, x->path[0],
                 colors[ops[x->op].kind]);
        for (int i = 0; i < x->n_inputs; i++) {
            if (x->input[i] == NO_VALUE || node_value(g, x, i)->kind == VALUE_WEIGHT)
                continue;
            const struct value *v = node_value(g, x, i);
            if (v->kind == VALUE_RESULT)
                text_add(out, "  n%d", v->producer);
            else
                text_add(out, "  \"%s\"", v->name);
            text_add(out, " -> n%d [label=\"%s %s\"];\n", n, dtypes[v->dtype].name, shape_text(v->shape, shape));
        }
    }
    for (int i = 0; i < g->n_outputs; i++)
        if (g->value[g->output[i].value].kind == VALUE_RESULT)
            text_add(out, "  n%d -> \"%s\";\n", g->value[g->output[i].value].producer, g->output[i].name);
    text_add(out, "}\n");
}

uint64_t graph_hash(const struct graph *g)
{
    struct text t = {0};
    graph_print(g, &t);
    uint64_t hash = XXH3_64bits(t.bytes, t.length);
    text_free(&t);
    return hash;
}
