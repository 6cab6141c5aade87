/* group_norm, layer_norm, softmax of the reference. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "tests/op/on_reference.h"

static struct graph *group_norm(int64_t n, int64_t c, int64_t h, int64_t w, int64_t groups, double eps)
{
    struct graph *g = graph_new("group_norm");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(n, c, h, w));
    graph_output(g, "y", graph_group_norm(g, "norm", x, groups, eps));
    return g;
}

static struct graph *layer_norm(int64_t n, int64_t t, int64_t c, double eps)
{
    struct graph *g = graph_new("layer_norm");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(n, t, c));
    graph_output(g, "y", graph_layer_norm(g, "norm", x, eps));
    return g;
}

static void expect_standard(const float *y, size_t n, const char *what, size_t which)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)y[i];
        squares += (double)y[i] * (double)y[i];
    }
    cr_assert(fabs(sum / (double)n) < 1e-6, "%s %zu: mean %g", what, which, sum / (double)n);
    cr_assert(fabs(squares / (double)n - 1) < 1e-6, "%s %zu: variance %.9g", what, which, squares / (double)n);
}

Test(op_reference_norms, groups_have_mean_0_and_variance_1)
{
    enum { N = 3, C = 12, H = 9, W = 11, GROUPS = 4, COUNT = N * C * H * W };
    float x[COUNT], ones[C], zeros[C] = {0};
    generate("x", x, COUNT);
    for (int i = 0; i < COUNT; i++)
        x[i] = 5 + 3 * x[i] + (float)(i % 7);
    for (int i = 0; i < C; i++)
        ones[i] = 1;
    float *y =
        ON_REFERENCE(group_norm(N, C, H, W, GROUPS, 0), COUNT, {"x", x}, {"norm.weight", ones}, {"norm.bias", zeros});
    for (size_t i = 0; i < N * GROUPS; i++)
        expect_standard(y + i * COUNT / N / GROUPS, COUNT / N / GROUPS, "group", i);
}

Test(op_reference_norms, rows_have_mean_0_and_variance_1)
{
    enum { N = 2, T = 7, C = 37 };
    float ones[C], zeros[C] = {0};
    for (int i = 0; i < C; i++)
        ones[i] = 1;
    float *y = ON_REFERENCE(layer_norm(N, T, C, 0), N * T * C, {"norm.weight", ones}, {"norm.bias", zeros});
    for (size_t i = 0; i < N * T; i++)
        expect_standard(y + i * C, C, "row", i);
}

/* 1 and 3 have mean 2 and variance 1: with eps 3 the divisor is 2. */
Test(op_reference_norms, by_hand)
{
    const float x[] = {1, 3}, weight[] = {10, 100}, bias[] = {0.5f, 0.25f};
    float *y = ON_REFERENCE(layer_norm(1, 1, 2, 3), 2, {"x", x}, {"norm.weight", weight}, {"norm.bias", bias});
    cr_expect(y[0] == -4.5f && y[1] == 50.25f, "%g %g", (double)y[0], (double)y[1]);
    y = ON_REFERENCE(group_norm(1, 2, 1, 1, 1, 3), 2, {"x", x}, {"norm.weight", weight}, {"norm.bias", bias});
    cr_expect(y[0] == -4.5f && y[1] == 50.25f, "%g %g", (double)y[0], (double)y[1]);
    y = ON_REFERENCE(group_norm(1, 2, 1, 1, 2, 3), 2, {"x", x}, {"norm.weight", weight}, {"norm.bias", bias});
    cr_expect(y[0] == 0.5f && y[1] == 0.25f, "groups of one element: %g %g", (double)y[0], (double)y[1]);
}

/* Without eps nothing but the order of the values' distances counts: norm(2 x + 8) = norm(x), and a channel's weight
 * and bias come last. */
Test(op_reference_norms, invariant_to_shift_and_scale)
{
    enum { COUNT = 2 * 6 * 5 * 3 };
    float x[COUNT], moved[COUNT];
    generate("x", x, COUNT);
    for (int i = 0; i < COUNT; i++) {
        x[i] = rintf(x[i] * 1024) / 1024; /* so that moving them rounds nothing */
        moved[i] = 2 * x[i] + 8;
    }
    float *y = ON_REFERENCE(group_norm(2, 6, 5, 3, 3, 0), COUNT, {"x", x});
    float *z = ON_REFERENCE(group_norm(2, 6, 5, 3, 3, 0), COUNT, {"x", moved});
    expect_near("moved", z, y, COUNT, 1e-7);
}

