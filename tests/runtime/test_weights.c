/* Weights on their way to a kernel: stored dtypes, casts, and what is refused. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/build.h"
#include "pipeline/graph/rewrite.h"
#include "pipeline/runtime/weights.h"

enum { COUNT = 1000 };

static int released;
static uint16_t half[COUNT];
static float single[COUNT];
static struct loader_spare spare;

static struct err find(void *context, const char *name, struct weight *out)
{
    enum dtype type = *(enum dtype *)context;
    bool kernel = !strcmp(name, "k.weight");
    if (strcmp(name, "w.weight") && !kernel)
        return err_fail("no %s", name);
    dtype_from_f32(type == DTYPE_f32 ? (void *)single : half, single, type == DTYPE_f32 ? DTYPE_f32 : type,
                   type == DTYPE_f32 ? 0 : COUNT);
    *out = (struct weight){name, type, kernel ? 9 : COUNT, type == DTYPE_f32 ? (const void *)single : half};
    return OK;
}

static void release(void *context, const struct weight *w)
{
    (void)context, (void)w;
    released++;
}

static void fill(void)
{
    for (int i = 0; i < COUNT; i++)
        single[i] = (float)(i - 500) / 7;
    released = 0;
}

TestSuite(loader, .init = fill);

Test(loader, every_stored_dtype_arrives_as_float32_or_bfloat16)
{
    static const enum dtype types[] = {DTYPE_f32, DTYPE_f16, DTYPE_bf16};
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        enum dtype type = types[t];
        struct graph *g = graph_new("w");
        value_id w = graph_weight(g, "w", SHAPE(10, 100));
        struct weight_source source = {&type, find, release, NULL};
        struct loader l = {g, &source, &spare};
        struct host_tensor h;
        released = 0;
        struct err e = loader_get(&l, w, &h);
        cr_assert(e.code == 0, "%s", err_text(e));
        cr_assert(h.dtype == (type == DTYPE_bf16 ? DTYPE_bf16 : DTYPE_f32), "%s", dtypes[type].name);
        cr_assert_eq(h.count, COUNT);
        loader_done(&l, &h);
        cr_assert_eq(released, 1);
        float out[COUNT];
        cr_assert(loader_copy_f32(&l, w, out).code == 0);
        for (int i = 0; i < COUNT; i++) {
            float expected = type == DTYPE_f32   ? single[i]
                             : type == DTYPE_f16 ? f32_from_f16(f16_from_f32(single[i]))
                                                 : f32_from_bf16(bf16_from_f32(single[i]));
            cr_assert(out[i] == expected, "%s, element %d", dtypes[type].name, i);
        }
        graph_free(g);
    }
}

Test(loader, a_cast_is_applied_while_packing)
{
    enum dtype type = DTYPE_f32;
    struct graph *g = graph_new("w");
    value_id w = graph_weight(g, "w", SHAPE(10, 100));
    value_id cast = graph_unary(g, OP_cast, "cast", w);
    g->value[cast].dtype = DTYPE_bf16;
    struct weight_source source = {&type, find, release, NULL};
    struct loader l = {g, &source, &spare};
    float out[COUNT];
    cr_assert(loader_copy_f32(&l, cast, out).code == 0);
    for (int i = 0; i < COUNT; i++)
        cr_assert(out[i] == f32_from_bf16(bf16_from_f32(single[i])), "element %d", i);
    graph_free(g);
}

static value_id of_weights(struct graph *g, enum op op, int n_inputs, const value_id *input)
{
    static const char *path[] = {"made"};
    struct node n = {.op = op, .n_inputs = n_inputs, .n_paths = 1, .path = path};
    memcpy(n.input, input, (size_t)n_inputs * sizeof *input);
    node_id id = graph_add_node(g, &n, DTYPE_f32);
    return g->node[id].output[0];
}

/* Rounded like each weight, in order. */
Test(loader, weights_are_stacked)
{
    enum dtype type = DTYPE_f16;
    struct graph *g = graph_new("w");
    value_id w = graph_weight(g, "w", SHAPE(10, 100)), cast = graph_unary(g, OP_cast, "cast", w);
    g->value[cast].dtype = DTYPE_bf16;
    value_id both = of_weights(g, OP_stack, 2, (value_id[]){w, w});
    struct weight_source source = {&type, find, release, NULL};
    struct loader l = {g, &source, &spare};
    float out[2 * COUNT];
    cr_assert(loader_copy_f32(&l, both, out).code == 0);
    for (int i = 0; i < 2 * COUNT; i++)
        cr_assert(out[i] == f32_from_f16(f16_from_f32(single[i % COUNT])), "element %d", i);
    cr_assert_eq(released, 2);
    graph_free(g);
}

/* A 3x3 kernel of digits a..i: even rows see a b c above and the sum of the others below, and so on. */
Test(loader, taps_are_summed)
{
    static const float kernel[9] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    static const float expected[4][4] = {{1, 2 + 4, 8 + 64, 16 + 32 + 128 + 256},
                                         {1 + 2, 4, 8 + 16 + 64 + 128, 32 + 256},
                                         {1 + 8, 2 + 4 + 16 + 32, 64, 128 + 256},
                                         {1 + 2 + 8 + 16, 4 + 32, 64 + 128, 256}};
    enum dtype type = DTYPE_f32;
    struct graph *g = graph_new("w");
    value_id w = graph_weight(g, "k", SHAPE(1, 1, 3, 3));
    value_id sums = of_weights(g, OP_tap_sums, 1, &w);
    struct weight_source source = {&type, find, release, NULL};
    struct loader l = {g, &source, &spare};
    float out[16];
    memcpy(single, kernel, sizeof kernel);
    struct err e = loader_copy_f32(&l, sums, out);
    cr_assert(e.code == 0, "%s", err_text(e));
    for (int i = 0; i < 16; i++)
        cr_expect(out[i] == expected[i / 4][i % 4], "phase %d, tap %d: %g, not %g", i / 4, i % 4, (double)out[i],
                  (double)expected[i / 4][i % 4]);
    graph_free(g);
}

Test(loader, what_cannot_be_loaded_is_named)
{
    enum dtype type = DTYPE_f32;
    struct graph *g = graph_new("w");
    value_id w = graph_weight(g, "w", SHAPE(10, 100)), other = graph_weight(g, "v", SHAPE(3));
    value_id small = graph_weight(g, "w", SHAPE(10));
    value_id scaled = graph_scale(g, "twice", w, 2);
    struct weight_source source = {&type, find, release, NULL};
    struct loader l = {g, &source, &spare};
    const struct {
        value_id v;
        const char *word;
    } cases[] = {{other, "no v.weight"}, {small, "1000 values, the model takes 10"}, {scaled, "twice: scale"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct host_tensor h;
        struct err e = loader_get(&l, cases[i].v, &h);
        cr_assert(e.code && strstr(e.text, cases[i].word), "case %zu: %s", i, err_text(e));
        loader_done(&l, &h);
        err_free(&e);
    }
    graph_free(g);
}
