/* Moves of the reference: where each element goes, by hand. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/place.h"
#include "tests/op/on_reference.h"

Test(op_reference_moves, concat)
{
    enum { N = 2, A = 2, B = 3, HW = 6 };
    float a[N * A * HW], b[N * B * HW];
    struct graph *g = graph_new("concat");
    value_id x = graph_input(g, "a", DTYPE_f32, RATE_LOOP, SHAPE(N, A, 2, 3));
    value_id y = graph_input(g, "b", DTYPE_f32, RATE_LOOP, SHAPE(N, B, 2, 3));
    graph_output(g, "y", graph_binary(g, OP_concat, "concat", x, y));
    count_up(a, ARRAY_LEN(a));
    count_up(b, ARRAY_LEN(b));
    float *z = ON_REFERENCE(g, N * (A + B) * HW, {"a", a}, {"b", b});
    for (int n = 0; n < N; n++)
        for (int c = 0; c < A + B; c++)
            for (int p = 0; p < HW; p++) {
                float expected = c < A ? a[(n * A + c) * HW + p] : b[(n * B + c - A) * HW + p];
                cr_assert(z[(n * (A + B) + c) * HW + p] == expected, "%d,%d,%d", n, c, p);
            }
}

Test(op_reference_moves, repeat)
{
    static const struct shape shapes[] = {{4, {3, 2, 2, 5}}, {3, {3, 4, 5}}, {2, {3, 20}}, {1, {60}}, {2, {1, 60}}};
    float x[60];
    count_up(x, 60);
    for (size_t k = 0; k < ARRAY_LEN(shapes); k++)
        for (int times = 1; times <= 3; times += 2) {
            struct graph *g = graph_new("repeat");
            value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, shapes[k]);
            graph_output(g, "y", graph_repeat(g, "repeat", v, times));
            float *y = ON_REFERENCE(g, (size_t)times * 60, {"x", x});
            for (int i = 0; i < times * 60; i++)
                cr_assert(y[i] == x[i % 60], "shape %zu, %d times: [%d]", k, times, i);
        }
}

/* torch's nearest neighbour to a given size: floor(place * from / to). */
Test(op_reference_moves, upsample)
{
    static const struct {
        int from_h, from_w, h, w;
        int row[11], column[11];
    } cases[] = {
        {2, 3, 4, 6, {0, 0, 1, 1}, {0, 0, 1, 1, 2, 2}},
        {5, 6, 9, 11, {0, 0, 1, 1, 2, 2, 3, 3, 4}, {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5}},
        {2, 2, 5, 2, {0, 0, 0, 1, 1}, {0, 1}},
        {1, 1, 3, 2, {0, 0, 0}, {0, 0}},
    };
    float x[2 * 3 * 5 * 6];
    count_up(x, ARRAY_LEN(x));
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        int ih = cases[k].from_h, iw = cases[k].from_w, h = cases[k].h, w = cases[k].w;
        struct graph *g = graph_new("upsample");
        value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, ih, iw));
        graph_output(g, "y", graph_upsample(g, "upsample", v, h, w));
        float *y = ON_REFERENCE(g, (size_t)(6 * h * w), {"x", x});
        for (int i = 0; i < 6 * h * w; i++) {
            int from = (i / (h * w) * ih + cases[k].row[i / w % h]) * iw + cases[k].column[i % w];
            cr_assert(y[i] == x[from], "case %zu: [%d] is %g, not %g", k, i, (double)y[i], (double)x[from]);
        }
    }
}

/* Ids that the host should have refused must not read outside of the table. */
Test(op_reference_moves, embedding)
{
    const int32_t ids[] = {2, 0, 1, 3, -1, 2147483647};
    const float table[] = {0, 1, 10, 11, 20, 21, 30, 31}, expected[] = {20, 21, 0, 1, 10, 11, 30, 31, 0, 1, 30, 31};
    struct graph *g = graph_new("embedding");
    value_id v = graph_input(g, "ids", DTYPE_i32, RATE_LOOP, SHAPE(2, 3));
    graph_output(g, "y", graph_embedding(g, "token", v, 4, 2));
    expect_near("embedding", ON_REFERENCE(g, 12, {"ids", ids}, {"token.weight", table}), expected, 12, 0);
}

