/* Where values lie: strides of layouts, and views as strides of what they look at. */
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/place.h"

static void expect_place(const struct graph *g, value_id v, value_id base, int64_t offset, const int64_t stride[4],
                         const char *what)
{
    const struct value *x = &g->value[v];
    cr_expect(x->base == base && x->offset == offset, "%s: base %d, offset %ld", what, x->base, x->offset);
    for (int i = 0; i < x->shape.rank; i++)
        cr_expect(x->stride[i] == stride[i], "%s: stride %d is %ld, not %ld", what, i, x->stride[i], stride[i]);
}
#define STRIDES(...) ((const int64_t[4]){__VA_ARGS__})

Test(graph_place, strides_of_layouts)
{
    static const struct {
        enum layout layout;
        struct shape shape;
        int64_t stride[4];
    } rows[] = {
        {LAYOUT_rows, {4, {2, 3, 5, 7}}, {105, 35, 7, 1}},
        {LAYOUT_channels_last, {4, {2, 3, 5, 7}}, {105, 1, 21, 3}},
        {LAYOUT_tokens_first, {4, {2, 3, 5, 7}}, {105, 7, 21, 1}},
        {LAYOUT_channels_last, {3, {2, 3, 5}}, {15, 5, 1}}, /* another rank: rows */
        {LAYOUT_tokens_first, {2, {3, 5}}, {5, 1}},
        {LAYOUT_rows, {0, {0}}, {0}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t stride[MAX_RANK];
        layout_strides(rows[i].layout, rows[i].shape, stride);
        cr_expect(!memcmp(stride, rows[i].stride, sizeof stride), "row %zu", i);
    }
}

/* An image's pixels as tokens, their heads, and back: one storage all the way. */
Test(graph_place, views_of_an_image)
{
    enum { N = 2, C = 12, H = 5, W = 7, HEADS = 3, D = C / HEADS, T = H * W };
    struct graph *g = graph_new("image");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, C, H, W));
    g->value[x].layout = LAYOUT_channels_last;
    value_id tokens = graph_unary(g, OP_tokens, "tokens", x);
    value_id heads = graph_split_heads(g, "heads", tokens, HEADS);
    value_id merged = graph_unary(g, OP_merge_heads, "merge", heads);
    value_id image = graph_image(g, "image", merged, H, W);
    struct err e = graph_place(g);
    cr_assert(!e.code, "%s", err_text(e));
    expect_place(g, x, x, 0, STRIDES(T * C, 1, W * C, C), "x");
    expect_place(g, tokens, x, 0, STRIDES(T * C, C, 1), "tokens");
    expect_place(g, heads, x, 0, STRIDES(T * C, D, C, 1), "heads");
    expect_place(g, merged, x, 0, STRIDES(T * C, C, 1), "merged");
    expect_place(g, image, x, 0, STRIDES(T * C, 1, W * C, C), "image");
    for (value_id v = 0; v < g->n_values; v++)
        cr_expect(value_is_dense(&g->value[v]), "value %d", v);
    graph_free(g);
}

/* GEGLU's halves, and the heads of a third of merged queries, keys and values. */
Test(graph_place, views_of_slices)
{
    struct graph *g = graph_new("slices");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 10, 24));
    value_id first = graph_slice(g, "first", x, 0, 12), second = graph_slice(g, "second", x, 12, 24);
    value_id keys = graph_slice(g, "keys", x, 8, 16), heads = graph_split_heads(g, "heads", keys, 2);
    value_id inner = graph_slice(g, "inner", second, 3, 5);
    value_id merged = graph_unary(g, OP_merge_heads, "merge", heads);
    struct err e = graph_place(g);
    cr_assert(!e.code, "%s", err_text(e));
    expect_place(g, first, x, 0, STRIDES(240, 24, 1), "first");
    expect_place(g, second, x, 12, STRIDES(240, 24, 1), "second");
    expect_place(g, inner, x, 15, STRIDES(240, 24, 1), "slice of a slice");
    expect_place(g, heads, x, 8, STRIDES(240, 4, 24, 1), "heads");
    expect_place(g, merged, x, 8, STRIDES(240, 24, 1), "merged");
    cr_expect(!value_is_dense(&g->value[first]) && !value_is_dense(&g->value[heads]) && value_is_dense(&g->value[x]));
    graph_free(g);
}

Test(graph_place, channels_of_a_row)
{
    struct graph *g = graph_new("channels");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_STEP, SHAPE(1, 6));
    value_id c = graph_unary(g, OP_channels, "channels", x);
    cr_assert(!graph_place(g).code);
    cr_expect(g->value[c].base == x && g->value[c].stride[1] == 1 && value_is_dense(&g->value[c]));
    graph_free(g);
}

