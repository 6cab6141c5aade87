/* linear and matmul of the reference: by hand, and by laws that hold for any right implementation. */
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "tests/op/on_reference.h"

static struct graph *linear(int64_t n, int64_t t, int64_t in, int64_t out, enum dtype read, enum dtype write)
{
    struct graph *g = graph_new("linear");
    value_id x = graph_input(g, "x", read, RATE_LOOP, SHAPE(n, t, in));
    value_id y = graph_linear(g, "linear", x, out, true);
    g->value[g->node[0].input[IN_WEIGHT]].dtype = read;
    g->value[y].dtype = write;
    graph_output(g, "y", y);
    return g;
}

Test(op_reference_products, linear_by_hand)
{
    const float x[] = {1, -1, 2, 10}, weight[] = {1, 2, 3, 4, 5, 6}, bias[] = {0.5f, 0, -1};
    const float expected[] = {-0.5f, -1, -2, 22.5f, 46, 69};
    float *y = ON_REFERENCE(linear(1, 2, 2, 3, DTYPE_f32, DTYPE_f32), 6, {"x", x}, {"linear.weight", weight},
                            {"linear.bias", bias});
    expect_near("linear", y, expected, 6, 0);
}

/* 1 + 2^-8 + 2^-30 lies just above the middle of two bfloat16: by way of float32 it would be rounded down. The same
 * with 2^-11 for float16. */
Test(op_reference_products, results_are_rounded_once)
{
    const float ones[] = {1, 1, 1}, zero[] = {0};
    const float x[] = {1, 0x1p-8f, 0x1p-30f}, xh[] = {1, 0x1p-11f, 0x1p-24f};
    float *y = ON_REFERENCE(linear(1, 1, 3, 1, DTYPE_bf16, DTYPE_bf16), 1, {"x", x}, {"linear.weight", ones},
                            {"linear.bias", zero});
    cr_expect(y[0] == 1 + 0x1p-7f, "bfloat16: %.9g", (double)y[0]);
    y = ON_REFERENCE(linear(1, 1, 3, 1, DTYPE_f16, DTYPE_f16), 1, {"x", xh}, {"linear.weight", ones},
                     {"linear.bias", zero});
    cr_expect(y[0] == 1 + 0x1p-10f, "float16: %.9g", (double)y[0]);
    const float tie[] = {1, 0x1p-8f, 0}; /* exactly the middle: to even, which is down */
    y = ON_REFERENCE(linear(1, 1, 3, 1, DTYPE_bf16, DTYPE_bf16), 1, {"x", tie}, {"linear.weight", ones},
                     {"linear.bias", zero});
    cr_expect(y[0] == 1, "tie: %.9g", (double)y[0]);
}

/* Weights are rounded to the dtype of their value, biases are not; inputs too, when the host writes them. */
Test(op_reference_products, parameters_have_the_dtype_of_their_value)
{
    const float x[] = {1}, third[] = {1.0f / 3}, zero[] = {0};
    const float rounded = f32_from_bf16(bf16_from_f32(1.0f / 3));
    float *y = ON_REFERENCE(linear(1, 1, 1, 1, DTYPE_bf16, DTYPE_f32), 1, {"x", x}, {"linear.weight", third},
                            {"linear.bias", zero});
    cr_expect(y[0] == rounded && rounded != third[0], "weight: %.9g", (double)y[0]);
    y = ON_REFERENCE(linear(1, 1, 1, 1, DTYPE_bf16, DTYPE_f32), 1, {"x", x}, {"linear.weight", zero},
                     {"linear.bias", third});
    cr_expect(y[0] == third[0], "bias: %.9g", (double)y[0]);
}

static struct graph *matmul(struct shape a, struct shape b, bool transpose)
{
    struct graph *g = graph_new("matmul");
    value_id x = graph_input(g, "a", DTYPE_f32, RATE_LOOP, a), y = graph_input(g, "b", DTYPE_f32, RATE_LOOP, b);
    graph_output(g, "y", graph_matmul(g, "matmul", x, y, transpose));
    return g;
}

Test(op_reference_products, matmul_by_hand)
{
    const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, 0, -1, 2, 3, 1}, bt[] = {1, -1, 3, 0, 2, 1};
    const float expected[] = {8, 7, 17, 16};
    float *y = ON_REFERENCE(matmul(SHAPE(1, 1, 2, 3), SHAPE(1, 1, 3, 2), false), 4, {"a", a}, {"b", b});
    expect_near("a b", y, expected, 4, 0);
    y = ON_REFERENCE(matmul(SHAPE(1, 1, 2, 3), SHAPE(1, 1, 2, 3), true), 4, {"a", a}, {"b", bt});
    expect_near("a b^T", y, expected, 4, 0);
}

/* Each head of each image by itself gives the same. */
Test(op_reference_products, matmul_of_each_head)
{
    enum { N = 2, HEADS = 3, T = 5, K = 7, S = 4 };
    float a[N * HEADS * T * K], b[N * HEADS * K * S];
    generate("a", a, ARRAY_LEN(a));
    generate("b", b, ARRAY_LEN(b));
    for (int transpose = 0; transpose < 2; transpose++) {
        int64_t rows = transpose ? S : K, columns = transpose ? K : S;
        float *all = ON_REFERENCE(matmul(SHAPE(N, HEADS, T, K), SHAPE(N, HEADS, rows, columns), transpose),
                                  N * HEADS * T * S, {"a", a}, {"b", b});
        for (int i = 0; i < N * HEADS; i++) {
            float *one = ON_REFERENCE(matmul(SHAPE(1, 1, T, K), SHAPE(1, 1, rows, columns), transpose), T * S,
                                      {"a", a + i * T * K}, {"b", b + i * K * S});
            cr_expect(!memcmp(one, all + i * T * S, T * S * sizeof *one), "head %d, transpose %d", i, transpose);
        }
    }
}

/* (a + c) b = a b + c b, for each batch and head by itself. */
Test(op_reference_products, matmul_is_linear_in_each_head)
{
    enum { N = 2, HEADS = 3, T = 5, K = 7, S = 4, A = N * HEADS * T * K, Y = N * HEADS * T * S };
    const struct shape a = SHAPE(N, HEADS, T, K), b = SHAPE(N, HEADS, K, S);
    float x[A], only_one[A] = {0}, rest[A] = {0}, sum[Y];
    const int head = 4; /* of the second image */
    generate("x", x, A);
    for (int i = 0; i < A; i++)
        (i / (T * K) == head ? only_one : rest)[i] = x[i];
    float *y = ON_REFERENCE(matmul(a, b, false), Y, {"a", x});
    float *y1 = ON_REFERENCE(matmul(a, b, false), Y, {"a", only_one}),
          *y2 = ON_REFERENCE(matmul(a, b, false), Y, {"a", rest});
    for (int i = 0; i < Y; i++) {
        cr_assert((i / (T * S) == head) == (y1[i] != 0), "[%d]: head %d leaks", i, head);
        sum[i] = y1[i] + y2[i];
    }
    expect_near("sum", y, sum, Y, 0);
}
