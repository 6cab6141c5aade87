/* The UNet: latent, timestep and context to the noise eps that it sees in the latent.
 *
 * Four resolutions. On the way down the output of every block is kept; on the way up they come back in reverse order,
 * each concatenated behind the block's input on channels. Transformers work at all but the lowest resolution. */
#include "pipeline/model/model.h"

enum { MAX_SKIPS = LEVELS * (BLOCKS_PER_LEVEL + 1), BLOCKS_UP = BLOCKS_PER_LEVEL + 1, LOWEST = LEVELS - 1 };

/* What every block of the UNet needs. */
struct unet {
    struct graph *g;
    const struct model_config *c;
    const struct model_details *d;
    value_id temb, context;
};

value_id model_resnet(struct graph *g, value_id x, value_id temb, int64_t channels, double eps)
{
    value_id y = graph_group_norm(g, "norm1", x, NORM_GROUPS, eps);
    y = graph_unary(g, OP_silu, "silu1", y);
    y = graph_conv(g, "conv1", y, channels, 3, 1, 1);
    if (temb != NO_VALUE) {
        value_id t = graph_linear(g, "time_emb_proj", temb, channels, true);
        t = graph_unary(g, OP_channels, "time_emb_channels", t); /* (1,C,1,1) */
        y = graph_binary(g, OP_add, "add_time_emb", y, t);
    }
    y = graph_group_norm(g, "norm2", y, NORM_GROUPS, eps);
    y = graph_unary(g, OP_silu, "silu2", y);
    y = graph_conv(g, "conv2", y, channels, 3, 1, 1);
    if (graph_dim(g, x, 1) != channels)
        x = graph_conv(g, "conv_shortcut", x, channels, 1, 1, 0);
    return graph_binary(g, OP_add, "add", x, y);
}

/* The feed-forward: half of a wide projection gates the other half. */
static value_id geglu(struct unet *u, value_id x)
{
    struct graph *g = u->g;
    int64_t c = graph_dim(g, x, -1);
    graph_push(g, "ff");
    graph_push(g, "net.0");
    value_id both = graph_linear(g, "proj", x, 8 * c, true);
    value_id value = graph_slice(g, "value", both, 0, 4 * c);
    value_id gate = graph_slice(g, "gate", both, 4 * c, 8 * c);
    gate = graph_unary(g, u->d->gelu, "gelu", gate);
    value_id y = graph_binary(g, OP_mul, "mul", value, gate);
    graph_pop(g);
    y = graph_linear(g, "net.2", y, c, true);
    graph_pop(g);
    return y;
}

/* Self-attention, attention to the context, feed-forward; tokens (N,T,C). */
static value_id transformer_block(struct unet *u, value_id x)
{
    static const struct attention_names names = {"to_q", "to_k", "to_v", "to_out.0"};
    const double eps = 1e-5;
    struct graph *g = u->g;

    value_id y = graph_layer_norm(g, "norm1", x, eps);
    graph_push(g, "attn1");
    y = model_attention(g, &names, y, y, u->c->unet_heads, false, false);
    graph_pop(g);
    x = graph_binary(g, OP_add, "add1", x, y);

    y = graph_layer_norm(g, "norm2", x, eps);
    graph_push(g, "attn2");
    y = model_attention(g, &names, y, u->context, u->c->unet_heads, false, false);
    graph_pop(g);
    x = graph_binary(g, OP_add, "add2", x, y);

    y = graph_layer_norm(g, "norm3", x, eps);
    y = geglu(u, y);
    return graph_binary(g, OP_add, "add3", x, y);
}

static value_id transformer(struct unet *u, value_id x)
{
    struct graph *g = u->g;
    int64_t c = graph_dim(g, x, 1), h = graph_dim(g, x, 2), w = graph_dim(g, x, 3);
    value_id y = graph_group_norm(g, "norm", x, NORM_GROUPS, u->d->transformer_eps);
    y = graph_conv(g, "proj_in", y, c, 1, 1, 0);
    y = graph_unary(g, OP_tokens, "tokens", y);
    graph_push(g, "transformer_blocks.0");
    y = transformer_block(u, y);
    graph_pop(g);
    y = graph_image(g, "image", y, h, w);
    y = graph_conv(g, "proj_out", y, c, 1, 1, 0);
    return graph_binary(g, OP_add, "add", x, y);
}

