#include "pipeline/preset.h"

#include <string.h>

#include "pipeline/base/text.h"

const struct preset presets[] = {
    {.name = "kerascv",
     .summary = "KerasCV 0.9: the article's program",
     .details = {.transformer_eps = 1e-5, .vae_eps = 1e-5, .gelu = OP_gelu_tanh, .rounded = false},
     .tokenizer = TOKENIZER_KERASCV,
     .ddim = SAMPLER_DDIM_LINSPACE,
     .size_multiple = 128,
     .always_guided = true},
    {.name = "diffusers",
     .summary = "diffusers' StableDiffusionPipeline",
     .details = {.transformer_eps = 1e-6, .vae_eps = 1e-6, .gelu = OP_gelu_erf, .rounded = true},
     .tokenizer = TOKENIZER_DIFFUSERS,
     .ddim = SAMPLER_DDIM_LEADING,
     .size_multiple = 8,
     .always_guided = false},
    {0},
};

struct err preset_find(const char *name, const struct preset **out)
{
    const char *names[ARRAY_LEN(presets)] = {0};
    for (size_t i = 0; presets[i].name; i++) {
        names[i] = presets[i].name;
        *out = &presets[i];
        if (!strcmp(presets[i].name, name))
            return OK;
    }
    const char *near = text_nearest(name, names);
    return err_fail("no preset is called \"%s\"%s%s%s (kerascv, diffusers)", name, near ? "; did you mean \"" : "",
                    near ? near : "", near ? "\"?" : "");
}