/* Views that no strides can express are refused with the node's path and what is missing. */
Test(graph_place, views_that_need_a_reorder)
{
    static const struct {
        enum op op;
        enum layout layout;
        bool refused;
    } rows[] = {
        {OP_merge_heads, LAYOUT_rows, true},          {OP_merge_heads, LAYOUT_tokens_first, false},
        {OP_merge_heads, LAYOUT_channels_last, true}, {OP_tokens, LAYOUT_rows, false},
        {OP_tokens, LAYOUT_channels_last, false},     {OP_tokens, LAYOUT_tokens_first, true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct graph *g = graph_new("refused");
        value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 5, 7));
        g->value[x].layout = rows[i].layout;
        graph_push(g, "attn1");
        graph_unary(g, rows[i].op, "view", x);
        struct err e = graph_place(g);
        cr_expect((e.code == ERR_FAILED) == rows[i].refused, "%s of %s: %s", ops[rows[i].op].name,
                  layout_names[rows[i].layout], err_text(e));
        cr_expect(!e.code || (strstr(err_text(e), "attn1/view") && strstr(err_text(e), "reorder")), "%s", err_text(e));
        err_free(&e);
        graph_free(g);
    }
}

/* Sizes of 1 have any stride: one head, one token, one row of an image can be viewed. */
Test(graph_place, dimensions_of_size_1)
{
    static const struct {
        enum op op;
        struct shape shape;
        int layouts; /* how many of them can be viewed: channels_last, the second, puts the heads inside the head */
    } rows[] = {{OP_merge_heads, {4, {2, 1, 5, 7}}, LAYOUT_COUNT},
                {OP_merge_heads, {4, {2, 3, 5, 1}}, LAYOUT_COUNT},
                {OP_merge_heads, {4, {2, 3, 1, 7}}, LAYOUT_channels_last},
                {OP_tokens, {4, {2, 3, 1, 7}}, LAYOUT_COUNT},
                {OP_tokens, {4, {2, 3, 5, 1}}, LAYOUT_COUNT}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (int layout = 0; layout < rows[i].layouts; layout++) {
            struct graph *g = graph_new("ones");
            value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, rows[i].shape);
            g->value[x].layout = (enum layout)layout;
            graph_unary(g, rows[i].op, "view", x);
            struct err e = graph_place(g);
            cr_expect(!e.code, "row %zu, %s: %s", i, layout_names[layout], err_text(e));
            err_free(&e);
            graph_free(g);
        }
}

/* Every element of a view is where the element that it shows is. */
Test(graph_place, views_show_the_right_elements)
{
    enum { N = 2, T = 6, HEADS = 3, D = 4 };
    struct graph *g = graph_new("elements");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, T, HEADS * D));
    value_id h = graph_split_heads(g, "heads", x, HEADS), image = graph_image(g, "image", x, 2, 3);
    cr_assert(!graph_place(g).code);
    const int64_t *s = g->value[h].stride, *p = g->value[image].stride;
    for (int n = 0; n < N; n++)
        for (int t = 0; t < T; t++)
            for (int c = 0; c < HEADS * D; c++) {
                int64_t at = (n * T + t) * HEADS * D + c;
                cr_assert(n * s[0] + c / D * s[1] + t * s[2] + c % D * s[3] == at);
                cr_assert(n * p[0] + c * p[1] + t / 3 * p[2] + t % 3 * p[3] == at);
            }
    graph_free(g);
}

Test(graph_place, next_values_lie_in_their_state)
{
    struct graph *g = graph_new("state");
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    value_id next = graph_unary(g, OP_advance, "advance", counter);
    graph_state_next(g, counter, next);
    cr_assert(!graph_place(g).code);
    cr_expect(g->value[next].base == counter && g->value[counter].base == counter);
    graph_free(g);
}

Test(graph_place, order_of_dimensions)
{
    struct value rows = {.shape = SHAPE(2, 3, 5, 7)}, last = rows, heads = rows, flat = {.shape = SHAPE(2, 3, 1, 1)},
                 flat_last = flat, other = {.shape = SHAPE(2, 3, 5, 8)};
    layout_strides(LAYOUT_rows, rows.shape, rows.stride);
    layout_strides(LAYOUT_channels_last, last.shape, last.stride);
    layout_strides(LAYOUT_tokens_first, heads.shape, heads.stride);
    layout_strides(LAYOUT_rows, flat.shape, flat.stride);
    layout_strides(LAYOUT_channels_last, flat.shape, flat_last.stride);
    layout_strides(LAYOUT_rows, other.shape, other.stride);
    cr_expect(values_same_order(&rows, &rows) && values_same_order(&last, &last));
    cr_expect(!values_same_order(&rows, &last) && !values_same_order(&last, &heads));
    cr_expect(values_same_order(&flat, &flat_last), "sizes of 1 do not count");
    cr_expect(!values_same_order(&rows, &other), "other shapes have no common order");
}
