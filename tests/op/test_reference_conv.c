/* Convolution by the reference: by hand, and by laws that hold for any right implementation. */
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

Test(op_reference_conv, by_hand)
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

/* Padding is a border of zeros; four different pads tell the sides apart. */
Test(op_reference_conv, pads)
{
    enum {
        C = 2,
        H = 4,
        W = 5,
        TOP = 1,
        LEFT = 2,
        BOTTOM = 3,
        RIGHT = 0,
        PH = TOP + H + BOTTOM,
        PW = LEFT + W + RIGHT
    };
    float x[C * H * W], wide[C * PH * PW] = {0};
    generate("x", x, ARRAY_LEN(x));
    for (int i = 0; i < C * H * W; i++)
        wide[(i / W / H * PH + TOP + i / W % H) * PW + LEFT + i % W] = x[i];
    for (int stride = 1; stride <= 2; stride++) {
        size_t n = 3 * (size_t)((PH - 3) / stride + 1) * ((PW - 3) / (size_t)stride + 1);
        struct graph *g = graph_new("pads"), *h = conv(1, C, PH, PW, 3, 3, stride, 0);
        value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, C, H, W));
        value_id weight = graph_add_value(g, VALUE_WEIGHT, "conv.weight", DTYPE_f32, SHAPE(3, C, 3, 3), RATE_LOAD);
        const char *path[] = {"conv"};
        struct node node = {.op = OP_conv,
                            .n_inputs = 3,
                            .input = {weight, NO_VALUE, v},
                            .n_paths = 1,
                            .path = path,
                            .params = {.stride = stride, .pad = {TOP, LEFT, BOTTOM, RIGHT}}};
        node_id id = graph_add_node(g, &node, DTYPE_f32);
        graph_output(g, "y", g->node[id].output[0]);
        float *y = ON_REFERENCE(g, n, {"x", x});
        float *z = ON_REFERENCE(h, n, {"x", wide}, {"conv.bias", (float[3]){0}});
        cr_expect(!memcmp(y, z, n * sizeof *y), "stride %d", stride);
    }
}

/* An image that is 1 at one pixel of one channel gives that channel's weights, mirrored, around the pixel. */
Test(op_reference_conv, impulse)
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

Test(op_reference_conv, is_linear)
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
Test(op_reference_conv, moves_with_its_input)
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

Test(op_reference_conv, of_several_sources)
{
    enum { OUT = 2 * 4 * 3 * 4 };
    float *expected = ON_REFERENCE(conv_of_two(true, LAYOUT_rows), OUT, {0});
    for (int i = 1; i < 4; i++) {
        float *y = ON_REFERENCE(conv_of_two(i & 1, i & 2 ? LAYOUT_channels_last : LAYOUT_rows), OUT, {0});
        cr_expect(!memcmp(y, expected, OUT * sizeof *y), "form %d differs", i);
    }
}

/* A 1x1 convolution is a linear layer on the pixels. */
Test(op_reference_conv, of_1x1_is_linear_on_pixels)
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
