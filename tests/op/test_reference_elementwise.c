/* Elementwise operations of the reference, and what the sampler does around the network. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "tests/op/on_reference.h"

static struct graph *unary(enum op op, int64_t n, enum dtype read, enum dtype write)
{
    struct graph *g = graph_new("unary");
    value_id y = graph_unary(g, op, "unary", graph_input(g, "x", read, RATE_LOOP, SHAPE(1, n)));
    g->value[y].dtype = write;
    graph_output(g, "y", y);
    return g;
}

Test(op_reference_elementwise, activations_have_their_values)
{
    /* 17 digits of each formula, from another language's library. */
    static const double values[][5] = {
        // clang-format off
        /* x     silu                  gelu_erf                gelu_tanh               gelu_quick */
        {-3,    -0.14227761953270035, -0.004049694094890287,  -0.0036373920817729943, -0.018071309707785969},
        {-1,    -0.2689414213699951,  -0.15865525393145707,   -0.15880800939172324,   -0.1542042340671787},
        {-0.5,  -0.1887703343990727,  -0.15426876936299344,   -0.15428599017485606,   -0.14961156339361989},
        {0,      0,                    0,                      0,                      0},
        {0.25,   0.14054412522144952,  0.14967658142073093,    0.149675350701685,      0.15119964990019419},
        {1,      0.7310585786300049,   0.84134474606854293,    0.84119199060827676,    0.84579576593282124},
        {2,      1.7615941559557646,   1.9544997361036416,     1.954597694087775,      1.9356586231442083},
        {6,      5.9851642610601923,   5.9999999940804738,     5.9999999999156035,     5.9997796464502136},
        // clang-format on
    };
    static const enum op op[] = {OP_silu, OP_gelu_erf, OP_gelu_tanh, OP_gelu_quick};
    float x[ARRAY_LEN(values)];
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        x[i] = (float)values[i][0];
    for (size_t k = 0; k < ARRAY_LEN(op); k++) {
        float *y = ON_REFERENCE(unary(op[k], ARRAY_LEN(x), DTYPE_f32, DTYPE_f32), ARRAY_LEN(x), {"x", x});
        for (size_t i = 0; i < ARRAY_LEN(x); i++)
            cr_expect(y[i] == (float)values[i][1 + k], "%s(%g) is %.9g", ops[op[k]].name, (double)x[i], (double)y[i]);
    }
}

/* Each is x s(x) with s(x) + s(-x) = 1, so f(x) - f(-x) = x. */
Test(op_reference_elementwise, activations_are_x_times_a_symmetric_step)
{
    static const enum op op[] = {OP_silu, OP_gelu_erf, OP_gelu_tanh, OP_gelu_quick};
    enum { N = 1000 };
    float x[2 * N], difference[N];
    generate("x", x, N);
    for (int i = 0; i < N; i++)
        x[N + i] = -x[i];
    for (size_t k = 0; k < ARRAY_LEN(op); k++) {
        float *y = ON_REFERENCE(unary(op[k], 2 * N, DTYPE_f32, DTYPE_f32), 2 * N, {"x", x});
        for (int i = 0; i < N; i++)
            difference[i] = y[i] - y[N + i];
        expect_near(ops[op[k]].name, difference, x, N, 1e-7);
    }
}

Test(op_reference_elementwise, casts_round_to_nearest_even)
{
    const float x[] = {1 + 0x1p-8f, 1 + 0x1.8p-7f, 1 + 0x1p-8f + 0x1p-23f, -1 - 0x1.8p-7f, INFINITY, 3.39e38f, 1e-40f,
                       NAN};
    const float bf16[] = {1, 1 + 0x1p-6f, 1 + 0x1p-7f, -1 - 0x1p-6f, INFINITY, 0x1.fep+127f, 0, 0};
    float *y = ON_REFERENCE(unary(OP_cast, 8, DTYPE_f32, DTYPE_bf16), 8, {"x", x});
    for (int i = 0; i < 6; i++)
        cr_expect(y[i] == bf16[i], "bfloat16(%.9g) is %.9g", (double)x[i], (double)y[i]);
    cr_expect(y[6] > 0 && fabs((double)y[6] - 1e-40) < 0x1p-134, "denormal: %g", (double)y[6]);
    cr_expect(isnan(y[7]));
    const float h[] = {65519, 65520, 1 + 0x1p-11f, 1 + 0x1.8p-10f, 0x1p-25f, 0x1.8p-24f, -1e9f, NAN};
    const float f16[] = {65504, INFINITY, 1, 1 + 0x1p-9f, 0, 0x1p-23f, -INFINITY, 0};
    y = ON_REFERENCE(unary(OP_cast, 8, DTYPE_f32, DTYPE_f16), 8, {"x", h});
    for (int i = 0; i < 7; i++)
        cr_expect(y[i] == f16[i], "float16(%.9g) is %.9g", (double)h[i], (double)y[i]);
    cr_expect(isnan(y[7]));
}

