/* The sizes of a Stable Diffusion v1 network. The topology is fixed (facts of the published model); only widths vary. */
#ifndef SDBENCH_MODEL_CONFIG_H
#define SDBENCH_MODEL_CONFIG_H

#include <stdint.h>

enum {
    TEXT_VOCABULARY = 49408,
    TEXT_TOKENS = 77,     /* T of the text encoder, S of the cross-attention */
    LATENT_CHANNELS = 4,
    LATENT_SCALE = 8,     /* pixels a latent position, each way */
    LEVELS = 4,           /* resolutions of the UNet and of the VAE */
    BLOCKS_PER_LEVEL = 2, /* ResBlocks a level on the way down; one more on the way up */
    NORM_GROUPS = 32,
};

/* Latents are stored multiplied by this, so that they have unit spread. */
#define LATENT_FACTOR 0.18215f

struct model_config {
    const char *name;
    const char *title; /* for tables: "Stable Diffusion v1.4" */
    int64_t text_width, text_layers, text_heads, text_mlp; /* text_width is the context's C, too */
    int64_t unet_channels[LEVELS], unet_heads;
    int64_t vae_channels[LEVELS];
};

extern const struct model_config model_configs[]; /* ends with a row whose name is NULL */

/* NULL where there is none of that name. */
const struct model_config *model_config_find(const char *name);

#endif
