/* Classes, blocks and short paths, of made-up paths and of every launch of the model. */
#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/engine.h"
#include "profiler/layers/classes.h"
#include "profiler/layers/paths.h"
#include "tests/profiler/made_trace.h"
#include "tests/support/model_graphs.h"

TestSuite(layers);

Test(layers, operations_have_their_class)
{
    static const struct {
        enum op op;
        const char *name, *title;
    } some[] = {
        {OP_conv, "convolution", "convolution"},
        {OP_subpixel_conv, "convolution", "convolution"},
        {OP_linear, "gemm", "GEMM"},
        {OP_geglu, "gemm", "GEMM"},
        {OP_attention, "attention", "attention"},
        {OP_matmul, "attention", "attention"},
        {OP_softmax, "attention", "attention"},
        {OP_group_norm, "norm", "norm"},
        {OP_silu, "elementwise", "elementwise"},
        {OP_upsample, "resize", "resize"},
        {OP_cast, "layout", "copy/layout"},
        {OP_channels, "layout", "copy/layout"}, /* the last of the table */
        {OP_sampler_update, "sampler", "sampler"},
    };
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        const struct layer_class_row *row = &layer_classes[layer_class_of_op(some[i].op)];
        cr_expect_str_eq(row->name, some[i].name, "%s: %s", ops[some[i].op].name, row->name);
        cr_expect_str_eq(row->title, some[i].title, "%s: %s", ops[some[i].op].name, row->title);
    }
}

Test(layers, work_has_the_class_of_its_launch)
{
    struct trace *t = made_trace();
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_kernel, MADE_CONV1), CLASS_convolution);
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_kernel, MADE_NORM), CLASS_norm);
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_kernel, -1), CLASS_unattributed);
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_copy, -1), CLASS_transfer);
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_set, MADE_CONV1), CLASS_transfer);
    cr_expect_eq(layer_class_of_work(t, ACTIVITY_other, MADE_CONV1), CLASS_unclassified);
    trace_free(t);
}

