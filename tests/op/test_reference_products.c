/* conv, linear, matmul of the reference: by hand, and by laws that hold for any right implementation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/place.h"
#include "tests/op/on_reference.h"

static struct graph *conv(int64_t n, int64_t c, int64_t h, int64_t w, int64_t out, int kernel, int stride, int pad)
{
    struct graph *g = graph_new("conv");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(n, c, h, w));
    graph_output(g, "y", graph_conv(g, "conv", x, out, kernel, stride, pad));
    return g;
}

Test(op_reference_products, conv_by_hand)
{
    const float x[] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, weight[] = {1, 2, 3, 4}, bias[] = {0.5f};
    const float valid[] = {37.5f, 47.5f, 67.5f, 77.5f};
    const float padded[] = {4.5f,  11.5f, 18.5f, 9.5f,  18.5f, 37.5f, 47.5f, 21.5f,
                            36.5f, 67.5f, 77.5f, 33.5f, 14.5f, 23.5f, 26.5f, 9.5f};
    const float strided[] = {4.5f, 18.5f, 36.5f, 77.5f}; /* of the padded ones, every second */
    float *y = ON_REFERENCE(conv(1, 1, 3, 3, 1, 2, 1, 0), 4, {"x", x}, {"conv.weight", weight}, {"conv.bias", bias});
    expect_near("valid", y, valid, 4, 0);
    y = ON_REFERENCE(conv(1, 1, 3, 3, 1, 2, 1, 1), 16, {"x", x}, {"conv.weight", weight}, {"conv.bias", bias});
    expect_near("padded", y, padded, 16, 0);
    y = ON_REFERENCE(conv(1, 1, 3, 3, 1, 2, 2, 1), 4, {"x", x}, {"conv.weight", weight}, {"conv.bias", bias});
    expect_near("strided", y, strided, 4, 0);
}

/* An image that is 1 at one pixel of one channel gives that channel's weights, mirrored, around the pixel. */
Test(op_reference_products, conv_impulse)
{
    enum { C = 3, OUT = 4, H = 5, W = 7, AT_C = 1, AT_H = 2, AT_W = 4 };
    float x[C * H * W] = {0}, weight[OUT * C * 9], bias[OUT] = {0};
    x[(AT_C * H + AT_H) * W + AT_W] = 1;
    generate("weights", weight, ARRAY_LEN(weight));
    float *y = ON_REFERENCE(conv(1, C, H, W, OUT, 3, 1, 1), OUT * H * W, {"x", x}, {"conv.weight", weight},
                            {"conv.bias", bias});
    for (int o = 0; o < OUT; o++)
        for (int h = 0; h < H; h++)
            for (int w = 0; w < W; w++) {
                int dh = AT_H - h + 1, dw = AT_W - w + 1; /* the tap that sees the pixel from here */
                bool near = 0 <= dh && dh < 3 && 0 <= dw && dw < 3;
                float expected = near ? weight[((o * C + AT_C) * 3 + dh) * 3 + dw] : 0;
                cr_assert(y[(o * H + h) * W + w] == expected, "channel %d, pixel %d,%d", o, h, w);
            }
}

Test(op_reference_products, conv_is_linear)
{
    enum { IN = 2 * 5 * 9 * 11, OUT = 2 * 7 * 9 * 11 };
    float a[IN], b[IN], mix[IN], sum[OUT], bias[7] = {0};
    generate("a", a, IN);
    generate("b", b, IN);
    for (int i = 0; i < IN; i++)
        mix[i] = 2 * a[i] - 0.5f * b[i];
    float *ya = ON_REFERENCE(conv(2, 5, 9, 11, 7, 3, 1, 1), OUT, {"x", a}, {"conv.bias", bias});
    float *yb = ON_REFERENCE(conv(2, 5, 9, 11, 7, 3, 1, 1), OUT, {"x", b}, {"conv.bias", bias});
    float *ymix = ON_REFERENCE(conv(2, 5, 9, 11, 7, 3, 1, 1), OUT, {"x", mix}, {"conv.bias", bias});
    for (int i = 0; i < OUT; i++)
        sum[i] = 2 * ya[i] - 0.5f * yb[i];
    expect_near("linearity", ymix, sum, OUT, 1e-6);
}

