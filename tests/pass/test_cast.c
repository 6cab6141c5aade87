/* The cast pass: text before and after, 16-bit products and nothing else in 16 bit that must not be. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/op/run_graph.h"
#include "tests/pass/small.h"
#include "tests/support/golden.h"

static const struct {
    struct graph *(*make)(void);
    bool residual_float32;
    const char *before, *after;
} texts[] = {
    {small_attention, true, "attention.txt", "attention-cast.txt"},
    {small_resnet, true, "resnet.txt", "resnet-cast.txt"},
    {small_resnet, false, "resnet.txt", "resnet-cast-half.txt"},
    {small_feed_forward, true, "feed_forward.txt", "feed_forward-cast.txt"},
};

Test(pass, cast_text)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct graph *g = texts[i].make();
        expect_graph(g, texts[i].before);
        small_pass("cast", texts[i].residual_float32, &g);
        expect_graph(g, texts[i].after);
        graph_free(g);
    }
}

/* A computed bias: its table is cast once a prompt, a step takes a row of it. Where it is not hoisted, it is cast in
 * each step. Biases that are weights stay float32, and so do norms' and linear layers' that are computed. */
Test(pass, cast_text_of_a_computed_bias)
{
    static const char *const before[] = {"time_bias", "hoist"};
    for (int hoisted = 0; hoisted <= 1; hoisted++) {
        struct graph *g = hoisted ? small_step() : small_resnet();
        for (int i = 0; i <= hoisted; i++)
            small_pass(before[i], false, &g);
        small_pass_told("cast", small_context_float16(), &g);
        const char *file = hoisted ? "step-cast-float16.txt" : "resnet-cast-float16.txt";
        expect_graph(g, file);
        small_pass_told("cast", small_context_float16(), &g);
        expect_graph(g, file);
        graph_free(g);
    }
}

/* Rounding a bias to 16 bit is one rounding more, and no other formula. */
Test(pass, cast_keeps_results_with_a_computed_bias)
{
    size_t n = 0, m = 0;
    struct graph *g = small_step(), *half = small_step();
    small_pass("layout", true, &g);
    for (const struct pass *p = passes; p->name; p++)
        small_pass_told(p->name, small_context_float16(), &half);
    float *expected = small_run("step", g, &n), *is = small_run("step", half, &m);
    cr_assert(n == m && n > 0);
    double error = relative_l2(is, expected, n);
    cr_expect(error > 1e-5 && error < 4e-3, "%.2e from float32: a few roundings of 2^-12, enlarged by guidance", error);
    free(expected);
    free(is);
}

Test(pass, cast_is_idempotent)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_idempotent("cast", texts[i].residual_float32, texts[i].make());
}

static float *run(const char *what, struct graph *g, const struct feed feed[8], size_t *n)
{
    struct graph_run how = {.backend = "reference"};
    float *out;
    if (feed)
        memcpy(how.feed, feed, sizeof how.feed);
    struct err e = graph_run(g, &how, &out, n);
    if (e.code)
        cr_assert_fail("%s: %s", what, err_text(e));
    return out;
}

static struct graph *one_linear(void)
{
    struct graph *g = graph_new("linear");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 5, 24));
    graph_output(g, "y", graph_linear(g, "layer", x, 7, true));
    return g;
}

static struct graph *one_conv(void)
{
    struct graph *g = graph_new("conv");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 6, 5, 7));
    graph_output(g, "y", graph_conv(g, "layer", x, 8, 3, 2, 1));
    return g;
}

static struct graph *one_matmul(void)
{
    struct graph *g = graph_new("matmul");
    value_id a = graph_input(g, "a", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 5, 16));
    value_id b = graph_input(g, "b", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 9, 16));
    graph_output(g, "y", graph_matmul(g, "scores", a, b, true));
    return g;
}

/* What the pass promises of a product: its operands rounded to bfloat16, products and sums as they were, the bias not
 * rounded. So it equals the float32 graph on operands that were rounded before. */
