/* Shape rules: every operation's result, and what each rule refuses. */
#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/rules.h"

/* A node of one operation over inputs of given shapes; "none" is an input that is absent. Its result, or the error. */
struct row {
    enum op op;
    struct params p;
    const char *in[MAX_INPUTS], *expected; /* "2x3x4"; an error starts with '!' and is a part of the text */
};

static struct shape shape_from(const char *text)
{
    struct shape s = {0};
    for (int used = 0; sscanf(text, "%ld%n", &s.dim[s.rank], &used) == 1;) {
        s.rank++;
        text += used + (text[used] == 'x');
        if (!*text)
            break;
    }
    return s;
}

static void check(const struct row *r, size_t index)
{
    struct graph *g = graph_new("shapes");
    struct node n = {.op = r->op, .params = r->p};
    struct shape out[MAX_OUTPUTS];
    char got[SHAPE_TEXT];
    for (; n.n_inputs < MAX_INPUTS && r->in[n.n_inputs]; n.n_inputs++) {
        bool none = !strcmp(r->in[n.n_inputs], "none");
        n.input[n.n_inputs] =
            none ? NO_VALUE : graph_input(g, "x", DTYPE_f32, RATE_LOOP, shape_from(r->in[n.n_inputs]));
    }
    struct err e = shape_infer(g, &n, out);
    if (*r->expected == '!')
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), r->expected + 1), "row %zu (%s): \"%s\", not \"%s\"",
                  index, ops[r->op].name, e.code ? err_text(e) : shape_text(out[0], got), r->expected);
    else
        cr_expect(!e.code && !strcmp(shape_text(out[0], got), r->expected), "row %zu (%s): %s, not %s", index,
                  ops[r->op].name, e.code ? err_text(e) : got, r->expected);
    err_free(&e);
    graph_free(g);
}

#define PADS       \
    {              \
        1, 1, 1, 1 \
    }