Test(op_reference_norms, straddling_groups_are_those_of_the_concatenation)
{
    enum { OUT = 2 * 12 * 3 * 5 };
    float *y[2];
    for (int joined = 0; joined < 2; joined++) {
        struct graph *g = graph_new("sources");
        value_id a = graph_input(g, "a", DTYPE_f32, RATE_LOOP, SHAPE(2, 7, 3, 5));
        value_id b = graph_input(g, "b", DTYPE_f32, RATE_LOOP, SHAPE(2, 5, 3, 5));
        value_id x = graph_binary(g, OP_concat, "concat", a, b);
        value_id norm = graph_group_norm(g, "norm", x, 3, 1e-5);
        struct node *n = &g->node[g->value[norm].producer];
        if (!joined) {
            n->input[IN_X] = a;
            n->input[n->n_inputs++] = b;
        }
        graph_output(g, "y", norm);
        y[joined] = ON_REFERENCE(g, OUT, {0});
    }
    cr_expect(!memcmp(y[0], y[1], OUT * sizeof *y[0]));
}

/* A mean far from 0 costs no digits: the variance is of the distances, not of the squares. */
Test(op_reference_norms, far_from_zero)
{
    const float x[] = {4097, 4099}, ones[] = {1, 1}, zeros[] = {0, 0};
    float *y = ON_REFERENCE(layer_norm(1, 1, 2, 0), 2, {"x", x}, {"norm.weight", ones}, {"norm.bias", zeros});
    cr_expect(y[0] == -1 && y[1] == 1, "%.9g %.9g", (double)y[0], (double)y[1]);
}

static struct graph *softmax(int64_t rows, int64_t keys, bool causal)
{
    struct graph *g = graph_new("softmax");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, rows, keys));
    graph_output(g, "y", graph_softmax(g, "softmax", x, causal));
    return g;
}

Test(op_reference_norms, softmax_by_hand)
{
    float x[2 * 3 * 3], expected[2 * 3 * 3];
    for (int r = 0; r < 2 * 3; r++)
        for (int i = 0; i < 3; i++) {
            x[3 * r + i] = (float)log((double)(1 << i)) + 1000 * (float)(r - 3); /* 1 : 2 : 4, anywhere */
            expected[3 * r + i] = (float)(1 << i) / 7;
        }
    expect_near("1 : 2 : 4", ON_REFERENCE(softmax(1, 3, false), 18, {"x", x}), expected, 18, 1e-4);
}

Test(op_reference_norms, softmax_rows_sum_to_1_and_a_shift_changes_nothing)
{
    enum { T = 5, S = 77, ROWS = 2 * 3 * T, COUNT = ROWS * S };
    float x[COUNT], moved[COUNT];
    generate("x", x, COUNT);
    for (int i = 0; i < COUNT; i++) {
        x[i] = rintf(x[i] * 1024) / 512;
        moved[i] = x[i] + (float)(i / S - 20) * 16;
    }
    float *y = ON_REFERENCE(softmax(T, S, false), COUNT, {"x", x});
    float *z = ON_REFERENCE(softmax(T, S, false), COUNT, {"x", moved});
    cr_expect(!memcmp(y, z, COUNT * sizeof *y), "a shift changes the result");
    for (int r = 0; r < ROWS; r++) {
        double sum = 0;
        for (int i = 0; i < S; i++)
            sum += (double)y[r * S + i];
        cr_assert(fabs(sum - 1) < 1e-6, "row %d: %.9g", r, sum);
    }
}

/* Causal: what later keys hold changes nothing, row 0 sees key 0 alone, the last row sees all. */
Test(op_reference_norms, causal_softmax_ignores_later_keys)
{
    enum { T = 7, COUNT = 2 * 3 * T * T };
    float x[COUNT], noisy[COUNT];
    generate("x", x, COUNT);
    for (int i = 0; i < COUNT; i++)
        noisy[i] = i % T > i / T % T ? 1e30f : x[i];
    float *y = ON_REFERENCE(softmax(T, T, true), COUNT, {"x", x}),
          *z = ON_REFERENCE(softmax(T, T, true), COUNT, {"x", noisy});
    float *all = ON_REFERENCE(softmax(T, T, false), COUNT, {"x", x});
    cr_expect(!memcmp(y, z, COUNT * sizeof *y), "later keys are read");
    for (int i = 0; i < COUNT; i++) {
        int query = i / T % T, key = i % T;
        cr_assert((key > query) == (y[i] == 0), "query %d, key %d: %g", query, key, (double)y[i]);
        cr_assert(query || key || y[i] == 1, "the first query");
        cr_assert(query < T - 1 || y[i] == all[i], "the last query");
    }
}
