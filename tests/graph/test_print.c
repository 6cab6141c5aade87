/* The printed form of a graph, and rewriting: text tells whether two graphs are the same. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/print.h"
#include "pipeline/graph/rewrite.h"
#include "pipeline/graph/verify.h"

/* A bit of everything that is printed: scopes, parameters, states, several results, dtypes, layouts, absent inputs. */
static struct graph *small_graph(void)
{
    struct graph *g = graph_new("small");
    value_id table = graph_input(g, "coefficients", DTYPE_f32, RATE_RUN, SHAPE(50, 6));
    value_id latent = graph_state(g, "latent", DTYPE_f32, SHAPE(1, 4, 8, 8));
    value_id slot = graph_state(g, "slot0", DTYPE_f32, SHAPE(1, 4, 8, 8));
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    graph_push(g, "unet");
    value_id x = graph_repeat(g, "repeat", latent, 2);
    x = graph_conv(g, "conv_in", x, 32, 3, 1, 1);
    graph_push(g, "down_blocks.%d", 0);
    value_id y = graph_group_norm(g, "norm1", x, 32, 1e-5);
    y = graph_unary(g, OP_silu, "nonlinearity", y);
    y = graph_conv(g, "downsample", y, 8, 3, 2, 1);
    graph_pop(g);
    y = graph_upsample(g, "upsample", y, 8, 8);
    y = graph_conv(g, "conv_out", y, 4, 1, 1, 0);
    graph_pop(g);
    value_id eps = graph_guidance(g, "guidance", y, 7.5);
    value_id row = graph_step_row(g, "row", table, counter), state[] = {latent, slot}, next[2];
    graph_sampler_update(g, "update", row, eps, 2, state, next);
    value_id more = graph_unary(g, OP_advance, "advance", counter);
    g->value[more].dtype = DTYPE_i32;
    graph_state_next(g, counter, more);
    graph_output(g, "latent", next[0]);
    graph_output(g, "slot0", next[1]);
    return g;
}

static const char small_text[] =
    "graph small\n"
    "input coefficients : f32[50x6] run\n"
    "state latent : f32[1x4x8x8] loop next %9\n"
    "state slot0 : f32[1x4x8x8] loop next %9.1\n"
    "state counter : i32[1] loop next %10\n"
    "%0 = repeat(latent) times=2 : f32[2x4x8x8] loop  # unet/repeat\n"
    "%1 = conv(unet/conv_in.weight, unet/conv_in.bias, %0) stride=1 pad[0]=1 pad[1]=1 pad[2]=1 pad[3]=1 "
    ": f32[2x32x8x8] loop  # unet/conv_in\n"
    "%2 = group_norm(unet/down_blocks.0.norm1.weight, unet/down_blocks.0.norm1.bias, %1) groups=32 eps=1e-05 "
    ": f32[2x32x8x8] loop  # unet/down_blocks.0/norm1\n"
    "%3 = silu(%2) : f32[2x32x8x8] loop  # unet/down_blocks.0/nonlinearity\n"
    "%4 = conv(unet/down_blocks.0.downsample.weight, unet/down_blocks.0.downsample.bias, %3) stride=2 pad[0]=1 "
    "pad[1]=1 pad[2]=1 pad[3]=1 : f32[2x8x4x4] loop  # unet/down_blocks.0/downsample\n"
    "%5 = upsample(%4) height=8 width=8 : f32[2x8x8x8] loop  # unet/upsample\n"
    "%6 = conv(unet/conv_out.weight, unet/conv_out.bias, %5) stride=1 : f32[2x4x8x8] loop  # unet/conv_out\n"
    "%7 = guidance(%6) factor=7.5 : f32[1x4x8x8] loop  # guidance\n"
    "%8 = step_row(coefficients, counter) : f32[1x6] step  # row\n"
    "%9 = sampler_update(%8, %7, latent, slot0) : f32[1x4x8x8] loop  # update\n"
    "%10 = advance(counter) : i32[1] loop  # advance\n"
    "output latent = %9\n"
    "output slot0 = %9.1\n";

