#include "pipeline/preset.h"

#include "pipeline/base/name.h"

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
    size_t i = 0;
    for (size_t k = 0; presets[k].name; k++)
        names[k] = presets[k].name;
    TRY(name_find("preset", name, names, &i));
    *out = &presets[i];
    return OK;
}