// clang-format off
static const struct row rows[] = {
    {OP_conv, {.stride = 1, .pad = PADS}, {"8x4x3x3", "8", "2x4x9x11"}, "2x8x9x11"},
    {OP_conv, {.stride = 1}, {"8x4x3x3", "none", "2x4x9x11"}, "2x8x7x9"},
    {OP_conv, {.stride = 2, .pad = PADS}, {"8x4x3x3", "8", "2x4x9x11"}, "2x8x5x6"},
    {OP_conv, {.stride = 2, .pad = PADS}, {"8x4x3x3", "8", "2x4x8x8"}, "2x8x4x4"},
    {OP_conv, {.stride = 2, .pad = {0, 0, 1, 1}}, {"8x4x3x3", "8", "2x4x8x8"}, "2x8x4x4"},
    {OP_conv, {.stride = 1, .pad = {1, 0, 0, 1}}, {"8x4x2x2", "8", "2x4x9x11"}, "2x8x9x11"},
    {OP_conv, {.stride = 1}, {"8x7x1x1", "8", "2x4x9x11", "2x2x9x11", "2x1x9x11"}, "2x8x9x11"},
    {OP_conv, {.stride = 1}, {"8x7x1x1", "8", "2x4x9x11"}, "!weight takes 7 channels, sources have 4"},
    {OP_conv, {.stride = 1}, {"8x7x1x1", "8", "2x4x9x11", "2x3x9x10"}, "!sources differ"},
    {OP_conv, {.stride = 1}, {"8x7x1x1", "8", "2x4x9x11", "1x3x9x11"}, "!sources differ"},
    {OP_conv, {.stride = 1}, {"8x4x3x3", "4", "2x4x9x11"}, "!bias must have 8"},
    {OP_conv, {.stride = 1}, {"8x4x3x3", "8x1", "2x4x9x11"}, "!bias must have 8"},
    {OP_conv, {.stride = 0}, {"8x4x3x3", "8", "2x4x9x11"}, "!stride"},
    {OP_conv, {.stride = 1}, {"8x4x3x3", "8", "2x4x2x11"}, "!smaller than the kernel"},
    {OP_conv, {.stride = 1}, {"8x4x3x3", "8", "2x4x9"}, "!images"},
    {OP_conv, {.stride = 1, .pad = PADS}, {"8x4x3x3", "1x8", "2x4x9x11"}, "2x8x9x11"},
    {OP_conv, {.stride = 1, .pad = PADS, .residual = true}, {"8x4x3x3", "8", "2x4x9x11", "2x8x9x11"}, "2x8x9x11"},
    {OP_conv, {.stride = 1, .pad = PADS, .residual = true}, {"8x4x3x3", "8", "2x4x9x11", "2x4x9x11"}, "!residual and result"},
    {OP_subpixel_conv, {0}, {"32x4x2x2", "8", "2x4x5x6"}, "2x8x10x12"},
    {OP_subpixel_conv, {0}, {"30x4x2x2", "8", "2x4x5x6"}, "!four 2x2 kernels"},
    {OP_subpixel_conv, {0}, {"32x4x2x2", "32", "2x4x5x6"}, "!bias must have 8"},
    {OP_subpixel_conv, {0}, {"32x4x2x2", "8", "2x5x5x6"}, "!weight takes 4 channels"},
    {OP_linear, {.residual = true}, {"8x4", "8", "2x77x4", "2x77x8"}, "2x77x8"},
    {OP_linear, {.residual = true}, {"8x4", "8", "2x77x4", "77x8"}, "!residual and result"},
    {OP_geglu, {.activation = OP_gelu_erf}, {"8x4", "8", "2x77x4"}, "2x77x4"},
    {OP_geglu, {.activation = OP_gelu_erf}, {"7x4", "7", "2x77x4"}, "!even width"},
    {OP_geglu, {0}, {"8x4", "8", "2x77x4"}, "!an activation"},
    {OP_attention, {0}, {"2x4x81x16", "2x4x77x16", "2x4x77x16"}, "2x4x81x16"},
    {OP_attention, {.causal = true}, {"2x4x77x16", "2x4x77x16", "2x4x77x16"}, "2x4x77x16"},
    {OP_attention, {.causal = true}, {"2x4x81x16", "2x4x77x16", "2x4x77x16"}, "!causal needs as many keys"},
    {OP_attention, {0}, {"2x4x81x16", "2x4x77x16", "2x4x76x16"}, "!keys and values"},
    {OP_attention, {0}, {"2x4x81x16", "2x4x77x8", "2x4x77x8"}, "!keys and values"},
    {OP_attention, {0}, {"2x4x81x16", "1x4x77x16", "1x4x77x16"}, "!keys and values"},
    {OP_stack, {0}, {"8x4", "3x4"}, "11x4"},
    {OP_stack, {0}, {"8", "3"}, "11"},
    {OP_stack, {0}, {"8x4", "3x5"}, "!more than their first"},
    {OP_stack, {0}, {"8x4", "3"}, "!differ in rank"},
    {OP_tap_sums, {0}, {"8x4x3x3"}, "32x4x2x2"},
    {OP_tap_sums, {0}, {"8x4x1x1"}, "!3x3 kernel"},
    {OP_linear, {0}, {"8x4", "8", "2x77x4"}, "2x77x8"},
    {OP_linear, {0}, {"8x4", "none", "1x4"}, "1x8"},
    {OP_linear, {0}, {"8x4", "8", "2x77x5"}, "!does not fit"},
    {OP_linear, {0}, {"8x4x1", "8", "2x77x4"}, "!does not fit"},
    {OP_linear, {0}, {"8x4", "4", "2x77x4"}, "!bias must have 8"},
    {OP_linear, {0}, {"8x4", "8", "4"}, "!does not fit"},
    {OP_matmul, {0}, {"2x4x81x77", "2x4x77x16"}, "2x4x81x16"},
    {OP_matmul, {.transpose = true}, {"2x4x81x16", "2x4x77x16"}, "2x4x81x77"},
    {OP_matmul, {0}, {"2x4x81x16", "2x4x77x16"}, "!do not fit"},
    {OP_matmul, {.transpose = true}, {"2x4x81x16", "1x4x77x16"}, "!do not fit"},
    {OP_matmul, {.transpose = true}, {"2x4x81x16", "2x3x77x16"}, "!do not fit"},
    {OP_matmul, {0}, {"81x77", "77x16"}, "!do not fit"},
    {OP_group_norm, {.groups = 3}, {"12", "12", "2x12x5x7"}, "2x12x5x7"},
    {OP_group_norm, {.groups = 3}, {"12", "12", "2x7x5x7", "2x5x5x7"}, "2x12x5x7"},
    {OP_group_norm, {.groups = 5}, {"12", "12", "2x12x5x7"}, "!12 channels are not 5 equal groups"},
    {OP_group_norm, {.groups = 0}, {"12", "12", "2x12x5x7"}, "!equal groups"},
    {OP_group_norm, {.groups = 3}, {"11", "12", "2x12x5x7"}, "!weight must have 12"},
    {OP_group_norm, {.groups = 3}, {"12", "11", "2x12x5x7"}, "!bias must have 12"},
    {OP_layer_norm, {0}, {"64", "64", "2x77x64"}, "2x77x64"},
    {OP_layer_norm, {0}, {"77", "64", "2x77x64"}, "!weight must have 64"},
    {OP_layer_norm, {0}, {"64", "77", "2x77x64"}, "!bias must have 64"},
    {OP_softmax, {0}, {"2x4x81x77"}, "2x4x81x77"},
    {OP_softmax, {.causal = true}, {"2x4x77x77"}, "2x4x77x77"},
    {OP_softmax, {.causal = true}, {"2x4x81x77"}, "!causal needs as many keys as queries"},
    {OP_silu, {0}, {"2x32x9x11"}, "2x32x9x11"},
    {OP_gelu_erf, {0}, {"2x77x32"}, "2x77x32"},
    {OP_gelu_tanh, {0}, {"2x77x32"}, "2x77x32"},
    {OP_gelu_quick, {0}, {"2x77x32"}, "2x77x32"},
    {OP_add, {0}, {"2x32x9x11", "2x32x9x11"}, "2x32x9x11"},
    {OP_add, {0}, {"2x32x9x11", "1x32x1x1"}, "2x32x9x11"},
    {OP_add, {0}, {"2x77x64", "77x64"}, "2x77x64"},
    {OP_add, {0}, {"2x77x64", "76x64"}, "!do not broadcast"},
    {OP_add, {0}, {"1x32x9x11", "2x32x9x11"}, "!do not broadcast"},
    {OP_add, {0}, {"77x64", "2x77x64"}, "!more dimensions"},
    {OP_mul, {0}, {"2x77x64", "2x77x64"}, "2x77x64"},
    {OP_mul, {0}, {"2x77x64", "2x77x32"}, "!do not broadcast"},
    {OP_scale, {.factor = 2}, {"2x4x77x77"}, "2x4x77x77"},
    {OP_cast, {0}, {"2x4"}, "2x4"},
    {OP_reorder, {0}, {"2x4x9x11"}, "2x4x9x11"},
    {OP_concat, {0}, {"2x4x9x11", "2x3x9x11"}, "2x7x9x11"},
    {OP_concat, {0}, {"2x4x9x11", "2x3x9x12"}, "!sources differ"},
    {OP_concat, {0}, {"2x4x9", "2x3x9"}, "!images"},
    {OP_repeat, {.times = 3}, {"2x4x9x11"}, "6x4x9x11"},
    {OP_repeat, {.times = 0}, {"2x4x9x11"}, "!positive count"},
    {OP_upsample, {.height = 9, .width = 11}, {"2x4x5x6"}, "2x4x9x11"},
    {OP_upsample, {.height = 4, .width = 11}, {"2x4x5x6"}, "!only grows"},
    {OP_embedding, {0}, {"300x64", "2x77"}, "2x77x64"},
    {OP_embedding, {0}, {"300x64", "77"}, "!needs a table"},
    {OP_step_row, {0}, {"50x320", "1"}, "1x320"},
    {OP_step_row, {0}, {"50x320", "2"}, "!one counter"},
    {OP_guidance, {.factor = 7.5}, {"6x4x9x11"}, "3x4x9x11"},
    {OP_guidance, {.factor = 7.5}, {"3x4x9x11"}, "!even batch"},
    {OP_sampler_update, {0}, {"1x2", "1x4x9x11", "1x4x9x11"}, "1x4x9x11"},
    {OP_sampler_update, {0}, {"1x6", "1x4x9x11", "1x4x9x11", "1x4x9x11"}, "1x4x9x11"},
    {OP_sampler_update, {0}, {"1x5", "1x4x9x11", "1x4x9x11", "1x4x9x11"}, "!coefficients must be 6"},
    {OP_sampler_update, {0}, {"1x2", "1x4x9x11", "1x4x9x10"}, "!differ in shape"},
    {OP_sampler_update, {0}, {"1x2", "1x4x9x11"}, "!needs a latent"},
    {OP_advance, {0}, {"1"}, "1"},
    {OP_pixels, {0}, {"2x3x9x11"}, "2x9x11x3"},
    {OP_pixels, {0}, {"2x4x9x11"}, "!needs (N,3,H,W)"},
    {OP_slice, {.begin = 32, .end = 64}, {"2x77x64"}, "2x77x32"},
    {OP_slice, {.begin = 32, .end = 65}, {"2x77x64"}, "!out of range"},
    {OP_slice, {.begin = 5, .end = 5}, {"2x77x64"}, "!out of range"},
    {OP_slice, {.begin = -1, .end = 5}, {"2x77x64"}, "!out of range"},
    {OP_tokens, {0}, {"2x4x9x11"}, "2x99x4"},
    {OP_tokens, {0}, {"2x99x4"}, "!needs (N,C,H,W)"},
    {OP_image, {.height = 9, .width = 11}, {"2x99x4"}, "2x4x9x11"},
    {OP_image, {.height = 9, .width = 10}, {"2x99x4"}, "!height*width"},
    {OP_split_heads, {.heads = 4}, {"2x77x64"}, "2x4x77x16"},
    {OP_split_heads, {.heads = 5}, {"2x77x64"}, "!heads*D"},
    {OP_split_heads, {.heads = 0}, {"2x77x64"}, "!heads*D"},
    {OP_merge_heads, {0}, {"2x4x77x16"}, "2x77x64"},
    {OP_merge_heads, {0}, {"2x77x64"}, "!needs (N,h,T,D)"},
    {OP_channels, {0}, {"1x320"}, "1x320x1x1"},
    {OP_channels, {0}, {"1x320x1"}, "!needs (N,C)"},
};
// clang-format on

