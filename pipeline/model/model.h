/* The graphs of Stable Diffusion v1, described once: what is computed, in float32, with no layout and no device.
 *
 * Sizes and names are those of the published checkpoints (diffusers' spelling). Read text_encoder.c first: attention is
 * defined there; then diffusion_model.c (the ResBlock), decoder.c, denoise_step.c. */
#ifndef SDBENCH_MODEL_MODEL_H
#define SDBENCH_MODEL_MODEL_H

#include "pipeline/graph/build.h"
#include "pipeline/model/config.h"

/* Where the programs that run this model differ. */
struct model_details {
    double transformer_eps; /* of the group norm at a transformer's entry */
    double vae_eps;         /* of every norm in the VAE */
    enum op gelu;           /* inside GEGLU: OP_gelu_erf or OP_gelu_tanh */
    bool rounded;           /* pixels: rounded, or truncated */
};

/* Each returns a new graph, the caller's; mistakes are reported by graph_verify.
 *
 * text_encoder: input ids i32 (N,77); output context (N,77,C).
 * diffusion_model: inputs latent (N,4,h,w), timestep_embedding (1,unet_channels[0]), context (N,77,C); output eps
 *   (N,4,h,w). Rows are independent.
 * decoder: input latent (N,4,h,w); outputs image (N,3,8h,8w), about [-1,1], and pixels u8 (N,8h,8w,3). */
struct graph *model_text_encoder(const struct model_config *c, int64_t n);
struct graph *model_diffusion_model(const struct model_config *c, const struct model_details *d, int64_t n, int64_t h,
                                    int64_t w);
struct graph *model_decoder(const struct model_config *c, const struct model_details *d, int64_t n, int64_t h, int64_t w);

/* One evaluation of the network and one row of the sampler.
 * States: latent (N,4,h,w), slot.0 .. (the same), counter i32 (1). Inputs, one row an evaluation: timestep_embeddings
 * (rows,C), coefficients (rows, states * (states + 1)), and input_scales (rows,1) where the sampler scales its input;
 * context: (2N,77,C), the unconditional rows of all images first, or (N,77,C) where not guided. */
struct denoise_shape {
    int64_t images, height, width; /* of the latent */
    int rows, slots;
    bool scales_input;
    bool guided; /* both branches, joined with `guidance` */
    double guidance;
};
struct graph *model_denoise_step(const struct model_config *c, const struct model_details *d,
                                 const struct denoise_shape *s);

/* Pieces that more than one file uses; each under the current scope.
 * attention: x (N,T,C) attends to y (N,S,C'); `names` are the four projections: query, key, value, out. */
struct attention_names {
    const char *q, *k, *v, *out;
};
value_id model_attention(struct graph *g, const struct attention_names *names, value_id x, value_id y, int64_t heads,
                         bool bias, bool causal);

/* resnet: x (N,C,H,W) to (N,channels,H,W); temb (1,E) after its SiLU, or NO_VALUE. */
value_id model_resnet(struct graph *g, value_id x, value_id temb, int64_t channels, double eps);

/* unet: the diffusion model inside a larger graph. */
value_id model_unet(struct graph *g, const struct model_config *c, const struct model_details *d, value_id latent,
                    value_id timestep_embedding, value_id context);

#endif
