/* The layout pass: text before and after, the same results, nothing more the second time. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/verify.h"
#include "pipeline/preset.h"
#include "tests/op/run_graph.h"
#include "tests/pass/small.h"

static const struct {
    struct graph *(*make)(void);
    const char *before, *after;
} texts[] = {
    {small_attention, "attention.txt", "attention-layout.txt"},
    {small_resnet, "resnet.txt", "resnet-layout.txt"},
    {small_disorder, "disorder.txt", "disorder-layout.txt"},
    {small_feed_forward, "feed_forward.txt", "feed_forward.txt"}, /* tokens alone have one layout */
};

Test(pass, layout_text)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct graph *g = texts[i].make();
        expect_graph(g, texts[i].before);
        small_pass("layout", true, &g);
        expect_graph(g, texts[i].after);
        graph_free(g);
    }
}

Test(pass, layout_is_idempotent)
{
    const struct model_config *c = model_config_find("tiny");
    const struct model_details *d = &presets[0].details;
    struct denoise_shape step = {.images = 1, .height = 8, .width = 8, .rows = 5, .guided = true, .guidance = 7.5};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        expect_idempotent("layout", true, texts[i].make());
    expect_idempotent("layout", true, model_text_encoder(c, 1));
    expect_idempotent("layout", true, model_denoise_step(c, d, &step));
    expect_idempotent("layout", true, model_decoder(c, d, 1, 8, 8));
}

/* The reference sums in double in an order that no layout changes: not a bit may differ. */
static void expect_same(const char *what, struct graph *before, struct graph *after)
{
    size_t n = 0, m = 0;
    float *a = small_run(what, before, &n), *b = small_run(what, after, &m);
    cr_assert(n == m && n > 0, "%s: %zu and %zu values", what, n, m);
    for (size_t i = 0; i < n; i++)
        cr_assert(a[i] == b[i], "%s: value %zu is %.9g without layout, %.9g with it", what, i, (double)a[i],
                  (double)b[i]);
    free(a);
    free(b);
}

Test(pass, layout_keeps_results)
{
    struct graph *g = small_resnet();
    small_pass("layout", true, &g);
    expect_same("resnet", small_resnet(), g);
    g = small_feed_forward();
    small_pass("layout", true, &g);
    expect_same("feed_forward", small_feed_forward(), g);
}

/* Puts a copy in `layout` before input i of the only node of an operation, as a person would where there is no pass. */
static void reorder_before(struct graph *g, enum op reader, int i, enum layout layout)
{
    node_id at = 0;
    while (g->node[at].op != reader)
        at++;
    struct node n = {.op = OP_reorder, .n_inputs = 1, .input = {g->node[at].input[i]}, .n_paths = 1};
    n.path = g->node[at].path;
    node_id made = graph_add_node(g, &n, DTYPE_f32);
    n = g->node[made];
    g->value[n.output[0]].layout = layout;
    g->node[at].input[i] = n.output[0];
    memmove(&g->node[at + 1], &g->node[at], (size_t)(made - at) * sizeof n); /* to its place before its reader */
    g->node[at] = n;
    for (node_id moved = at; moved < g->n_nodes; moved++)
        for (int k = 0; k < g->node[moved].n_outputs; k++)
            g->value[g->node[moved].output[k]].producer = moved;
}

/* Attention cannot be expressed in rows alone: its two views need orders of their own. */
Test(pass, layout_makes_attention_expressible)
{
    struct graph *plain = small_attention();
    struct err e = graph_verify(plain);
    cr_expect(e.code && strstr(e.text, "needs a reorder before it"), "%s", err_text(e));
    err_free(&e);

    reorder_before(plain, OP_tokens, 0, LAYOUT_channels_last);
    reorder_before(plain, OP_merge_heads, 0, LAYOUT_tokens_first);
    reorder_before(plain, OP_add, 1, LAYOUT_rows);
    struct graph *g = small_attention();
    small_pass("layout", true, &g);
    expect_same("attention", plain, g);
}

Test(pass, layout_brings_order)
{
    struct graph *plain = small_disorder(), *g = small_disorder();
    reorder_before(plain, OP_merge_heads, 0, LAYOUT_tokens_first);
    reorder_before(plain, OP_tokens, 0, LAYOUT_channels_last);
    small_pass("layout", true, &g);
    expect_same("disorder", plain, g);
}
