/* The exact rewrites: text before and after, the same results on the reference backend, nothing more the second time. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/op/run_graph.h"
#include "tests/pass/small.h"
#include "tests/support/golden.h"
#include "tests/support/model_graphs.h"

/* Each pass on the small graph that has something for it. */
static const struct {
    const char *pass;
    struct graph *(*make)(void);
    const char *before, *after;
    int nodes; /* fewer than before: so many launches and views less */
} texts[] = {
    {"skips", small_step, "step.txt", "step-skips.txt", 1},
    {"attention", small_attention, "attention.txt", "attention-attention.txt", 3},
    {"qkv", small_attention, "attention.txt", "attention-qkv.txt", -2},
    {"geglu", small_feed_forward, "feed_forward.txt", "feed_forward-geglu.txt", 4},
    {"activation", small_resnet, "resnet.txt", "resnet-activation.txt", 2},
    {"residual", small_attention, "attention.txt", "attention-residual.txt", 0},
    {"residual", small_resnet, "resnet.txt", "resnet-residual.txt", 1},
    {"time_bias", small_resnet, "resnet.txt", "resnet-time_bias.txt", 1},
    {"hoist", small_step, "step.txt", "step-hoist.txt", 0},
    {"shared_prefix", small_step, "step.txt", "step-shared_prefix.txt", -3},
    {"subpixel_upsample", small_upsample, "upsample.txt", "upsample-subpixel_upsample.txt", 0},
    {"prompts", small_attention, "attention.txt", "attention.txt", 0},
    {"capture", small_attention, "attention.txt", "attention-capture.txt", 0},
    {"residual_float32", small_attention, "attention.txt", "attention.txt", 0},
};

Test(pass, rewrites_text)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct graph *g = texts[i].make();
        int nodes = g->n_nodes;
        expect_graph(g, texts[i].before);
        small_pass(texts[i].pass, true, &g);
        expect_graph(g, texts[i].after);
        cr_expect(nodes - g->n_nodes == texts[i].nodes, "%s: %d nodes less", texts[i].pass, nodes - g->n_nodes);
        graph_free(g);
    }
}

/* A pass that lacks a test would not be in the table. */
Test(pass, rewrites_have_texts)
{
    for (const struct pass *p = passes; p->name; p++) {
        bool found = !strcmp(p->name, "cast") || !strcmp(p->name, "layout"); /* have files of their own */
        for (size_t i = 0; i < ARRAY_LEN(texts); i++)
            found |= !strcmp(texts[i].pass, p->name);
        cr_expect(found, "pass %s has no graph before and after", p->name);
    }
}

Test(pass, rewrites_are_idempotent)
{
    for (const struct pass *p = passes; p->name; p++)
        for (size_t i = 0; i < MODEL_GRAPHS; i++)
            expect_idempotent(p->name, true, model_graph(model_graphs[i], test_config("tiny"), 1, 8, 8));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_idempotent(texts[i].pass, true, texts[i].make());
}

static void expect_near(const char *what, struct graph *before, struct graph *after)
{
    size_t n = 0, m = 0;
    float *a = small_run(what, before, &n), *b = small_run(what, after, &m);
    cr_assert(n == m && n > 0, "%s: %zu and %zu values", what, n, m);
    double error = relative_l2(b, a, n);
    cr_expect(error <= 1e-6, "%s: changes results by %.2e", what, error);
    free(a);
    free(b);
}

Test(pass, rewrites_keep_results)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct graph *before = texts[i].make(), *after = texts[i].make();
        small_pass("layout", true, &before);
        small_pass(texts[i].pass, true, &after);
        small_pass("layout", true, &after);
        expect_near(texts[i].pass, before, after);
    }
}

/* One behind the other, as the variant has them. */
Test(pass, rewrites_keep_results_together)
{
    static struct graph *(*const makers[])(void) = {small_attention, small_resnet, small_feed_forward, small_step,
                                                    small_upsample};
    for (size_t i = 0; i < ARRAY_LEN(makers); i++) {
        struct graph *before = makers[i]();
        small_pass("layout", true, &before);
        struct graph *after = makers[i]();
        for (const struct pass *p = passes; p->name; p++)
            if (strcmp(p->name, "cast"))
                small_pass(p->name, true, &after);
        expect_near(before->name, before, after);
    }
}

/* What each pass is for, counted in the whole model. */
Test(pass, rewrites_reach_the_whole_model)
{
    static const struct {
        const char *pass, *graph;
        enum op op;
        int before, after;
    } rows[] = {
        {"skips", "diffusion_model", OP_concat, 12, 0},       {"attention", "diffusion_model", OP_softmax, 32, 0},
        {"attention", "text_encoder", OP_softmax, 2, 0},      {"attention", "decoder", OP_softmax, 1, 0},
        {"qkv", "diffusion_model", OP_linear, 184, 136},      {"qkv", "text_encoder", OP_linear, 12, 8},
        {"geglu", "diffusion_model", OP_mul, 16, 0},          {"activation", "decoder", OP_silu, 29, 0},
        {"residual", "diffusion_model", OP_add, 108, 22},     {"residual", "decoder", OP_add, 15, 0},
        {"time_bias", "diffusion_model", OP_channels, 22, 0}, {"subpixel_upsample", "decoder", OP_upsample, 3, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct graph *g = model_graph(rows[i].graph, test_config("tiny"), 2, 16, 16);
        int before = count_nodes(g, rows[i].op);
        small_pass(rows[i].pass, true, &g);
        int after = count_nodes(g, rows[i].op);
        cr_expect(before == rows[i].before && after == rows[i].after, "%s in %s: %d of %s, then %d", rows[i].pass,
                  rows[i].graph, before, ops[rows[i].op].name, after);
        graph_free(g);
    }
}

/* Keys and values of contexts, and every time embedding, leave the loop. */
Test(pass, hoist_leaves_the_loop_what_changes_in_it)
{
    struct graph *g = model_graph("denoise_step", test_config("tiny"), 1, 8, 8);
    small_pass("time_bias", true, &g);
    small_pass("hoist", true, &g);
    int linears_in_loop = 0, rows = 0;
    for (node_id n = 0; n < g->n_nodes; n++) {
        linears_in_loop += g->node[n].op == OP_linear && g->node[n].rate == RATE_STEP;
        rows += g->node[n].op == OP_step_row;
    }
    cr_expect(g->hoists_run && linears_in_loop == 0, "%d linear layers of the timestep in every step", linears_in_loop);
    cr_expect(rows == 22 + 1, "%d rows are picked: a bias of each ResBlock, and the coefficients, are 23", rows);
    graph_free(g);
}

/* Up to the first attention to a context, half the samples. */
Test(pass, shared_prefix_halves_the_prefix)
{
    struct graph *g = model_graph("denoise_step", test_config("tiny"), 1, 8, 8);
    small_pass("attention", true, &g);
    small_pass("shared_prefix", true, &g);
    bool shared = true;
    int halves = 0;
    for (node_id n = 0; n < g->n_nodes; n++) {
        const struct node *x = &g->node[n];
        if (x->op == OP_attention && node_value(g, x, 1)->rate == RATE_RUN)
            shared = false; /* from here on the branches differ */
        if (x->op == OP_conv && strstr(x->path[0], "unet/")) {
            int64_t samples = node_result(g, x, 0)->shape.dim[0];
            cr_expect(samples == (shared ? 1 : 2), "%s: %d samples", x->path[0], (int)samples);
            halves += samples == 1;
        }
    }
    cr_expect(halves == 4, "conv_in, the first ResBlock's two and proj_in are shared: not %d", halves);
    graph_free(g);
}
