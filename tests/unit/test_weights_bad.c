/* Checkpoints that are not what a model needs: all that is wrong must be listed. */
#include "pipeline/weights/checkpoint.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "pipeline/base/text.h"
#include "pipeline/weights/names.h"
#include "pipeline/weights/safetensors_writer.h"
#include "tests/support/checkpoint_case.h"
#include "tests/support/scratch.h"

TestSuite(weights_bad, .init = scratch_open, .fini = scratch_close);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The list as a CompVis file, changed by the caller: at most 4 tensors more. */
struct list {
    struct tensor_spec spec[CASE_TENSORS + 4];
    char name[CASE_TENSORS][NAME_TEXT];
    size_t count;
};

static struct list compvis_list(void)
{
    static struct list l;
    l.count = CASE_TENSORS;
    for (size_t i = 0; i < CASE_TENSORS; i++)
        l.spec[i] = (struct tensor_spec){name_compvis(case_spec[i].name, l.name[i]), case_spec[i].shape};
    return l;
}

Test(weights_bad, all_problems_are_listed)
{
    struct list l = compvis_list();
    l.spec[0].shape = SHAPE(8, 9, 3, 3);
    l.spec[2].shape = SHAPE(8, 8); /* equal in elements, but a v2 model's */
    l.spec[1].name = "model.diffusion_model.stray";
    l.spec[3].name = "cond_stage_model.transformer.text_model.stray";
    l.spec[l.count++] = (struct tensor_spec){"first_stage_model.stray", SHAPE(2)};
    case_write("x", l.spec, l.count, DTYPE_f16);
    case_refused("x", case_spec, CASE_TENSORS,
                 WORDS("2 missing: model.diffusion_model.input_blocks.1.0.in_layers.0.bias; "
                       "cond_stage_model.transformer.text_model.final_layer_norm.weight; 3 not of this model: ",
                       "3 not of this model: cond_stage_model.transformer.text_model.stray; first_stage_model.stray; "
                       "model.diffusion_model.stray; 2 misshaped: ",
                       "2 misshaped: model.diffusion_model.input_blocks.0.0.weight is 8x9x3x3, not 8x4x3x3; "
                       "model.diffusion_model.middle_block.1.proj_in.weight is 8x8, not 8x8x1x1"));
}

Test(weights_bad, folder_problems_are_listed_with_their_folder)
{
    case_make("x");
    static const struct tensor_spec more[] = {{"unet/conv_out.weight", {1, {3}}}, {"vae/quant_conv.bias", {1, {4}}}};
    struct tensor_spec spec[CASE_TENSORS + 1];
    memcpy(spec, case_spec + 1, sizeof *spec * (CASE_TENSORS - 1)); /* conv_in is too much now */
    memcpy(spec + CASE_TENSORS - 1, more, sizeof more);
    case_refused(
        "x", spec, CASE_TENSORS + 1,
        WORDS("2 missing: unet/conv_out.weight; vae/quant_conv.bias; 1 not of this model: unet/conv_in.weight"));
}

Test(weights_bad, other_dtypes_are_refused)
{
    struct list l = compvis_list();
    case_write("x", l.spec, l.count, DTYPE_i32);
    case_refused(
        "x", case_spec, CASE_TENSORS,
        WORDS("8 of another dtype than F32, F16 and BF16: model.diffusion_model.input_blocks.0.0.weight is I32",
              "first_stage_model.post_quant_conv.weight is I32"));

    static const char header[] =
        "{\"model.diffusion_model.a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
        "\"model.diffusion_model.b\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1],"
        "\"data_offsets\":[8,12]}}";
    static const struct tensor_spec spec[] = {{"unet/a", {1, {1}}}, {"unet/b", {4, {1, 1, 1, 1}}}};
    struct text file = {0};
    uint64_t length = sizeof header - 1;
    text_add_bytes(&file, &length, 8);
    text_add_bytes(&file, header, sizeof header - 1);
    text_add_bytes(&file, (const char[12]){0}, 12);
    scratch_write("y", file.bytes, file.length);
    text_free(&file);
    case_refused("y", spec, 2,
                 WORDS("1 misshaped: model.diffusion_model.b is of more than 4 dimensions, not 1x1x1x1",
                       "model.diffusion_model.a is F64"));
}