static void expect_rounded_operands(struct graph *(*make)(void), const char *const operands[3])
{
    struct graph *g = make();
    struct feed feed[8] = {0};
    float *rounded[3] = {0};
    for (int i = 0; operands[i]; i++) {
        value_id v = graph_find(g, operands[i]);
        cr_assert(v != NO_VALUE, "%s", operands[i]);
        size_t count = (size_t)shape_count(g->value[v].shape);
        rounded[i] = malloc(count * sizeof(float));
        generate(operands[i], rounded[i], count);
        for (size_t k = 0; k < count; k++)
            rounded[i][k] = f32_from_bf16(bf16_from_f32(rounded[i][k]));
        feed[i] = (struct feed){operands[i], rounded[i]};
    }
    size_t n = 0, m = 0, exact = 0;
    float *expected = run(g->name, make(), feed, &n), *plain = run(g->name, make(), NULL, &exact);
    small_pass("cast", true, &g);
    const char *name = ops[g->node[g->n_nodes - 1].op].name;
    float *is = run(name, g, NULL, &m);
    cr_assert(n == m && n == exact, "%s", name);
    double error = relative_l2(is, expected, n), rounding = relative_l2(is, plain, n);
    cr_expect(error < 1e-7, "%s: %.2e from the product of rounded operands", name, error);
    cr_expect(rounding > 5e-4 && rounding < 8e-3, "%s: %.2e from the product of whole operands", name, rounding);
    for (int i = 0; i < 3; i++)
        free(rounded[i]);
    free(expected);
    free(plain);
    free(is);
}

Test(pass, cast_rounds_the_operands_of_products)
{
    expect_rounded_operands(one_linear, (const char *const[]){"x", "layer.weight", NULL});
    expect_rounded_operands(one_conv, (const char *const[]){"x", "layer.weight", NULL});
    expect_rounded_operands(one_matmul, (const char *const[]){"a", "b", NULL});
}

/* Residual sums, what the host reads and what only these need is not rounded. */
Test(pass, cast_leaves_sums_alone)
{
    struct graph *g = graph_new("sums");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 4, 3, 3));
    value_id y = graph_group_norm(g, "norm", x, 2, 1e-5);
    y = graph_binary(g, OP_add, "add1", x, y);
    y = graph_binary(g, OP_add, "add2", y, graph_softmax(g, "softmax", y, false));
    graph_output(g, "y", graph_scale(g, "scale", y, 3));
    small_pass("cast", true, &g);
    for (value_id v = 0; v < g->n_values; v++)
        cr_expect(g->value[v].dtype == DTYPE_f32, "%s is %s", g->value[v].name, dtypes[g->value[v].dtype].name);
    for (node_id n = 0; n < g->n_nodes; n++)
        cr_expect(g->node[n].op != OP_cast, "%s", g->node[n].path[0]);
    graph_free(g);
}

/* Together with layout on the reference: as near float32 as bfloat16 is, and no nearer. Sums kept in float32 help. */
Test(pass, cast_keeps_results)
{
    static const struct {
        struct graph *(*make)(void);
        double most; /* relative L2: a few roundings of 2^-9 */
    } rows[] = {{small_attention, 8e-3}, {small_resnet, 8e-3}, {small_feed_forward, 8e-3}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t n = 0, m = 0;
        struct graph *g = rows[i].make(), *half = rows[i].make();
        const char *name = i == 0 ? "attention" : i == 1 ? "resnet" : "feed_forward";
        small_pass("layout", true, &g);
        small_pass("cast", true, &half);
        small_pass("layout", true, &half);
        float *expected = run(name, g, NULL, &n), *is = run(name, half, NULL, &m);
        cr_assert(n == m, "%s", name);
        double error = relative_l2(is, expected, n);
        cr_expect(error > 1e-4 && error < rows[i].most, "%s: %.2e from float32", name, error);
        free(expected);
        free(is);
    }
}