/* ResBlock i of a level, and its transformer where the level has one. */
static value_id block(struct unet *u, int i, value_id x, int64_t channels, bool attends)
{
    graph_push(u->g, "resnets.%d", i);
    x = model_resnet(u->g, x, u->temb, channels, 1e-5);
    graph_pop(u->g);
    if (!attends)
        return x;
    graph_push(u->g, "attentions.%d", i);
    x = transformer(u, x);
    graph_pop(u->g);
    return x;
}

/* The learned embedding of the timestep, after the SiLU that all ResBlocks share. */
static value_id time_embedding(struct unet *u, value_id sinusoids)
{
    int64_t width = 4 * u->c->unet_channels[0];
    graph_push(u->g, "time_embedding");
    value_id t = graph_linear(u->g, "linear_1", sinusoids, width, true);
    t = graph_unary(u->g, OP_silu, "silu", t);
    t = graph_linear(u->g, "linear_2", t, width, true);
    graph_pop(u->g);
    return graph_unary(u->g, OP_silu, "time_embedding_silu", t);
}

value_id model_unet(struct graph *g, const struct model_config *c, const struct model_details *d, value_id latent,
                    value_id timestep_embedding, value_id context)
{
    struct unet u = {g, c, d, NO_VALUE, context};
    value_id skip[MAX_SKIPS], x;
    int kept = 0;

    graph_push(g, "unet");
    u.temb = time_embedding(&u, timestep_embedding);
    x = skip[kept++] = graph_conv(g, "conv_in", latent, c->unet_channels[0], 3, 1, 1);

    for (int level = 0; level < LEVELS; level++) {
        graph_push(g, "down_blocks.%d", level);
        for (int i = 0; i < BLOCKS_PER_LEVEL; i++)
            x = skip[kept++] = block(&u, i, x, c->unet_channels[level], level != LOWEST);
        if (level != LOWEST)
            x = skip[kept++] = graph_conv(g, "downsamplers.0/conv", x, c->unet_channels[level], 3, 2, 1);
        graph_pop(g);
    }

    graph_push(g, "mid_block");
    x = block(&u, 0, x, c->unet_channels[LOWEST], true);
    x = block(&u, 1, x, c->unet_channels[LOWEST], false);
    graph_pop(g);

    for (int up = 0; up < LEVELS; up++) {
        int level = LOWEST - up;
        graph_push(g, "up_blocks.%d", up);
        for (int i = 0; i < BLOCKS_UP; i++) {
            x = graph_binary(g, OP_concat, "concat", x, skip[--kept]);
            x = block(&u, i, x, c->unet_channels[level], level != LOWEST);
        }
        if (level != 0) { /* to the size of the next skip: odd sizes were rounded up on the way down */
            int64_t h = graph_dim(g, skip[kept - 1], 2), w = graph_dim(g, skip[kept - 1], 3);
            x = graph_upsample(g, "upsamplers.0/nearest", x, h, w);
            x = graph_conv(g, "upsamplers.0/conv", x, c->unet_channels[level], 3, 1, 1);
        }
        graph_pop(g);
    }

    x = graph_group_norm(g, "conv_norm_out", x, NORM_GROUPS, 1e-5);
    x = graph_unary(g, OP_silu, "silu_out", x);
    x = graph_conv(g, "conv_out", x, LATENT_CHANNELS, 3, 1, 1);
    graph_pop(g);
    return x;
}

struct graph *model_diffusion_model(const struct model_config *c, const struct model_details *d, int64_t n, int64_t h,
                                    int64_t w)
{
    struct graph *g = graph_new("diffusion_model");
    value_id latent = graph_input(g, "latent", DTYPE_f32, RATE_LOOP, SHAPE(n, LATENT_CHANNELS, h, w));
    value_id time = graph_input(g, "timestep_embedding", DTYPE_f32, RATE_STEP, SHAPE(1, c->unet_channels[0]));
    value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN, SHAPE(n, TEXT_TOKENS, c->text_width));
    graph_output(g, "eps", model_unet(g, c, d, latent, time, context));
    return g;
}
