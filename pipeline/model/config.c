#include "pipeline/model/config.h"

#include <stddef.h>
#include <string.h>

const struct model_config model_configs[] = {
    {"sd14", "Stable Diffusion v1.4", 768, 12, 12, 3072, {320, 640, 1280, 1280}, 8, {128, 256, 512, 512}},
    {"tiny", "Stable Diffusion v1, tiny widths", 64, 2, 4, 256, {32, 64, 96, 96}, 4, {32, 32, 64, 64}},
    {0},
};

const struct model_config *model_config_find(const char *name)
{
    for (const struct model_config *c = model_configs; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}