Test(layers, paths_have_a_block_and_a_short_form)
{
    static const struct {
        const char *path, *block, *brief;
    } some[] = {
        {"unet/up_blocks.1/attentions.0/transformer_blocks.0/attn1/to_q", "up.1 attention",
         "up.1/attn.0/tb.0/attn1/to_q"},
        {"unet/down_blocks.3/resnets.1/add_time_emb/step_row", "down.3 resnet", "down.3/res.1/add_time_emb/step_row"},
        {"unet/down_blocks.0/downsamplers.0/conv", "down.0 resample", "down.0/downsample.0/conv"},
        {"unet/mid_block/attentions.0/proj_in", "mid attention", "mid/attn.0/proj_in"},
        {"unet/up_blocks.2/concat/cast", "up.2 concat", "up.2/concat/cast"},
        {"unet/up_blocks.12/upsamplers.0/nearest", "up.12 resample", "up.12/upsample.0/nearest"},
        {"unet/conv_in", "conv in", "conv_in"},
        {"unet/conv_in/repeat", "conv in", "conv_in/repeat"},
        {"unet/time_embedding/linear_1", "time embedding", "time_embedding/linear_1"},
        {"unet/time_embedding_silu", "time embedding", "time_embedding_silu"},
        {"vae/decoder/up_blocks.3/resnets.2/conv1", "decoder up.3 resnet", "vae/up.3/res.2/conv1"},
        {"vae/decoder/mid_block/attentions.0/to_q", "decoder mid attention", "vae/mid/attn.0/to_q"},
        {"vae/pixels", "decoder out", "vae/pixels"},
        {"text_encoder/text_model/encoder/layers.11/mlp/fc1", "text layers", "text/layers.11/mlp/fc1"},
        {"sampler/update", "sampler", "sampler/update"},
        {"sampler/timestep_embedding", "time embedding", "sampler/timestep_embedding"},
        /* of no model of ours */
        {"", "other", ""},
        {"unet", "other", "unet"},
        {"conv", "other", "conv"},
        {"unet/conv_input", "other", "conv_input"},
        {"unet/down_blocks/resnets.0", "other", "down/res.0"},
        {"unet/down_blocks.x/resnets.0", "other", "down.x/res.0"},
        {"unet/down_blocks.12345678/resnets.0", "other", "down.12345678/res.0"},
        {"//a//", "other", "a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        char block[LAYER_BLOCK];
        struct text brief = {0};
        layer_add_short(some[i].path, 80, &brief);
        cr_expect_str_eq(layer_block(some[i].path, block), some[i].block, "%s: %s", some[i].path, block);
        cr_expect_str_eq(text_get(&brief), some[i].brief, "%s: %s", some[i].path, text_get(&brief));
        text_free(&brief);
    }
}

Test(layers, texts_are_cut_in_the_middle)
{
    static const struct {
        const char *text;
        int width;
        const char *fit;
    } cuts[] = {
        {"0123456789", 10, "0123456789"},
        {"0123456789", 11, "0123456789"},
        {"0123456789", 9, "012..6789"},
        {"0123456789", 8, "012..789"},
        {"0123456789", 3, "..9"},
        {"0123456789", 2, ".."},
        {"0123456789", 1, "."},
        {"0123456789", 0, ""},
        {"0123456789", -1, ""},
        {"", 0, ""},
        {"", 4, ""},
        {"äöüßéèâ", 7, "äöüßéèâ"}, /* 14 bytes */
        {"äöüßéèâ", 6, "äö..èâ"},
        {"äöüßéèâ", 5, "ä..èâ"},
        {"€€€€", 3, "..€"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
        struct text fit = {0};
        text_add(&fit, "|");
        layer_fit(cuts[i].text, cuts[i].width, &fit);
        cr_expect_str_eq(text_get(&fit) + 1, cuts[i].fit, "%s in %d: %s", cuts[i].text, cuts[i].width, text_get(&fit));
        cr_expect(text_is_utf8(text_get(&fit), fit.length));
        text_free(&fit);
    }
}

/* Of texts in any bytes nothing is read past the end, and no more than asked for is written. */
Test(layers, texts_of_any_bytes_are_cut)
{
    uint64_t state = 3;
    for (int i = 0; i < 20000; i++) {
        char bytes[24] = {0};
        const uint32_t length = made_number(&state, sizeof bytes);
        for (uint32_t k = 0; k < length; k++)
            bytes[k] = "/.a\xc3\xa4\x80\xff#"[made_number(&state, 8)];
        const int width = (int)made_number(&state, 12);
        struct text fit = {0};
        layer_add_short(bytes, width, &fit);
        int characters = 0;
        for (size_t k = 0; k < fit.length; k++)
            characters += ((unsigned char)fit.bytes[k] & 0xc0) != 0x80;
        cr_assert_leq(characters, width);
        text_free(&fit);
        layer_block(bytes, (char[LAYER_BLOCK]){0});
    }
}

static void expect_known(const struct node *n, const char *where)
{
    char block[LAYER_BLOCK];
    const enum layer_class class = layer_class_of_op(n->op);
    cr_expect_lt(class, CLASS_transfer, "%s: %s is in no class of launches", where, n->path[0]);
    for (int i = 0; i < n->n_paths; i++)
        cr_expect_str_neq(layer_block(n->path[i], block), "other", "%s: %s is in no block", where, n->path[i]);
}

Test(layers, every_launch_of_every_variant_is_known)
{
    for (const struct variant *v = variants; v->name; v++) {
        struct engine_options options = {
            .model = "tiny", .backend = "null", .variant = v->name, .force = true, .no_weights = true};
        struct engine *engine;
        struct err e = v->tf32 ? OK : engine_open(&options, NULL, &engine); /* TF32 has the graphs of others */
        cr_assert(!e.code, "%s: %s", v->name, err_text(e));
        for (int i = 0; i < MODEL_GRAPHS && !v->tf32; i++) {
            struct plan *plan;
            e = engine_plan(engine, model_graph(model_graphs[i], test_config("tiny"), 2, 16, 16), &plan);
            cr_assert(!e.code, "%s: %s", v->name, err_text(e));
            cr_expect_gt(plan_launches(plan), 0);
            for (size_t k = 0; k < plan_launches(plan); k++)
                expect_known(plan_launch_node(plan, k), v->name);
            plan_free(plan);
        }
        if (!v->tf32)
            engine_free(engine);
    }
}

static void expect_all_known(struct graph *g)
{
    for (node_id n = 0; n < g->n_nodes; n++)
        expect_known(&g->node[n], g->name);
    graph_free(g);
}

Test(layers, every_node_of_the_whole_model_is_known)
{
    const struct model_config *c = test_config("sd14");
    for (int i = 0; i < MODEL_GRAPHS; i++)
        expect_all_known(model_graph(model_graphs[i], c, 1, 64, 64));
    struct denoise_shape other_sampler = {
        .images = 1, .height = 64, .width = 64, .rows = 20, .slots = 3, .scales_input = true};
    expect_all_known(model_denoise_step(c, &presets[0].details, &other_sampler));
}
