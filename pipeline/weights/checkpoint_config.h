/* The config.json files of a diffusers folder: read to refuse what is not a v1 model. */
#ifndef SDBENCH_WEIGHTS_CHECKPOINT_CONFIG_H
#define SDBENCH_WEIGHTS_CHECKPOINT_CONFIG_H

#include "pipeline/base/error.h"

#include <stdint.h>

/* What the shapes of weights cannot tell, or should tell with a better error. */
struct checkpoint_rules {
    int64_t context_width; /* of the text encoder's output, the UNet's cross_attention_dim */
    int64_t text_heads, unet_heads;
};

/* An error lists all fields that differ. Files and fields that are missing are no error. */
struct err checkpoint_config_check(const char *folder, const struct checkpoint_rules *v1);

#endif
