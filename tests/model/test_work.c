/* How much the model computes, against counts that were made without this program: GFLOP are those of products (two a
 * multiply-add, padding taps and masked halves counted). */
#include <math.h>

#include <criterion/criterion.h>

#include "pipeline/graph/rules.h"
#include "tests/support/model_graphs.h"

Test(model, flop)
{
    static const struct {
        const char *model, *graph;
        int64_t h, w;
        double gflop, digits;
    } rows[] = {
        // clang-format off
        {"sd14", "diffusion_model", 64, 64,   803.273,  5e-4},
        {"sd14", "diffusion_model", 32, 32,   180.106,  5e-4},
        {"sd14", "diffusion_model", 64, 96,   1295,     0.5},
        {"sd14", "diffusion_model", 96, 96,   2148,     0.5},
        {"sd14", "diffusion_model", 128, 128, 4674,     0.5},
        {"sd14", "decoder",         64, 64,   2514.519, 5e-4},
        {"sd14", "decoder",         32, 32,   622,      0.5},
        {"sd14", "decoder",         96, 96,   5750,     5},
        {"sd14", "decoder",         128, 128, 10470,    5},
        {"sd14", "text_encoder",    1, 1,     13.299,   5e-4},
        {"tiny", "diffusion_model", 16, 16,   0.441,    5e-4},
        {"tiny", "decoder",         16, 16,   3.73,     5e-3},
        // clang-format on
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct graph *g = model_graph(rows[i].graph, test_config(rows[i].model), 1, rows[i].h, rows[i].w);
        double gflop = graph_cost(g).product_flop * 1e-9;
        cr_expect(fabs(gflop - rows[i].gflop) <= rows[i].digits, "%s %s %dx%d: %.4f GFLOP, not %.3f", rows[i].model,
                  rows[i].graph, (int)rows[i].w, (int)rows[i].h, gflop, rows[i].gflop);
        graph_free(g);
    }
}

/* The same by kind of operation. */
Test(model, flop_by_kind)
{
    struct graph *g = model_graph("diffusion_model", test_config("sd14"), 1, 64, 64);
    double conv1 = 0, conv3 = 0, shrink = 0, matmul = 0, linear = 0;
    for (node_id id = 0; id < g->n_nodes; id++) {
        const struct node *n = &g->node[id];
        double flop = node_cost(g, n).product_flop * 1e-9;
        bool conv = n->op == OP_conv, wide = conv && node_value(g, n, IN_WEIGHT)->shape.dim[2] == 3;
        *(wide && n->params.stride == 2 ? &shrink
          : wide                        ? &conv3
          : conv                        ? &conv1
          : n->op == OP_matmul          ? &matmul
                                        : &linear) += flop;
    }
    const struct {
        const char *name;
        double is, should;
    } rows[] = {{"3x3 convolutions", conv3, 394.663},
                {"3x3 convolutions of stride 2", shrink, 5.662},
                {"1x1 convolutions", conv1, 43.621},
                {"attention", matmul, 122.495 + 3.558},
                {"linears", linear, 102.341 + 51.171 + 51.171 + 25.585 + 2.952 + 0.056}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        cr_expect(fabs(rows[i].is - rows[i].should) < 2e-3, "%s: %.3f GFLOP, not %.3f", rows[i].name, rows[i].is,
                  rows[i].should);
    graph_free(g);
}

Test(model, operations)
{
    static const struct {
        const char *graph;
        enum op op;
        int count;
    } rows[] = {
        // clang-format off
        {"diffusion_model", OP_conv,        98},  /* the 4-D tensors of the checkpoint */
        {"diffusion_model", OP_linear,      184}, /* the 2-D ones */
        {"diffusion_model", OP_matmul,      64},  /* two in each attention of 16 transformers */
        {"diffusion_model", OP_softmax,     32},
        {"diffusion_model", OP_group_norm,  61},  /* two in each of 22 ResBlocks, one a transformer, one at the end */
        {"diffusion_model", OP_layer_norm,  48},
        {"diffusion_model", OP_concat,      12},
        {"diffusion_model", OP_upsample,    3},
        {"diffusion_model", OP_gelu_tanh,   16},  /* the preset kerascv */
        {"diffusion_model", OP_gelu_erf,    0},
        {"text_encoder",    OP_layer_norm,  25},
        {"text_encoder",    OP_gelu_quick,  12},
        {"text_encoder",    OP_embedding,   1},
        {"decoder",         OP_conv,        36},
        {"decoder",         OP_group_norm,  30},
        {"decoder",         OP_linear,      4},
        {"decoder",         OP_softmax,     1},
        {"decoder",         OP_pixels,      1},
        {"denoise_step",    OP_conv,        98},
        {"denoise_step",    OP_repeat,      1},
        {"denoise_step",    OP_guidance,    1},
        {"denoise_step",    OP_step_row,    2},   /* timestep embedding, coefficients */
        {"denoise_step",    OP_advance,     1},
        {"denoise_step",    OP_sampler_update, 1},
        // clang-format on
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct graph *g = model_graph(rows[i].graph, test_config("sd14"), 1, 8, 8);
        cr_expect(count_nodes(g, rows[i].op) == rows[i].count, "%s has %d nodes %s, not %d", rows[i].graph,
                  count_nodes(g, rows[i].op), ops[rows[i].op].name, rows[i].count);
        graph_free(g);
    }
}

/* Attention has no node at the lowest resolution but in the middle; all others have it. */
Test(model, transformers_by_level)
{
    static const struct {
        int64_t tokens;
        int count;
    } rows[] = {{64 * 64, 5}, {32 * 32, 5}, {16 * 16, 5}, {8 * 8, 1}};
    struct graph *g = model_graph("diffusion_model", test_config("sd14"), 1, 64, 64);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int count = 0;
        for (node_id n = 0; n < g->n_nodes; n++)
            count += g->node[n].op == OP_softmax && node_result(g, &g->node[n], 0)->shape.dim[2] == rows[i].tokens;
        cr_expect(count == 2 * rows[i].count, "%d attentions over %d tokens, not %d", count, (int)rows[i].tokens,
                  2 * rows[i].count);
    }
    graph_free(g);
}