static struct graph *binary(enum op op, struct shape a, struct shape b)
{
    struct graph *g = graph_new("binary");
    value_id x = graph_input(g, "a", DTYPE_f32, RATE_LOOP, a), y = graph_input(g, "b", DTYPE_f32, RATE_LOOP, b);
    graph_output(g, "y", graph_binary(g, op, "binary", x, y));
    return g;
}

Test(op_reference_elementwise, second_operand_is_broadcast)
{
    enum { N = 2, C = 3, H = 2, W = 2, COUNT = N * C * H * W };
    static const struct {
        struct shape shape;
        int stride[4]; /* of the second operand, by hand */
    } forms[] = {
        {{4, {N, C, H, W}}, {C * H * W, H * W, W, 1}},
        {{4, {1, C, 1, 1}}, {0, 1, 0, 0}},
        {{4, {N, C, 1, 1}}, {C, 1, 0, 0}},
        {{3, {C, H, W}}, {0, H * W, W, 1}},
        {{2, {H, W}}, {0, 0, W, 1}},
        {{1, {W}}, {0, 0, 0, 1}},
        {{0, {0}}, {0, 0, 0, 0}},
    };
    float a[COUNT], b[COUNT];
    generate("a", a, COUNT);
    generate("b", b, COUNT);
    for (size_t k = 0; k < ARRAY_LEN(forms); k++) {
        float *sum = ON_REFERENCE(binary(OP_add, SHAPE(N, C, H, W), forms[k].shape), COUNT, {"a", a}, {"b", b});
        float *product = ON_REFERENCE(binary(OP_mul, SHAPE(N, C, H, W), forms[k].shape), COUNT, {"a", a}, {"b", b});
        for (int i = 0; i < COUNT; i++) {
            const int *s = forms[k].stride;
            float other = b[i / 12 * s[0] + i / 4 % 3 * s[1] + i / 2 % 2 * s[2] + i % 2 * s[3]];
            cr_assert(sum[i] == a[i] + other && product[i] == a[i] * other, "form %zu, [%d]", k, i);
        }
    }
}

/* Slices are strided rows: the halves of each row multiplied. */
Test(op_reference_elementwise, product_of_two_slices)
{
    const float x[] = {1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60}, expected[] = {10, 40, 90, 160, 250, 360};
    struct graph *g = graph_new("slices");
    value_id all = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 2, 6));
    value_id first = graph_slice(g, "first", all, 0, 3), second = graph_slice(g, "second", all, 3, 6);
    graph_output(g, "y", graph_binary(g, OP_mul, "mul", first, second));
    expect_near("slices", ON_REFERENCE(g, 6, {"x", x}), expected, 6, 0);
}

Test(op_reference_elementwise, scale)
{
    const float x[] = {1, -2, 3}, expected[] = {2.5f, -5, 7.5f};
    struct graph *g = graph_new("scale");
    value_id v = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(3));
    graph_output(g, "y", graph_scale(g, "scale", v, 2.5));
    expect_near("scale", ON_REFERENCE(g, 3, {"x", x}), expected, 3, 0);
}

static struct graph *guidance(double factor)
{
    struct graph *g = graph_new("guidance");
    value_id eps = graph_input(g, "eps", DTYPE_f32, RATE_LOOP, SHAPE(4, 1, 1, 2));
    graph_output(g, "y", graph_guidance(g, "guidance", eps, factor));
    return g;
}