/* The first line that differs, for a person. */
static void expect_text(const char *got, const char *expected)
{
    while (*got && *expected) {
        size_t a = strcspn(got, "\n"), b = strcspn(expected, "\n");
        cr_assert(a == b && !memcmp(got, expected, a), "\n  got      %.*s\n  expected %.*s", (int)a, got, (int)b,
                  expected);
        got += a + (got[a] == '\n');
        expected += b + (expected[b] == '\n');
    }
    cr_expect(!*got && !*expected, "more or fewer lines: \"%s\", \"%s\"", got, expected);
}

Test(graph_print, a_small_graph)
{
    struct graph *g = small_graph();
    struct text t = {0};
    struct err e = graph_verify(g);
    cr_assert(!e.code, "%s", err_text(e));
    graph_print(g, &t);
    expect_text(text_get(&t), small_text);
    text_free(&t);
    graph_free(g);
}

Test(graph_print, dtypes_layouts_and_flags)
{
    struct graph *g = graph_new("attributes");
    struct text t = {0};
    value_id q = graph_input(g, "q", DTYPE_bf16, RATE_LOOP, SHAPE(1, 7, 8));
    value_id h = graph_split_heads(g, "heads", q, 2);
    g->value[h].dtype = DTYPE_bf16;
    g->value[h].layout = LAYOUT_tokens_first;
    value_id s = graph_matmul(g, "scores", h, h, true);
    s = graph_softmax(g, "softmax", s, true);
    s = graph_linear(g, "linear", graph_slice(g, "slice", s, 1, 3), 2, false);
    graph_scale(g, "scale", s, -0.1);
    graph_print(g, &t);
    expect_text(text_get(&t), "graph attributes\n"
                              "input q : bf16[1x7x8] loop\n"
                              "%0 = split_heads(q) heads=2 : bf16[1x2x7x4] tokens_first loop  # heads\n"
                              "%1 = matmul(%0, %0) transpose : f32[1x2x7x7] loop  # scores\n"
                              "%2 = softmax(%1) causal : f32[1x2x7x7] loop  # softmax\n"
                              "%3 = slice(%2) begin=1 end=3 : f32[1x2x7x2] loop  # slice\n"
                              "%4 = linear(linear.weight, none, %3) : f32[1x2x7x2] loop  # linear\n"
                              "%5 = scale(%4) factor=-0.1 : f32[1x2x7x2] loop  # scale\n");
    text_free(&t);
    graph_free(g);
}

Test(graph_print, dot)
{
    struct graph *g = small_graph();
    struct text t = {0};
    graph_print_dot(g, &t);
    const char *dot = text_get(&t);
    cr_expect(!strncmp(dot, "digraph \"small\" {\n", 18) && !strcmp(dot + t.length - 2, "}\n"));
    cr_expect(strstr(dot, "  n0 -> n1 [label=\"f32 2x4x8x8\"];\n") != NULL);
    cr_expect(strstr(dot, "  \"latent\" -> n0 ") != NULL && strstr(dot, "  n9 -> \"latent\";\n") != NULL);
    cr_expect(!strstr(dot, "conv_in.weight"), "weights are no edges");
    text_free(&t);
    graph_free(g);
}

static struct graph *copy(const struct graph *from)
{
    struct rewrite r = rewrite_begin(from);
    for (node_id n = 0; n < from->n_nodes; n++)
        rewrite_copy(&r, n);
    return rewrite_end(&r);
}

Test(graph_rewrite, copying_changes_nothing)
{
    struct graph *g = small_graph();
    for (value_id v = 0; v < g->n_values; v++)
        if (g->value[v].shape.rank == 4 && g->value[v].kind != VALUE_WEIGHT)
            g->value[v].layout = LAYOUT_channels_last;
    struct text a = {0}, b = {0};
    struct graph *h = copy(g);
    graph_print(g, &a);
    graph_print(h, &b);
    cr_expect(graph_hash(g) == graph_hash(h));
    graph_free(g);
    struct err e = graph_verify(h); /* it needs nothing of the first graph any more */
    cr_expect(!e.code, "%s", err_text(e));
    expect_text(text_get(&b), text_get(&a));
    text_free(&a);
    text_free(&b);
    graph_free(h);
}