/* What training leaves in files, CompVis attention as convolutions, and old and new names are no problem. */
Test(weights_bad, known_variations_are_accepted)
{
    static const char *const ignored[] = {
        "betas",
        "alphas_cumprod",
        "alphas_cumprod_prev",
        "sqrt_recipm1_alphas_cumprod",
        "posterior_variance",
        "log_one_minus_alphas_cumprod",
        "posterior_mean_coef1",
        "model_ema.decay",
        "model_ema.num_updates",
        "model_ema.diffusion_modelinput_blocks00weight",
        "logvar",
        "cond_stage_model.transformer.text_model.embeddings.position_ids",
    };
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++) {
        struct list l = compvis_list();
        l.spec[5].shape = SHAPE(8, 8, 1, 1);
        l.spec[l.count++] = (struct tensor_spec){ignored[i], SHAPE(3)};
        case_write("x", l.spec, l.count, DTYPE_bf16);
        struct checkpoint *c = case_open("x");
        const struct stored_tensor *t = checkpoint_find(c, "vae/decoder.mid_block.attentions.0.to_q.weight");
        cr_expect(shape_equal(t->shape, SHAPE(8, 8)), "%s", ignored[i]);
        cr_expect_str_eq(t->name, "vae/decoder.mid_block.attentions.0.to_q.weight");
        checkpoint_free(c);
    }

    case_make("y");
    static const struct tensor_spec vae[] = {{"decoder.mid_block.attentions.0.query.weight", {4, {8, 8, 1, 1}}},
                                             {"decoder.mid_block.attentions.0.proj_attn.bias", {1, {8}}},
                                             {"post_quant_conv.weight", {4, {4, 4, 1, 1}}}};
    static const struct tensor_spec text[] = {{"final_layer_norm.weight", {1, {16}}},
                                              {"encoder.layers.0.mlp.fc1.weight", {2, {64, 16}}},
                                              {"text_model.embeddings.position_ids", {2, {1, 77}}}};
    case_write("y/vae/diffusion_pytorch_model.safetensors", vae, 3, DTYPE_f32);
    case_write("y/text_encoder/model.safetensors", text, 3, DTYPE_f32);
    struct checkpoint *c = case_open("y");
    for (size_t i = 3; i < CASE_TENSORS; i++) {
        float first;
        checkpoint_read_f32(checkpoint_find(c, case_spec[i].name), 0, 1, &first);
        cr_expect(first == 1, "%s is %g", case_spec[i].name, (double)first);
    }
    checkpoint_free(c);
}

/* A file that is listed twice by the names it may have is too much, not silently taken. */
Test(weights_bad, both_spellings_at_once)
{
    case_make("x");
    static const struct tensor_spec vae[] = {{"decoder.mid_block.attentions.0.query.weight", {2, {8, 8}}},
                                             {"decoder.mid_block.attentions.0.to_q.weight", {2, {8, 8}}},
                                             {"decoder.mid_block.attentions.0.to_out.0.bias", {1, {8}}},
                                             {"post_quant_conv.weight", {4, {4, 4, 1, 1}}}};
    case_write("x/vae/diffusion_pytorch_model.safetensors", vae, 4, DTYPE_f32);
    case_refused("x", case_spec, CASE_TENSORS,
                 WORDS("1 not of this model: vae/decoder.mid_block.attentions.0.query.weight"));
}