Test(graph_shapes, follow_the_rules)
{
    bool seen[OP_COUNT] = {false};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check(&rows[i], i);
        seen[rows[i].op] = true;
    }
    for (int op = 0; op < OP_COUNT; op++)
        cr_expect(seen[op], "no row for %s", ops[op].name);
}

/* A sampler update has as many results as states. */
Test(graph_shapes, results_of_a_sampler_update)
{
    for (int states = 1; states <= MAX_OUTPUTS; states++) {
        struct graph *g = graph_new("sampler");
        value_id state[MAX_OUTPUTS], next[MAX_OUTPUTS];
        value_id k = graph_input(g, "k", DTYPE_f32, RATE_LOOP, SHAPE(1, states * (states + 1)));
        value_id eps = graph_input(g, "eps", DTYPE_f32, RATE_LOOP, SHAPE(1, 4, 3, 3));
        for (int i = 0; i < states; i++)
            state[i] = graph_state(g, "s", DTYPE_f32, SHAPE(1, 4, 3, 3));
        graph_sampler_update(g, "update", k, eps, states, state, next);
        cr_expect(!g->error.code && g->node[0].n_outputs == states, "%d states: %s", states, err_text(g->error));
        for (int i = 0; i < states; i++)
            cr_expect(g->value[state[i]].next == next[i] && g->value[next[i]].producer == 0);
        graph_free(g);
    }
}