/* An image moved down by 1 and right by 2 gives the same result, moved: to the bit, away from the borders. */
Test(op_reference_products, conv_moves_with_its_input)
{
    enum { C = 5, H = 9, W = 11, OUT = 7 };
    float x[C * H * W], moved[C * H * W] = {0};
    generate("x", x, ARRAY_LEN(x));
    for (int c = 0; c < C; c++)
        for (int h = 1; h < H; h++)
            for (int w = 2; w < W; w++)
                moved[(c * H + h) * W + w] = x[(c * H + h - 1) * W + w - 2];
    float *y = ON_REFERENCE(conv(1, C, H, W, OUT, 3, 1, 1), OUT * H * W, {"x", x});
    float *z = ON_REFERENCE(conv(1, C, H, W, OUT, 3, 1, 1), OUT * H * W, {"x", moved});
    for (int o = 0; o < OUT; o++)
        for (int h = 2; h < H - 1; h++)
            for (int w = 3; w < W - 1; w++)
                cr_assert(z[(o * H + h) * W + w] == y[(o * H + h - 1) * W + w - 2], "%d,%d,%d", o, h, w);
}

/* Two sources, in any layout, give what their concatenation gives. */
static struct graph *conv_of_two(bool joined, enum layout layout)
{
    struct graph *g = graph_new("sources");
    value_id a = graph_input(g, "a", DTYPE_f32, RATE_LOOP, SHAPE(2, 5, 6, 7));
    value_id b = graph_input(g, "b", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 6, 7));
    value_id x = graph_binary(g, OP_concat, "concat", a, b), y = graph_conv(g, "conv", x, 4, 3, 2, 1);
    if (!joined) {
        struct node *n = &g->node[g->value[y].producer];
        n->input[IN_X] = a;
        n->input[IN_X + 1] = b;
        n->n_inputs = 4;
    }
    for (value_id v = 0; v < g->n_values; v++)
        if (g->value[v].kind != VALUE_WEIGHT)
            g->value[v].layout = layout;
    graph_output(g, "y", y);
    return g;
}

Test(op_reference_products, conv_of_several_sources)
{
    enum { OUT = 2 * 4 * 3 * 4 };
    float *expected = ON_REFERENCE(conv_of_two(true, LAYOUT_rows), OUT, {0});
    for (int i = 1; i < 4; i++) {
        float *y = ON_REFERENCE(conv_of_two(i & 1, i & 2 ? LAYOUT_channels_last : LAYOUT_rows), OUT, {0});
        cr_expect(!memcmp(y, expected, OUT * sizeof *y), "form %d differs", i);
    }
}

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

/* A 1x1 convolution is a linear layer on the pixels. */
Test(op_reference_products, conv_1x1_is_linear_on_pixels)
{
    enum { N = 2, C = 5, H = 3, W = 4, OUT = 6 };
    float weight[OUT * C], bias[OUT];
    generate("w", weight, ARRAY_LEN(weight));
    generate("b", bias, OUT);
    float *y =
        ON_REFERENCE(conv(N, C, H, W, OUT, 1, 1, 0), N * OUT * H * W, {"conv.weight", weight}, {"conv.bias", bias});
    struct graph *g = graph_new("pixels");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(N, C, H, W));
    g->value[x].layout = LAYOUT_channels_last;
    value_id t = graph_unary(g, OP_tokens, "tokens", x);
    graph_output(g, "y", graph_linear(g, "linear", t, OUT, true));
    float *z = ON_REFERENCE(g, N * OUT * H * W, {"linear.weight", weight}, {"linear.bias", bias});
    for (int n = 0; n < N; n++)
        for (int o = 0; o < OUT; o++)
            for (int p = 0; p < H * W; p++)
                cr_assert(y[(n * OUT + o) * H * W + p] == z[(n * H * W + p) * OUT + o], "%d,%d,%d", n, o, p);
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