Test(weights_bad, wrong_places_are_explained)
{
    static const struct tensor_spec other = {"lora.weight", {1, {3}}};
    cr_assert(!mkdir(scratch_path("empty"), 0777) && !mkdir(scratch_path("part"), 0777) &&
              !mkdir(scratch_path("part/unet"), 0777) && !mkdir(scratch_path("part/vae"), 0777));
    scratch_write("model.ckpt", "PK\3\4 and so on", 14);
    case_write("lora.safetensors", &other, 1, DTYPE_f16);
    case_refused("absent", case_spec, CASE_TENSORS, WORDS("No such file", "a diffusers folder or a CompVis"));
    case_refused("empty", case_spec, CASE_TENSORS, WORDS("folders missing in it: text_encoder, unet, vae"));
    case_refused("part", case_spec, CASE_TENSORS, WORDS("folders missing in it: text_encoder"));
    case_refused("model.ckpt", case_spec, CASE_TENSORS, WORDS("pickled", "can run code", "convert it to safetensors"));
    case_refused("lora.safetensors", case_spec, CASE_TENSORS, WORDS("holds none of the model's 8 tensors"));
}

Test(weights_bad, sub_folders_without_a_good_file)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"x/unet/diffusion_pytorch_model.safetensors.index.json", "shards"},
        {"x/unet/diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin is a pickle"},
        {"x/unet/README.md", "x/unet: holds neither diffusion_pytorch_model.safetensors nor model.safetensors"},
        {"x/unet/model.fp16.safetensors", "x/unet/model.fp16.safetensors: not a safetensors file"},
    };
    case_make("x");
    cr_assert(!remove(scratch_path("x/unet/diffusion_pytorch_model.safetensors")));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        scratch_write(cases[i].file, "{}", 2);
        case_refused("x", case_spec, CASE_TENSORS, WORDS(cases[i].words));
        cr_assert(!remove(scratch_path(cases[i].file)));
    }
}

Test(weights_bad, config_files_tell_other_models)
{
    static const struct {
        const char *file, *json, *words;
    } cases[] = {
        {"unet/config.json", "{\"cross_attention_dim\": 1024}",
         "unet/config.json has cross_attention_dim 1024, not 16"},
        {"unet/config.json", "{\"cross_attention_dim\": [16, 1024]}", "cross_attention_dim [16,1024], not 16"},
        {"unet/config.json", "{\"cross_attention_dim\": [16, 16]}", NULL},
        {"unet/config.json", "{\"use_linear_projection\": true}", "use_linear_projection true, not false"},
        {"unet/config.json", "{\"in_channels\": 9}", "in_channels 9, not 4"},
        {"unet/config.json", "{\"attention_head_dim\": [5, 10, 20, 20]}", "attention_head_dim [5,10,20,20], not 4"},
        {"unet/config.json", "{\"attention_head_dim\": 4, \"use_linear_projection\": null}", NULL},
        {"unet/config.json", "{}", NULL},
        {"unet/config.json", "[]", "unet/config.json: not a JSON object"},
        {"unet/config.json", "", "unet/config.json: not a JSON object"},
        {"text_encoder/config.json", "{\"hidden_act\": \"gelu\"}", "hidden_act \"gelu\", not \"quick_gelu\""},
        {"text_encoder/config.json", "{\"num_attention_heads\": 16}", "num_attention_heads 16, not 2"},
        {"vae/config.json", "{\"scaling_factor\": 0.13025}", "scaling_factor 0.13025, not 0.18215"},
        {"scheduler/scheduler_config.json", "{\"prediction_type\": \"v_prediction\"}",
         "prediction_type \"v_prediction\""},
        {"scheduler/scheduler_config.json", "{\"prediction_type\": \"epsilon\"}", NULL},
    };
    case_make("x");
    cr_assert(!mkdir(scratch_path("x/scheduler"), 0777));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char file[64];
        snprintf(file, sizeof file, "x/%s", cases[i].file);
        scratch_write(file, cases[i].json, strlen(cases[i].json));
        if (cases[i].words)
            case_refused("x", case_spec, CASE_TENSORS, WORDS(cases[i].words));
        else
            checkpoint_free(case_open("x"));
        cr_assert(!remove(scratch_path(file)));
    }
    scratch_write("x/unet/config.json", "{\"in_channels\": 8, \"cross_attention_dim\": 9}", 44);
    scratch_write("x/vae/config.json", "{\"scaling_factor\": 1}", 21);
    case_refused(
        "x", case_spec, CASE_TENSORS,
        WORDS("cross_attention_dim 9, not 16; unet/config.json has in_channels 8, not 4; vae/config.json has"));
}