Test(op_reference_moves, step_row)
{
    const float table[] = {0, 1, 2, 10, 11, 12, 20, 21, 22};
    static const struct {
        int32_t counter;
        float first;
    } rows[] = {{0, 0}, {1, 10}, {2, 20}, {3, 20}, {1000, 20}, {-5, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct graph *g = graph_new("step_row");
        value_id t = graph_input(g, "table", DTYPE_f32, RATE_RUN, SHAPE(3, 3));
        value_id counter = graph_input(g, "counter", DTYPE_i32, RATE_LOOP, SHAPE(1));
        graph_output(g, "y", graph_step_row(g, "row", t, counter));
        float *y = ON_REFERENCE(g, 3, {"table", table}, {"counter", &rows[i].counter});
        for (int k = 0; k < 3; k++)
            cr_expect(y[k] == rows[i].first + (float)k, "counter %d: %g", rows[i].counter, (double)y[k]);
    }
}

/* What the host reads back is in the order of the shape, whatever lies in memory: a reorder and a pair of views that
 * undo each other change nothing. */
Test(op_reference_moves, reorder_and_views_keep_the_values)
{
    enum { N = 2, C = 6, H = 3, W = 4, COUNT = N * C * H * W };
    float x[COUNT];
    count_up(x, COUNT);
    for (int from = 0; from < LAYOUT_COUNT; from++)
        for (int to = 0; to < LAYOUT_COUNT; to++) {
            struct graph *g = graph_new("reorder");
            value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, C, H, W));
            value_id y = graph_unary(g, OP_reorder, "reorder", v);
            g->value[v].layout = (enum layout)from;
            g->value[y].layout = (enum layout)to;
            graph_output(g, "y", y);
            cr_expect(!memcmp(ON_REFERENCE(g, COUNT, {"x", x}), x, sizeof x), "%s to %s", layout_names[from],
                      layout_names[to]);
        }
    struct graph *g = graph_new("views");
    value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, C, H, W));
    g->value[v].layout = LAYOUT_channels_last;
    v = graph_unary(g, OP_tokens, "tokens", v);
    v = graph_split_heads(g, "heads", v, 3);
    g->value[v].layout = LAYOUT_tokens_first;
    v = graph_scale(g, "scale", v, 1);
    g->value[v].layout = LAYOUT_tokens_first;
    v = graph_unary(g, OP_merge_heads, "merge", v);
    v = graph_image(g, "image", v, H, W);
    g->value[v].layout = LAYOUT_channels_last;
    graph_output(g, "y", v);
    cr_expect(!memcmp(ON_REFERENCE(g, COUNT, {"x", x}), x, sizeof x), "views");
}

/* (N,h,T,D) of (N,T,h*D): head and place in it from the last dimension. */
Test(op_reference_moves, split_heads)
{
    enum { N = 2, T = 3, HEADS = 4, D = 5, COUNT = N * T * HEADS * D };
    float x[COUNT];
    struct graph *g = graph_new("heads");
    value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, T, HEADS * D));
    v = graph_split_heads(g, "heads", v, HEADS);
    g->value[v].layout = LAYOUT_tokens_first;
    graph_output(g, "y", graph_unary(g, OP_reorder, "reorder", v));
    count_up(x, COUNT);
    float *y = ON_REFERENCE(g, COUNT, {"x", x});
    for (int i = 0; i < COUNT; i++) {
        int d = i % D, t = i / D % T, head = i / D / T % HEADS, n = i / D / T / HEADS;
        cr_assert(y[i] == x[(n * T + t) * HEADS * D + head * D + d], "[%d]", i);
    }
}
