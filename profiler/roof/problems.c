#include "profiler/roof/problems.h"

#include <stdio.h>

#include "pipeline/graph/build.h"

static value_id with(struct graph *g, value_id v, enum dtype dtype, enum layout layout)
{
    g->value[v].dtype = dtype;
    g->value[v].layout = layout;
    return v;
}

static struct graph *make_linear(const int64_t size[3], enum dtype dtype)
{
    struct graph *g = graph_new("roof of linear");
    value_id x = graph_input(g, "x", dtype, RATE_LOOP, SHAPE(size[0], size[1]));
    value_id y = with(g, graph_linear(g, "roof/linear", x, size[2], false), dtype, LAYOUT_rows);
    with(g, g->node[0].input[IN_WEIGHT], dtype, LAYOUT_rows);
    graph_output(g, "y", y);
    return g;
}

static struct graph *make_conv(const int64_t size[3], enum dtype dtype)
{
    enum { KERNEL = 3, STRIDE = 1, PAD = 0 };
    const int64_t side = size[1] + KERNEL - 1, channels = size[2];
    struct graph *g = graph_new("roof of conv");
    value_id x = graph_input(g, "x", dtype, RATE_LOOP, SHAPE(size[0], channels, side, side));
    with(g, x, dtype, LAYOUT_channels_last);
    value_id y = graph_conv(g, "roof/conv", x, channels, KERNEL, STRIDE, PAD);
    with(g, y, dtype, LAYOUT_channels_last);
    with(g, g->node[0].input[IN_WEIGHT], dtype, LAYOUT_rows);
    graph_output(g, "y", y);
    return g;
}

/* The input is read once: then two buffers take turns, so that the working set is what one node reads and writes. */
static struct graph *make_chain(enum op op, const int64_t size[3], enum dtype dtype)
{
    struct graph *g = graph_new("roof of copies");
    value_id v = graph_input(g, "x", dtype, RATE_LOOP, SHAPE(size[0] / 1024, 1024));
    g->captured = true;
    for (int64_t i = 0; i < size[1]; i++) {
        v = op == OP_scale ? graph_scale(g, "roof/scale", v, 1) : graph_unary(g, op, "roof/reorder", v);
        with(g, v, dtype, LAYOUT_rows);
    }
    graph_output(g, "y", v);
    return g;
}

static struct graph *make_scale(const int64_t size[3], enum dtype dtype)
{
    return make_chain(OP_scale, size, dtype);
}

static struct graph *make_reorder(const int64_t size[3], enum dtype dtype)
{
    return make_chain(OP_reorder, size, dtype);
}

static const struct problem_kind linear = {"linear", true, make_linear}, conv = {"conv", true, make_conv};
const struct problem_kind copy_kinds[] = {{"scale", false, make_scale}, {"reorder", false, make_reorder}};
const int copy_kind_count = ARRAY_LEN(copy_kinds);

/* From what a slow interpreter does in a millisecond up to what fills a large GPU; each does 2 to 8 times the work of
 * the one before it. */
const struct problem product_problems[] = {
    {&linear, {64, 64, 64}},       {&linear, {128, 128, 128}},    {&linear, {256, 256, 256}},
    {&linear, {512, 512, 512}},    {&linear, {768, 1024, 768}},   {&linear, {1024, 1280, 1280}},
    {&linear, {2048, 2048, 2048}}, {&linear, {4096, 2048, 4096}}, {&linear, {4096, 4096, 4096}},
    {&linear, {8192, 8192, 8192}}, {&conv, {1, 4, 32}},           {&conv, {1, 8, 64}},
    {&conv, {1, 8, 256}},          {&conv, {1, 16, 512}},         {&conv, {1, 32, 512}},
    {&conv, {2, 32, 640}},         {&conv, {2, 64, 640}},         {&conv, {4, 64, 1280}},
};
const int product_problem_count = ARRAY_LEN(product_problems);

void problem_print(const struct problem *p, char *out, size_t size)
{
    if (p->kind->is_product)
        snprintf(out, size, "%s %jdx%jdx%jd", p->kind->name, (intmax_t)p->size[0], (intmax_t)p->size[1],
                 (intmax_t)p->size[2]);
    else
        snprintf(out, size, "%s of %jd", p->kind->name, (intmax_t)p->size[0]);
}
