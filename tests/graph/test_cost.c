/* Cost rules on nodes small enough to count by hand. */
#include <math.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/rules.h"

static void expect_cost(const struct graph *g, value_id v, double product, double other, double bytes)
{
    struct cost c = node_cost(g, &g->node[g->value[v].producer]);
    const char *name = g->value[v].name;
    cr_expect(c.product_flop == product, "%s: %g FLOP of products, not %g", name, c.product_flop, product);
    cr_expect(c.other_flop == other, "%s: %g other FLOP, not %g", name, c.other_flop, other);
    cr_expect(c.bytes == bytes, "%s: %g bytes, not %g", name, c.bytes, bytes);
}

Test(graph_cost, products)
{
    struct graph *g = graph_new("products");
    value_id image = graph_input(g, "image", DTYPE_f32, RATE_LOOP, SHAPE(2, 4, 9, 11));
    /* 2 multiply-adds of 4 * 3 * 3 terms for each of 2 * 8 * 9 * 11 results, padding counted */
    expect_cost(g, graph_conv(g, "conv", image, 8, 3, 1, 1), 2.0 * 36 * 1584, 0, 4.0 * (8 * 36 + 8 + 792 + 1584));
    expect_cost(g, graph_conv(g, "stride", image, 8, 3, 2, 1), 2.0 * 36 * 2 * 8 * 5 * 6, 0,
                4.0 * (8 * 36 + 8 + 792 + 480));
    value_id tokens = graph_input(g, "tokens", DTYPE_f32, RATE_LOOP, SHAPE(3, 77, 16));
    expect_cost(g, graph_linear(g, "linear", tokens, 5, false), 2.0 * 16 * 3 * 77 * 5, 0,
                4.0 * (16 * 5 + 3 * 77 * 16 + 3 * 77 * 5));
    value_id q = graph_input(g, "q", DTYPE_bf16, RATE_LOOP, SHAPE(1, 2, 7, 4));
    value_id k = graph_input(g, "k", DTYPE_bf16, RATE_LOOP, SHAPE(1, 2, 9, 4));
    expect_cost(g, graph_matmul(g, "scores", q, k, true), 2.0 * 4 * 2 * 7 * 9, 0, 2.0 * (56 + 72) + 4.0 * 126);
    graph_free(g);
}

static value_id fuse(struct graph *g, enum op op, value_id of, struct params params, value_id third)
{
    struct node n = g->node[g->value[of].producer];
    n.op = op;
    n.params = params;
    if (third != NO_VALUE)
        n.input[n.n_inputs++] = third;
    node_id id = graph_add_node(g, &n, DTYPE_f32);
    return g->node[id].output[0];
}

/* What was fused into a product keeps its cost, but for what does not move any more. */
Test(graph_cost, fused)
{
    struct graph *g = graph_new("fused");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 7, 16));
    value_id r = graph_input(g, "r", DTYPE_f32, RATE_LOOP, SHAPE(2, 7, 6));
    value_id linear = graph_linear(g, "linear", x, 6, true);
    expect_cost(g, fuse(g, OP_linear, linear, (struct params){.activation = OP_silu, .residual = true}, r),
                2.0 * 16 * 84, (4 + 1) * 84, 4.0 * (96 + 6 + 224 + 84 + 84));
    expect_cost(g, fuse(g, OP_geglu, linear, (struct params){.activation = OP_gelu_erf}, NO_VALUE), 2.0 * 16 * 84,
                (5 + 1) * 42, 4.0 * (96 + 6 + 224 + 42));
    value_id q = graph_input(g, "q", DTYPE_f32, RATE_LOOP, SHAPE(1, 2, 7, 4));
    value_id k = graph_input(g, "k", DTYPE_f32, RATE_LOOP, SHAPE(1, 2, 9, 4));
    value_id scores = graph_matmul(g, "scores", q, k, true);
    expect_cost(g, fuse(g, OP_attention, scores, (struct params){.factor = 0.5}, k), 2.0 * 2 * 4 * 126, 5 * 126 + 56,
                4.0 * (56 + 72 + 72 + 56));
    value_id image = graph_input(g, "image", DTYPE_f32, RATE_LOOP, SHAPE(1, 4, 5, 6));
    value_id taps = fuse(g, OP_tap_sums, graph_unary(g, OP_cast, "kernel", graph_weight(g, "conv", SHAPE(8, 4, 3, 3))),
                         (struct params){0}, NO_VALUE);
    struct node n = {.op = OP_subpixel_conv, .n_inputs = 3, .input = {taps, NO_VALUE, image}, .n_paths = 1,
                     .path = (const char *[]){"subpixel"}};
    node_id id = graph_add_node(g, &n, DTYPE_f32);
    expect_cost(g, g->node[id].output[0], 2.0 * 16 * 8 * 120, 0, 4.0 * (32 * 16 + 120 + 960));
    graph_free(g);
}

Test(graph_cost, the_rest)
{
    struct graph *g = graph_new("rest");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 4, 5, 5)); /* 200 elements */
    value_id row = graph_input(g, "row", DTYPE_f32, RATE_STEP, SHAPE(1, 4));
    expect_cost(g, graph_group_norm(g, "norm", x, 2, 1e-5), 0, 1400, 4.0 * (4 + 4 + 200 + 200));
    expect_cost(g, graph_unary(g, OP_silu, "silu", x), 0, 800, 1600);
    expect_cost(g, graph_binary(g, OP_add, "add", x, x), 0, 200, 2400);
    value_id c = graph_unary(g, OP_channels, "channels", row);
    expect_cost(g, c, 0, 0, 0);
    expect_cost(g, graph_binary(g, OP_add, "time", x, c), 0, 200, 4.0 * (200 + 4 + 200));
    expect_cost(g, graph_unary(g, OP_tokens, "tokens", x), 0, 0, 0);
    expect_cost(g, graph_upsample(g, "upsample", x, 10, 10), 0, 0, 4.0 * (200 + 800));
    expect_cost(g, graph_guidance(g, "guidance", x, 7.5), 0, 300, 4.0 * (200 + 100));
    graph_free(g);
}

/* A gather reads the rows that it takes. */
Test(graph_cost, gathers)
{
    struct graph *g = graph_new("gathers");
    value_id ids = graph_input(g, "ids", DTYPE_i32, RATE_RUN, SHAPE(2, 7));
    expect_cost(g, graph_embedding(g, "token", ids, 49408, 8), 0, 0, 4.0 * (112 + 14 + 112));
    value_id table = graph_input(g, "table", DTYPE_f32, RATE_RUN, SHAPE(50, 320));
    value_id counter = graph_input(g, "counter", DTYPE_i32, RATE_LOOP, SHAPE(1));
    expect_cost(g, graph_step_row(g, "row", table, counter), 0, 0, 4.0 * (320 + 1 + 320));
    graph_free(g);
}

/* Work on weights alone is done while loading. */
Test(graph_cost, of_a_graph)
{
    struct graph *g = graph_new("graph");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 10));
    graph_scale(g, "scale", x, 2);
    value_id w = graph_weight(g, "w", SHAPE(10, 10));
    graph_unary(g, OP_cast, "cast", w);
    graph_linear(g, "linear", x, 3, true);
    struct cost c = graph_cost(g);
    cr_expect(c.product_flop == 60 && c.other_flop == 10 && c.bytes == 4.0 * (20 + 30 + 3 + 10 + 3), "%g %g %g",
              c.product_flop, c.other_flop, c.bytes);
    graph_free(g);
}