/* The builder keeps its first error, with the path, and builds on. */
Test(graph_shapes, builder_names_the_first_mistake)
{
    struct graph *g = graph_new("broken");
    graph_push(g, "unet");
    graph_push(g, "block.%d", 3);
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(2, 12, 4, 4));
    x = graph_group_norm(g, "norm", x, 5, 1e-5);
    graph_pop(g);
    graph_unary(g, OP_channels, "second", x);
    cr_expect(!strcmp(err_text(g->error), "unet/block.3/norm (group_norm): 12 channels are not 5 equal groups"), "%s",
              err_text(g->error));
    graph_free(g);
}

/* Scopes, the checkpoint's names, and the rates that follow from inputs. */
Test(graph_shapes, builder_names_and_rates)
{
    struct graph *g = graph_new("names");
    graph_push(g, "unet");
    graph_push(g, "down_blocks.%d", 0);
    graph_push(g, "resnets.%d", 1);
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_LOOP, SHAPE(1, 4, 8, 8));
    value_id y = graph_conv(g, "conv1", x, 8, 3, 1, 1);
    cr_expect(!strcmp(g->value[y].name, "unet/down_blocks.0/resnets.1/conv1"), "%s", g->value[y].name);
    cr_expect(graph_find(g, "unet/down_blocks.0.resnets.1.conv1.weight") != NO_VALUE);
    cr_expect(graph_find(g, "unet/down_blocks.0.resnets.1.conv1.bias") != NO_VALUE);
    cr_expect(g->value[y].rate == RATE_LOOP && g->node[0].rate == RATE_LOOP);
    graph_pop(g);
    value_id other = graph_unary(g, OP_silu, "act", y);
    cr_expect(!strcmp(g->value[other].name, "unet/down_blocks.0/act"), "%s", g->value[other].name);
    cr_expect(graph_scope_output(g, "unet/down_blocks.0") == other);
    cr_expect(graph_scope_output(g, "unet/down_blocks.0/resnets.1") == y);
    cr_expect(graph_scope_output(g, "unet/down") == NO_VALUE, "a scope ends at a slash");
    graph_pop(g);
    graph_pop(g);
    cr_expect(!*g->scope);

    value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN, SHAPE(2, 77, 64));
    value_id keys = graph_linear(g, "to_k", context, 32, false);
    value_id table = graph_input(g, "table", DTYPE_f32, RATE_RUN, SHAPE(50, 32));
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    value_id row = graph_step_row(g, "row", table, counter);
    value_id cast = graph_unary(g, OP_cast, "cast", graph_find(g, "to_k.weight"));
    cr_expect(g->value[keys].rate == RATE_RUN && g->value[row].rate == RATE_STEP && g->value[cast].rate == RATE_LOAD);
    cr_expect(g->value[graph_binary(g, OP_add, "add", keys, row)].rate == RATE_STEP);
    cr_expect(g->node[g->value[keys].producer].input[IN_BIAS] == NO_VALUE);
    graph_free(g);
}