Test(graph_rewrite, an_error_of_the_builder_survives)
{
    struct graph *g = graph_new("broken");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(3, 4, 8, 8));
    graph_guidance(g, "guidance", x, 7.5);
    struct graph *h = copy(g);
    struct err e = graph_verify(h);
    cr_expect(e.code && strstr(err_text(e), "even batch"), "%s", err_text(e));
    err_free(&e);
    graph_free(g);
    graph_free(h);
}

/* A pass that inserts a node and one that folds two into one: values are mapped, paths kept. */
Test(graph_rewrite, inserts_and_folds)
{
    struct graph *g = graph_new("passes");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 8));
    value_id y = graph_unary(g, OP_silu, "act", x);
    y = graph_linear(g, "linear", y, 4, true);
    graph_output(g, "y", graph_scale(g, "scale", y, 2));

    struct rewrite r = rewrite_begin(g);
    for (node_id n = 0; n < g->n_nodes; n++) {
        struct node copied = rewrite_node(&r, n);
        if (copied.op == OP_linear) {
            copied.input[IN_X] =
                rewrite_insert(&r, OP_cast, copied.input[IN_X], copied.path[0], DTYPE_bf16, LAYOUT_rows);
            rewrite_map(&r, n, rewrite_append(&r, &copied, DTYPE_f32, LAYOUT_rows));
        } else
            rewrite_copy(&r, n);
    }
    struct graph *inserted = rewrite_end(&r);
    struct text t = {0};
    graph_print(inserted, &t);
    expect_text(text_get(&t), "graph passes\n"
                              "input x : f32[1x8] loop\n"
                              "%0 = silu(x) : f32[1x8] loop  # act\n"
                              "%1 = cast(%0) : bf16[1x8] loop  # linear/cast\n"
                              "%2 = linear(linear.weight, linear.bias, %1) : f32[1x4] loop  # linear\n"
                              "%3 = scale(%2) factor=2 : f32[1x4] loop  # scale\n"
                              "output y = %3\n");
    text_free(&t);

    r = rewrite_begin(g);
    for (node_id n = 0; n < g->n_nodes; n++) {
        if (g->node[n].op == OP_scale) {                     /* as if the linear layer scaled too */
            static const char *both[] = {"linear", "scale"}; /* paths live as long as the graph */
            struct node folded = rewrite_node(&r, g->value[g->node[n].input[0]].producer);
            folded.path = both;
            folded.n_paths = 2;
            rewrite_map(&r, n, rewrite_append(&r, &folded, DTYPE_f32, LAYOUT_rows));
        } else if (g->node[n].op != OP_linear)
            rewrite_copy(&r, n);
    }
    struct graph *folded = rewrite_end(&r);
    graph_print(folded, &t);
    expect_text(text_get(&t), "graph passes\n"
                              "input x : f32[1x8] loop\n"
                              "%0 = silu(x) : f32[1x8] loop  # act\n"
                              "%1 = linear(linear.weight, linear.bias, %0) : f32[1x4] loop  # linear + scale\n"
                              "output y = %1\n");
    text_free(&t);
    graph_free(g);
    graph_free(inserted);
    graph_free(folded);
}

Test(graph_rewrite, uses)
{
    struct graph *g = graph_new("uses");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 8));
    value_id y = graph_binary(g, OP_add, "add", x, x), z = graph_unary(g, OP_silu, "silu", y);
    graph_output(g, "y", y);
    cr_expect(graph_uses(g, x) == 2 && graph_uses(g, y) == 2 && graph_uses(g, z) == 0);
    graph_free(g);
}
