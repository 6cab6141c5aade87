/* Every tensor of a Stable Diffusion v1 checkpoint, "<sub-model>/<diffusers name>" with its shape (convolutions OIHW,
 * linears [out][in]): 196 of the text encoder, 686 of the UNet, 248 of the VAE, encoder included. */
#ifndef SDBENCH_MODEL_MANIFEST_H
#define SDBENCH_MODEL_MANIFEST_H

#include "pipeline/base/arena.h"
#include "pipeline/base/shape.h"
#include "pipeline/model/config.h"

struct manifest {
    struct tensor_spec *spec; /* in the order of computation */
    size_t count;
    int64_t values; /* of all tensors together */
};

/* Names and specs live in `a`. */
struct manifest manifest_make(const struct model_config *c, struct arena *a);

#endif
