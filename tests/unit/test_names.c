/* Names and shapes of a checkpoint's tensors: the manifest and the CompVis spelling against the golden lists. */
#include "pipeline/base/error.h"
#include "pipeline/model/manifest.h"
#include "pipeline/weights/names.h"
#include "tests/support/weights_tsv.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *model;
    size_t count;
    int64_t values;
} models[] = {
    {"sd14", 1130, 123060480 + 859520964 + 83653863},
    {"tiny", 966, 3267136 + 5523876 + 1399879},
};

Test(names, manifest_is_the_golden_list)
{
    for (size_t k = 0; k < ARRAY_LEN(models); k++) {
        struct arena a = {0};
        struct manifest m = manifest_make(model_config_find(models[k].model), &a);
        struct weights_tsv tsv = weights_tsv_read(models[k].model);
        cr_expect(m.count == models[k].count && m.count == tsv.count, "%s: %zu tensors", models[k].model, m.count);
        cr_expect(m.values == models[k].values, "%s: %lld values", models[k].model, (long long)m.values);
        bool *seen = arena_alloc(&a, tsv.count);
        for (size_t i = 0; i < m.count; i++) {
            const struct weights_row *row = weights_tsv_find(&tsv, m.spec[i].name);
            char is[SHAPE_TEXT], should[SHAPE_TEXT];
            if (!row) {
                cr_expect_fail("%s: %s is in no checkpoint", models[k].model, m.spec[i].name);
                continue;
            }
            cr_expect(!seen[row - tsv.row], "%s: %s is listed twice", models[k].model, row->path);
            seen[row - tsv.row] = true;
            cr_expect(shape_equal(m.spec[i].shape, row->shape), "%s: %s is %s, not %s", models[k].model, row->path,
                      shape_text(m.spec[i].shape, is), shape_text(row->shape, should));
        }
        weights_tsv_free(&tsv);
        arena_free(&a);
    }
}

Test(names, compvis_spelling_of_every_tensor)
{
    for (size_t k = 0; k < ARRAY_LEN(models); k++) {
        struct weights_tsv tsv = weights_tsv_read(models[k].model);
        char name[NAME_TEXT];
        for (size_t i = 0; i < tsv.count; i++)
            cr_expect(!strcmp(name_compvis(tsv.row[i].path, name), tsv.row[i].compvis), "%s gives %s, not %s",
                      tsv.row[i].path, name, tsv.row[i].compvis);
        weights_tsv_free(&tsv);
    }
}

Test(names, other_spellings)
{
    static const struct {
        const char *path, *other;
    } cases[] = {
        {"vae/decoder.mid_block.attentions.0.to_q.weight", "vae/decoder.mid_block.attentions.0.query.weight"},
        {"vae/encoder.mid_block.attentions.0.to_k.bias", "vae/encoder.mid_block.attentions.0.key.bias"},
        {"vae/encoder.mid_block.attentions.0.to_v.weight", "vae/encoder.mid_block.attentions.0.value.weight"},
        {"vae/decoder.mid_block.attentions.0.to_out.0.bias", "vae/decoder.mid_block.attentions.0.proj_attn.bias"},
        {"vae/decoder.mid_block.attentions.0.group_norm.bias", NULL},
        {"unet/mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight", NULL},
        {"unet/conv_in.weight", NULL},
        {"text_encoder/text_model.final_layer_norm.bias", "text_encoder/final_layer_norm.bias"},
    };
    char name[NAME_TEXT];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *other = name_other_spelling(cases[i].path, name);
        cr_expect(cases[i].other ? other && !strcmp(other, cases[i].other) : !other, "%s gives %s", cases[i].path,
                  other ? other : "nothing");
    }
}

Test(names, vae_attention_is_eight_products)
{
    struct weights_tsv tsv = weights_tsv_read("sd14");
    size_t products = 0;
    for (size_t i = 0; i < tsv.count; i++)
        if (name_is_vae_attention(tsv.row[i].path)) {
            products++;
            cr_expect(strstr(tsv.row[i].path, ".bias") || shape_equal(tsv.row[i].shape, SHAPE(512, 512)), "%s",
                      tsv.row[i].path);
        }
    cr_expect_eq(products, 16, "%zu weights and biases", products);
    weights_tsv_free(&tsv);
}

Test(names, long_names_are_cut)
{
    char path[4 * NAME_TEXT] = "unet/", name[NAME_TEXT];
    while (strlen(path) < sizeof path - 32)
        strcat(path, "down_blocks.1.resnets.1.norm1.");
    cr_expect_lt(strlen(name_compvis(path, name)), NAME_TEXT);
    cr_expect_eq(strncmp(name, "model.diffusion_model.input_blocks.5.0.", 39), 0, "%s", name);
}