Test(op_reference_elementwise, guidance)
{
    const float eps[] = {1, 2, 3, 4, 3, -2, 3, 5}; /* two images: unconditional, then conditional */
    static const struct {
        double factor;
        float expected[4];
    } rows[] = {{0, {1, 2, 3, 4}}, {1, {3, -2, 3, 5}}, {7.5, {16, -28, 3, 11.5f}}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        expect_near("guidance", ON_REFERENCE(guidance(rows[i].factor), 4, {"eps", eps}), rows[i].expected, 4, 0);
}

/* Three states whose next values need each other's old ones: latent and first slot change places, the second slot takes
 * a mixture; a state that was overwritten too early would show. */
Test(op_reference_elementwise, sampler_update_reads_before_it_writes)
{
    enum { STATES = 3 };
    static const char *const names[] = {"latent", "slot0", "slot1"};
    const float coefficients[] = {/* latent, eps, slot0, slot1 */ 0,
                                  0,
                                  1,
                                  0,
                                  1,
                                  0,
                                  0,
                                  0,
                                  0.5f,
                                  2,
                                  -1,
                                  3};
    const float eps[] = {1, 2}, latent[] = {10, 20}, slot0[] = {4, 6}, slot1[] = {100, 200};
    const float once[] = {4, 6, 10, 20, 303, 608}, twice[] = {10, 20, 4, 6, 903, 1811};
    for (int steps = 1; steps <= 2; steps++) {
        struct graph *g = graph_new("sampler");
        value_id state[STATES], next[STATES];
        value_id k = graph_input(g, "k", DTYPE_f32, RATE_LOOP, SHAPE(1, STATES * (STATES + 1)));
        value_id e = graph_input(g, "eps", DTYPE_f32, RATE_LOOP, SHAPE(1, 1, 1, 2));
        for (int i = 0; i < STATES; i++)
            state[i] = graph_state(g, names[i], DTYPE_f32, SHAPE(1, 1, 1, 2));
        graph_sampler_update(g, "update", k, e, STATES, state, next);
        for (int i = 0; i < STATES; i++)
            graph_output(g, names[i], next[i]);
        struct graph_run how = {
            .steps = steps,
            .feed = {{"k", coefficients}, {"eps", eps}, {"latent", latent}, {"slot0", slot0}, {"slot1", slot1}}};
        expect_near("states", on_reference(g, 6, how), steps == 1 ? once : twice, 6, 0);
    }
}

/* The loop of a run: row i of a table is added to the latent, and i advances; past its end the last row repeats. */
Test(op_reference_elementwise, counter_walks_through_the_steps)
{
    const float rows[] = {1, 10, 2, 20, 4, 40}, latent[] = {0.5f, 0.25f};
    const int32_t zero[] = {0};
    static const float expected[][2] = {{1.5f, 10.25f}, {3.5f, 30.25f}, {7.5f, 70.25f}, {11.5f, 110.25f}};
    for (int steps = 1; steps <= 4; steps++) {
        struct graph *g = graph_new("loop");
        value_id table = graph_input(g, "table", DTYPE_f32, RATE_RUN, SHAPE(3, 2));
        value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
        value_id x = graph_state(g, "latent", DTYPE_f32, SHAPE(1, 2));
        value_id row = graph_step_row(g, "row", table, counter);
        value_id sum = graph_binary(g, OP_add, "add", x, row);
        value_id more = graph_unary(g, OP_advance, "advance", counter);
        g->value[more].dtype = DTYPE_i32;
        graph_state_next(g, x, sum);
        graph_state_next(g, counter, more);
        graph_output(g, "latent", sum);
        graph_output(g, "counter", more);
        struct graph_run how = {.steps = steps, .feed = {{"table", rows}, {"counter", zero}, {"latent", latent}}};
        float *y = on_reference(g, 3, how);
        cr_expect(y[0] == expected[steps - 1][0] && y[1] == expected[steps - 1][1] && (int)y[2] == steps,
                  "%d steps: %g %g, counter %g", steps, (double)y[0], (double)y[1], (double)y[2]);
    }
}

static struct graph *pixels(int64_t h, int64_t w, bool rounded)
{
    struct graph *g = graph_new("pixels");
    value_id x = graph_input(g, "image", DTYPE_f32, RATE_LOOP, SHAPE(1, 3, h, w));
    graph_output(g, "y", graph_pixels(g, "pixels", x, rounded));
    return g;
}

Test(op_reference_elementwise, pixels_at_boundaries)
{
    const float below = nextafterf(1, 0);
    const float image[] = {-1, 1, 0, -2, 3, -INFINITY, INFINITY, NAN, below, -0.99f, 0.5f, -0.5f};
    const int cut[] = {0, 255, 127, 0, 255, 0, 255, 0, 254, 1, 191, 63};
    const int rounded[] = {0, 255, 128, 0, 255, 0, 255, 0, 255, 1, 191, 64}; /* 127.5 goes to the even 128 */
    for (int r = 0; r < 2; r++) {
        float *y = ON_REFERENCE(pixels(1, 4, r), 12, {"image", image});
        for (int c = 0; c < 3; c++)
            for (int w = 0; w < 4; w++)
                cr_expect((int)y[3 * w + c] == (r ? rounded : cut)[4 * c + w], "%s: %g is level %g",
                          r ? "rounded" : "cut", (double)image[4 * c + w], (double)y[3 * w + c]);
    }
}
