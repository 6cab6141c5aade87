#include "tests/pass/small.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/print.h"
#include "pipeline/graph/verify.h"
#include "tests/op/run_graph.h"

struct pass_context small_context(bool residual_float32)
{
    return (struct pass_context){.half = DTYPE_bf16, .residual_float32 = residual_float32};
}

struct pass_context small_context_float16(void)
{
    return (struct pass_context){.half = DTYPE_f16, .bias_half = true};
}

void small_pass(const char *name, bool residual_float32, struct graph **g)
{
    small_pass_told(name, small_context(residual_float32), g);
}

void small_pass_told(const char *name, struct pass_context c, struct graph **g)
{
    const struct pass *p = passes;
    while (p->name && strcmp(p->name, name))
        p++;
    if (!p->name)
        cr_assert_fail("no pass %s", name);
    struct graph *next = p->run(*g, &c);
    struct err e = graph_verify_unplaced(next);
    if (e.code)
        cr_assert_fail("after %s: %s", name, err_text(e));
    graph_free(*g);
    *g = next;
}

/* Where two texts begin to differ: the line, and what each has there. */
static void expect_text(const char *what, const char *is, const char *should)
{
    int line = 1;
    if (!strcmp(is, should))
        return;
    while (*is && *should) {
        size_t a = strcspn(is, "\n"), b = strcspn(should, "\n");
        if (a != b || memcmp(is, should, a))
            break;
        is += a + (is[a] == '\n');
        should += b + (should[b] == '\n');
        line++;
    }
    cr_assert_fail("%s: line %d is\n  %.*s\nnot\n  %.*s", what, line, (int)strcspn(is, "\n"), is,
                   (int)strcspn(should, "\n"), should);
}

void expect_graph(const struct graph *g, const char *file)
{
    const char *source = getenv("SDBENCH_SOURCE");
    char path[1024], should[16384] = "";
    snprintf(path, sizeof path, "%s/tests/pass/graphs/%s", source ? source : ".", file);
    FILE *f = fopen(path, "r");
    if (!f)
        cr_assert_fail("%s cannot be read", path);
    size_t n = fread(should, 1, sizeof should - 1, f);
    fclose(f);
    should[n] = 0;
    struct text is = {0};
    graph_print(g, &is);
    expect_text(file, text_get(&is), should);
    text_free(&is);
}

void expect_idempotent(const char *name, bool residual_float32, struct graph *g)
{
    struct text once = {0}, twice = {0};
    small_pass(name, residual_float32, &g);
    graph_print(g, &once);
    small_pass(name, residual_float32, &g);
    graph_print(g, &twice);
    expect_text(g->name, text_get(&twice), text_get(&once));
    text_free(&once);
    text_free(&twice);
    graph_free(g);
}

float *small_run(const char *what, struct graph *g, size_t *n)
{
    struct graph_run how = {.backend = "reference", .steps = !strcmp(g->name, "step") ? 3 : 1};
    float *out;
    struct err e = graph_run(g, &how, &out, n);
    if (e.code)
        cr_assert_fail("%s: %s", what, err_text(e));
    return out;
}

/* Tokens y of 4 channels attend to `to`, with 2 heads. */
static value_id attend(struct graph *g, value_id y, value_id to)
{
    value_id q = graph_linear(g, "to_q", y, 4, false);
    value_id k = graph_linear(g, "to_k", to, 4, false);
    value_id v = graph_linear(g, "to_v", to, 4, false);
    q = graph_scale(g, "scale", q, 0.5);
    q = graph_split_heads(g, "q_heads", q, 2);
    k = graph_split_heads(g, "k_heads", k, 2);
    v = graph_split_heads(g, "v_heads", v, 2);
    y = graph_matmul(g, "scores", q, k, true);
    y = graph_softmax(g, "softmax", y, false);
    y = graph_matmul(g, "mix", y, v, false);
    y = graph_unary(g, OP_merge_heads, "merge", y);
    return graph_linear(g, "to_out", y, 4, true);
}

struct graph *small_attention(void)
{
    struct graph *g = graph_new("attention");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 4, 2, 3));
    graph_push(g, "net");
    value_id y = graph_group_norm(g, "norm", x, 2, 1e-6);
    y = graph_conv(g, "proj_in", y, 4, 1, 1, 0);
    y = graph_unary(g, OP_tokens, "tokens", y);
    y = attend(g, y, y);
    y = graph_image(g, "image", y, 2, 3);
    y = graph_binary(g, OP_add, "add", x, y);
    graph_pop(g);
    graph_output(g, "y", y);
    return g;
}

