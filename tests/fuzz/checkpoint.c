/* A CompVis file opened as the checkpoint of a model of four tensors: one of each kind that a rule of names is for. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "pipeline/weights/checkpoint.h"

static const struct tensor_spec spec[] = {
    {"unet/conv_in.weight", {4, {2, 1, 1, 1}}},
    {"text_encoder/text_model.final_layer_norm.weight", {1, {3}}},
    {"vae/decoder.mid_block.attentions.0.to_q.weight", {2, {2, 2}}},
    {"vae/decoder.mid_block.attentions.0.to_out.0.bias", {1, {2}}},
};

void fuzz_checkpoint(const uint8_t *data, size_t size)
{
    static const struct checkpoint_rules rules = {.context_width = 3, .text_heads = 1, .unet_heads = 1};
    struct checkpoint *c;
    float values[4];
    if (fuzz_refused(checkpoint_open(fuzz_file(data, size), spec, ARRAY_LEN(spec), &rules, &c)))
        return;
    for (size_t i = 0; i < ARRAY_LEN(spec); i++) {
        const struct stored_tensor *t = checkpoint_find(c, spec[i].name);
        fuzz_require(t && shape_equal(t->shape, spec[i].shape), "a checkpoint has what it was opened with");
        checkpoint_read_f32(t, 0, shape_count(t->shape), values);
        stored_tensor_first_not_finite(t);
        stored_tensor_release(t);
    }
    checkpoint_metadata(c, "weights_seed");
    fuzz_require(checkpoint_bytes(c) == size, "a checkpoint has its file's bytes");
    checkpoint_free(c);
}
