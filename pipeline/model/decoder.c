/* The VAE's decoder: latent to pixels, eight times larger each way.
 *
 * One attention, at the latent's resolution, with a single head as wide as the image has channels. */
#include "pipeline/model/model.h"

enum { BLOCKS = BLOCKS_PER_LEVEL + 1 };

static value_id resnet(struct graph *g, int i, value_id x, int64_t channels, double eps)
{
    graph_push(g, "resnets.%d", i);
    x = model_resnet(g, x, NO_VALUE, channels, eps);
    graph_pop(g);
    return x;
}

static value_id attention(struct graph *g, value_id x, double eps)
{
    static const struct attention_names names = {"to_q", "to_k", "to_v", "to_out.0"};
    int64_t h = graph_dim(g, x, 2), w = graph_dim(g, x, 3);
    graph_push(g, "attentions.0");
    value_id y = graph_group_norm(g, "group_norm", x, NORM_GROUPS, eps);
    y = graph_unary(g, OP_tokens, "tokens", y);
    y = model_attention(g, &names, y, y, 1, true, false);
    y = graph_image(g, "image", y, h, w);
    y = graph_binary(g, OP_add, "add", x, y);
    graph_pop(g);
    return y;
}

struct graph *model_decoder(const struct model_config *c, const struct model_details *d, int64_t n, int64_t h, int64_t w)
{
    struct graph *g = graph_new("decoder");
    double eps = d->vae_eps;
    int64_t lowest = c->vae_channels[LEVELS - 1];
    value_id x = graph_input(g, "latent", DTYPE_f32, RATE_LOOP, SHAPE(n, LATENT_CHANNELS, h, w));

    graph_push(g, "vae");
    x = graph_scale(g, "scale", x, 1 / (double)LATENT_FACTOR);
    x = graph_conv(g, "post_quant_conv", x, LATENT_CHANNELS, 1, 1, 0);
    graph_push(g, "decoder");
    x = graph_conv(g, "conv_in", x, lowest, 3, 1, 1);

    graph_push(g, "mid_block");
    x = resnet(g, 0, x, lowest, eps);
    x = attention(g, x, eps);
    x = resnet(g, 1, x, lowest, eps);
    graph_pop(g);

    for (int up = 0; up < LEVELS; up++) {
        int level = LEVELS - 1 - up;
        graph_push(g, "up_blocks.%d", up);
        for (int i = 0; i < BLOCKS; i++)
            x = resnet(g, i, x, c->vae_channels[level], eps);
        if (level != 0) {
            x = graph_upsample(g, "upsamplers.0/nearest", x, 2 * graph_dim(g, x, 2), 2 * graph_dim(g, x, 3));
            x = graph_conv(g, "upsamplers.0/conv", x, c->vae_channels[level], 3, 1, 1);
        }
        graph_pop(g);
    }

    x = graph_group_norm(g, "conv_norm_out", x, NORM_GROUPS, eps);
    x = graph_unary(g, OP_silu, "silu_out", x);
    x = graph_conv(g, "conv_out", x, 3, 3, 1, 1);
    graph_pop(g);
    graph_output(g, "image", x);
    graph_output(g, "pixels", graph_pixels(g, "pixels", x, d->rounded));
    graph_pop(g);
    return g;
}
