#include "pipeline/graph/verify.h"

#include "pipeline/graph/place.h"
#include "pipeline/graph/rules.h"

static bool is_float(enum dtype t)
{
    return t == DTYPE_f32 || t == DTYPE_f16 || t == DTYPE_bf16;
}

static struct err check_inputs(const struct graph *g, node_id id)
{
    const struct node *n = &g->node[id];
    for (int i = 0; i < n->n_inputs; i++) {
        value_id v = n->input[i];
        if (v == NO_VALUE && i == IN_BIAS && node_first_activation(n) == IN_X)
            continue;
        if (v < 0 || v >= g->n_values)
            return err_fail("input %d does not exist", i);
        if (g->value[v].kind == VALUE_RESULT && g->value[v].producer >= id)
            return err_fail("input %d is computed after it is read", i);
    }
    return OK;
}

static struct err check_rules(const struct graph *g, node_id id)
{
    struct node n = g->node[id];
    struct shape shape[MAX_OUTPUTS] = {{0}};
    n.n_outputs = 1;
    TRY(shape_infer(g, &n, shape));
    enum rate rate = node_rate(g, &n);
    if (ops[n.op].kind == KIND_LOAD && rate != RATE_LOAD)
        return err_fail("reads what is not a weight");
    if (n.rate != rate)
        return err_fail("rate is %s, inputs make it %s", rate_names[n.rate], rate_names[rate]);
    if (n.n_outputs != g->node[id].n_outputs)
        return err_fail("has %d results, not %d", g->node[id].n_outputs, n.n_outputs);
    for (int i = 0; i < n.n_outputs; i++) {
        const struct value *y = node_result(g, &n, i);
        if (!shape_equal(y->shape, shape[i]) || y->producer != id || y->rate != rate)
            return err_fail("result %d does not follow from its inputs", i);
    }
    return OK;
}

/* Of a weight it is f32; one that a convolution reads and that was computed may also be of its sources' type. */
static struct err check_bias(const struct graph *g, const struct node *n, enum dtype read)
{
    if (n->input[IN_BIAS] == NO_VALUE)
        return OK;
    const struct value *bias = node_value(g, n, IN_BIAS);
    bool computed = n->op == OP_conv && bias->rate != RATE_LOAD;
    if (bias->dtype == DTYPE_f32 || (computed && bias->dtype == read))
        return OK;
    return err_fail(computed ? "bias must be f32 or as the sources" : "bias must be f32");
}

static struct err check_dtypes(const struct graph *g, const struct node *n)
{
    int first = node_first_activation(n);
    if (n->op == OP_embedding || n->op == OP_step_row || n->op == OP_advance)
        return OK; /* gathers by an integer */
    enum dtype read = node_value(g, n, first)->dtype;
    for (int i = first + 1; i < node_sources_end(n); i++)
        if (node_value(g, n, i)->dtype != read)
            return err_fail("reads %s and %s: a cast is missing", dtypes[read].name,
                            dtypes[node_value(g, n, i)->dtype].name);
    if (first == IN_X) {
        enum dtype weight = node_value(g, n, IN_WEIGHT)->dtype;
        if (weight != (ops[n->op].kind == KIND_PRODUCT ? read : DTYPE_f32))
            return err_fail("weight is %s, sources are %s", dtypes[weight].name, dtypes[read].name);
        TRY(check_bias(g, n, read));
    }
    if (n->params.residual && !is_float(node_value(g, n, n->n_inputs - 1)->dtype))
        return err_fail("residual must be a float type");
    enum dtype made = node_result(g, n, 0)->dtype;
    if (n->op == OP_pixels)
        return made == DTYPE_u8 ? OK : err_fail("must make u8");
    if (!is_float(read) || !is_float(made))
        return err_fail("reads %s and makes %s", dtypes[read].name, dtypes[made].name);
    enum op_kind kind = ops[n->op].kind;
    bool keeps = kind == KIND_VIEW || kind == KIND_MOVE || kind == KIND_LOAD; /* arithmetic may store its float32 results in 16 bit */
    if (keeps && made != read)
        return err_fail("reads %s and makes %s: only a cast may", dtypes[read].name, dtypes[made].name);
    return OK;
}

static struct err check_order(const struct graph *g, const struct node *n)
{
    bool joins = ops[n->op].kind == KIND_ELEMENTWISE && n->op != OP_pixels && n->op != OP_guidance;
    const struct value *y = node_result(g, n, 0);
    for (int i = joins ? 0 : node_sources_end(n); i < n->n_inputs; i++)
        if (shape_equal(node_value(g, n, i)->shape, y->shape) && !values_same_order(node_value(g, n, i), y))
            return err_fail("input %d (%s) and result (%s) lie in different orders: a reorder is missing", i,
                            layout_names[node_value(g, n, i)->layout], layout_names[y->layout]);
    return OK;
}

static struct err check_states(const struct graph *g)
{
    for (value_id v = 0; v < g->n_values; v++) {
        const struct value *s = &g->value[v], *next = s->next == NO_VALUE ? NULL : &g->value[s->next];
        if (s->kind != VALUE_STATE || !next)
            continue;
        if (!shape_equal(s->shape, next->shape) || s->dtype != next->dtype || s->layout != next->layout)
            return err_fail("state %s: its next value differs in shape, dtype or layout", s->name);
        for (node_id n = next->producer + 1; n < g->n_nodes; n++)
            for (int i = 0; i < g->node[n].n_inputs; i++)
                if (g->node[n].input[i] == v)
                    return err_fail("state %s is read by %s after its next value was written", s->name,
                                    g->node[n].path[0]);
    }
    return OK;
}

struct err graph_verify_unplaced(const struct graph *g)
{
    if (g->error.code)
        return err_make(g->error.code, "graph %s: %s", g->name, err_text(g->error));
    struct err e = OK;
    for (node_id n = 0; n < g->n_nodes && !e.code; n++) {
        e = check_inputs(g, n);
        if (!e.code)
            e = check_rules(g, n);
        if (!e.code)
            e = check_dtypes(g, &g->node[n]);
        e = err_wrap(e, "%s (%s)", g->node[n].path[0], ops[g->node[n].op].name);
    }
    return err_wrap(e, "graph %s", g->name);
}

struct err graph_verify(struct graph *g)
{
    TRY(graph_verify_unplaced(g));
    struct err e = graph_place(g);
    for (node_id n = 0; n < g->n_nodes && !e.code; n++)
        e = err_wrap(check_order(g, &g->node[n]), "%s (%s)", g->node[n].path[0], ops[g->node[n].op].name);
    if (!e.code)
        e = check_states(g);
    return err_wrap(e, "graph %s", g->name);
}
