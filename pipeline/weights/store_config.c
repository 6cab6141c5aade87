#include "pipeline/weights/store_config.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "pipeline/weights/checkpoint_files.h"

/* What is the same in every v1 model; values are JSON. */
static const struct {
    const char *key, *value;
} constants[SUB_MODELS][20] = {
    {
        {"architectures", "[\"CLIPTextModel\"]"},
        {"model_type", "\"clip_text_model\""},
        {"hidden_act", "\"quick_gelu\""},
        {"layer_norm_eps", "1e-05"},
        {"bos_token_id", "49406"},
        {"eos_token_id", "49407"},
        {"pad_token_id", "49407"},
    },
    {
        {"_class_name", "\"UNet2DConditionModel\""},
        {"act_fn", "\"silu\""},
        {"center_input_sample", "false"},
        {"down_block_types", "[\"CrossAttnDownBlock2D\", \"CrossAttnDownBlock2D\", \"CrossAttnDownBlock2D\", "
                             "\"DownBlock2D\"]"},
        {"downsample_padding", "1"},
        {"flip_sin_to_cos", "true"},
        {"freq_shift", "0"},
        {"in_channels", "4"},
        {"layers_per_block", "2"},
        {"mid_block_scale_factor", "1"},
        {"norm_eps", "1e-05"},
        {"norm_num_groups", "32"},
        {"out_channels", "4"},
        {"sample_size", "64"},
        {"up_block_types", "[\"UpBlock2D\", \"CrossAttnUpBlock2D\", \"CrossAttnUpBlock2D\", \"CrossAttnUpBlock2D\"]"},
    },
    {
        {"_class_name", "\"AutoencoderKL\""},
        {"act_fn", "\"silu\""},
        {"down_block_types", "[\"DownEncoderBlock2D\", \"DownEncoderBlock2D\", \"DownEncoderBlock2D\", "
                             "\"DownEncoderBlock2D\"]"},
        {"in_channels", "3"},
        {"latent_channels", "4"},
        {"layers_per_block", "2"},
        {"norm_num_groups", "32"},
        {"out_channels", "3"},
        {"sample_size", "512"},
        {"scaling_factor", "0.18215"},
        {"up_block_types", "[\"UpDecoderBlock2D\", \"UpDecoderBlock2D\", \"UpDecoderBlock2D\", "
                           "\"UpDecoderBlock2D\"]"},
    },
};

/* The rest is counted in a checkpoint's shapes: a dimension of a tensor, or of a row of tensors ('%d' in the name: as
 * a list), or how many tensors such a row has (dim -1). */
static const struct {
    size_t sub_model;
    const char *key, *tensor;
    int dim;
} measures[] = {
    {0, "vocab_size", "text_encoder/text_model.embeddings.token_embedding.weight", 0},
    {0, "max_position_embeddings", "text_encoder/text_model.embeddings.position_embedding.weight", 0},
    {0, "hidden_size", "text_encoder/text_model.final_layer_norm.weight", 0},
    {0, "projection_dim", "text_encoder/text_model.final_layer_norm.weight", 0},
    {0, "intermediate_size", "text_encoder/text_model.encoder.layers.0.mlp.fc1.weight", 0},
    {0, "num_hidden_layers", "text_encoder/text_model.encoder.layers.%d.mlp.fc1.weight", -1},
    {1, "block_out_channels", "unet/down_blocks.%d.resnets.0.conv1.weight", 0},
    {2, "block_out_channels", "vae/encoder.down_blocks.%d.resnets.0.conv1.weight", 0},
};

/* The tensor of a row, NULL past its end. */
static const struct tensor_spec *find(const struct tensor_spec *spec, size_t count, const char *row, int i)
{
    const char *digit = strstr(row, "%d");
    char name[128];
    if (!digit)
        snprintf(name, sizeof name, "%s", i ? "" : row);
    else
        snprintf(name, sizeof name, "%.*s%d%s", (int)(digit - row), row, i, digit + 2);
    for (size_t k = 0; k < count; k++)
        if (!strcmp(spec[k].name, name))
            return &spec[k];
    return NULL;
}

static cJSON *measure(const struct tensor_spec *spec, size_t count, const char *row, int dim)
{
    const struct tensor_spec *t;
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; (t = find(spec, count, row, i)); i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(dim < 0 ? 0 : (double)t->shape.dim[dim]));
    if (dim >= 0 && strstr(row, "%d"))
        return list;
    cJSON *number = dim < 0 ? cJSON_CreateNumber(cJSON_GetArraySize(list)) : cJSON_DetachItemFromArray(list, 0);
    cJSON_Delete(list);
    return number;
}

char *store_config_text(size_t sub_model, const struct tensor_spec *spec, size_t count,
                        const struct checkpoint_rules *v1)
{
    cJSON *json = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(constants[0]) && constants[sub_model][i].key; i++)
        cJSON_AddRawToObject(json, constants[sub_model][i].key, constants[sub_model][i].value);
    for (size_t i = 0; i < ARRAY_LEN(measures); i++)
        if (measures[i].sub_model == sub_model)
            cJSON_AddItemToObject(json, measures[i].key, measure(spec, count, measures[i].tensor, measures[i].dim));
    if (sub_model == 0)
        cJSON_AddNumberToObject(json, "num_attention_heads", (double)v1->text_heads);
    if (sub_model == 1) {
        cJSON_AddNumberToObject(json, "attention_head_dim", (double)v1->unet_heads); /* sic: the number of heads */
        cJSON_AddNumberToObject(json, "cross_attention_dim", (double)v1->context_width);
    }
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    return text;
}
