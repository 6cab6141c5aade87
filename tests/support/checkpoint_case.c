#include "tests/support/checkpoint_case.h"

#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/weights/safetensors_writer.h"
#include "pipeline/weights/store.h"
#include "tests/support/scratch.h"

const struct tensor_spec case_spec[CASE_TENSORS] = {
    {"unet/conv_in.weight", {4, {8, 4, 3, 3}}},
    {"unet/down_blocks.0.resnets.0.norm1.bias", {1, {8}}},
    {"unet/mid_block.attentions.0.proj_in.weight", {4, {8, 8, 1, 1}}},
    {"text_encoder/text_model.final_layer_norm.weight", {1, {16}}},
    {"text_encoder/text_model.encoder.layers.0.mlp.fc1.weight", {2, {64, 16}}},
    {"vae/decoder.mid_block.attentions.0.to_q.weight", {2, {8, 8}}},
    {"vae/decoder.mid_block.attentions.0.to_out.0.bias", {1, {8}}},
    {"vae/post_quant_conv.weight", {4, {4, 4, 1, 1}}},
};
const struct checkpoint_rules case_rules = {.context_width = 16, .text_heads = 2, .unet_heads = 4};

struct checkpoint *case_open(const char *file)
{
    struct checkpoint *c;
    struct err e = checkpoint_open(scratch_path(file), case_spec, CASE_TENSORS, &case_rules, &c);
    if (e.code)
        cr_assert_fail("%s", err_text(e));
    return c;
}

void case_refused(const char *file, const struct tensor_spec *spec, size_t count, const char *const *words)
{
    struct checkpoint *c;
    struct err e = checkpoint_open(scratch_path(file), spec, count, &case_rules, &c);
    cr_expect(e.code == ERR_FAILED && !c, "%s: accepted", file);
    cr_expect(strstr(err_text(e), scratch_path(file)) && !strchr(err_text(e), '\n'), "%s: \"%s\"", file, err_text(e));
    for (; *words; words++)
        cr_expect(strstr(err_text(e), *words), "%s: \"%s\" lacks \"%s\"", file, err_text(e), *words);
    err_free(&e);
}

void case_write(const char *file, const struct tensor_spec *spec, size_t count, enum dtype dtype)
{
    enum { MOST = 4096 };
    struct stored_tensor tensors[64];
    float ones[MOST];
    char *data = calloc(MOST, sizeof *ones);
    for (int i = 0; i < MOST; i++)
        ones[i] = 1;
    dtype_from_f32(data, ones, dtype, MOST);
    cr_assert(count <= ARRAY_LEN(tensors));
    for (size_t i = 0; i < count; i++) {
        cr_assert(shape_count(spec[i].shape) <= MOST);
        tensors[i] = stored_tensor_make(spec[i].name, dtype, spec[i].shape, data);
    }
    struct err e = safetensors_save(scratch_path(file), tensors, count, NULL, 0);
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
    free(data);
}

void case_make(const char *folder)
{
    const struct weights_output out = {scratch_path(folder), WEIGHTS_DIFFUSERS, DTYPE_f32, case_spec,
                                       CASE_TENSORS,         &case_rules,       {0}};
    struct err e = weights_make(&out, 0);
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
}