struct graph *small_resnet(void)
{
    struct graph *g = graph_new("resnet");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 4, 3, 5));
    value_id time = graph_input(g, "time", DTYPE_f32, RATE_STEP, SHAPE(1, 8));
    graph_push(g, "net");
    value_id y = graph_group_norm(g, "norm1", x, 2, 1e-5);
    y = graph_unary(g, OP_silu, "silu1", y);
    y = graph_conv(g, "conv1", y, 6, 3, 1, 1);
    value_id t = graph_linear(g, "time_proj", time, 6, true);
    t = graph_unary(g, OP_channels, "time_channels", t);
    y = graph_binary(g, OP_add, "add_time", y, t);
    y = graph_group_norm(g, "norm2", y, 3, 1e-5);
    y = graph_unary(g, OP_silu, "silu2", y);
    y = graph_conv(g, "conv2", y, 6, 3, 1, 1);
    value_id shortcut = graph_conv(g, "shortcut", x, 6, 1, 1, 0);
    y = graph_binary(g, OP_add, "add", shortcut, y);
    y = graph_group_norm(g, "norm_out", y, 3, 1e-5);
    y = graph_conv(g, "conv_out", y, 4, 3, 2, 1);
    graph_pop(g);
    graph_output(g, "y", y);
    return g;
}

struct graph *small_feed_forward(void)
{
    struct graph *g = graph_new("feed_forward");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 3, 4));
    graph_push(g, "net");
    value_id y = graph_layer_norm(g, "norm", x, 1e-5);
    y = graph_linear(g, "proj", y, 16, true);
    value_id value = graph_slice(g, "value", y, 0, 8);
    value_id gate = graph_slice(g, "gate", y, 8, 16);
    gate = graph_unary(g, OP_gelu_tanh, "gelu", gate);
    y = graph_binary(g, OP_mul, "mul", value, gate);
    y = graph_linear(g, "out", y, 4, true);
    y = graph_binary(g, OP_add, "add", x, y);
    graph_pop(g);
    graph_output(g, "y", y);
    return g;
}

struct graph *small_disorder(void)
{
    struct graph *g = graph_new("disorder");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 2, 3, 3));
    value_id y = graph_input(g, "y", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 4));
    value_id heads = graph_split_heads(g, "heads", y, 2);
    value_id scores = graph_matmul(g, "scores", heads, heads, true);
    value_id share = graph_softmax(g, "share", scores, false);
    value_id sum = graph_binary(g, OP_add, "sum", share, x);
    graph_output(g, "merged", graph_unary(g, OP_merge_heads, "merge", sum));
    graph_output(g, "tokens", graph_unary(g, OP_tokens, "tokens", sum));
    return g;
}

struct graph *small_step(void)
{
    struct graph *g = graph_new("step");
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    value_id latent = graph_state(g, "latent", DTYPE_f32, SHAPE(1, 4, 3, 2)), next;
    value_id times = graph_input(g, "times", DTYPE_f32, RATE_RUN, SHAPE(3, 4));
    value_id table = graph_input(g, "coefficients", DTYPE_f32, RATE_RUN, SHAPE(3, 2));
    value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN, SHAPE(2, 5, 4));
    graph_push(g, "net");
    value_id x = graph_repeat(g, "repeat", latent, 2);
    value_id t = graph_step_row(g, "time", times, counter);
    t = graph_unary(g, OP_silu, "time_silu", graph_linear(g, "time_fc", t, 4, true));
    value_id skip = graph_conv(g, "conv_in", x, 4, 3, 1, 1);
    value_id y = graph_conv(g, "conv", skip, 4, 3, 1, 1);
    t = graph_unary(g, OP_channels, "time_channels", graph_linear(g, "time_proj", t, 4, true));
    y = graph_binary(g, OP_add, "add_time", y, t);
    y = graph_unary(g, OP_tokens, "tokens", y);
    value_id normal = graph_layer_norm(g, "norm", y, 1e-5);
    y = graph_binary(g, OP_add, "add", y, attend(g, normal, context));
    y = graph_image(g, "image", y, 3, 2);
    y = graph_binary(g, OP_concat, "concat", y, skip);
    value_id shortcut = graph_conv(g, "shortcut", y, 4, 1, 1, 0);
    y = graph_unary(g, OP_silu, "silu", graph_group_norm(g, "norm_out", y, 2, 1e-5));
    y = graph_conv(g, "conv_out", y, 4, 3, 1, 1);
    y = graph_binary(g, OP_add, "add", shortcut, y);
    y = graph_guidance(g, "guidance", y, 3);
    value_id row = graph_step_row(g, "coefficients_row", table, counter);
    graph_sampler_update(g, "update", row, y, 1, &latent, &next);
    graph_state_next(g, counter, graph_unary(g, OP_advance, "advance", counter));
    graph_pop(g);
    graph_output(g, "latent", next);
    return g;
}

struct graph *small_upsample(void)
{
    struct graph *g = graph_new("upsample");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 3, 3, 2));
    graph_push(g, "net");
    x = graph_upsample(g, "nearest", x, 6, 4);
    x = graph_conv(g, "conv", x, 5, 3, 1, 1);
    graph_pop(g);
    graph_output(g, "y", x);
    return g;
}
