#include "pipeline/model/manifest.h"

#include <string.h>

/* The list in the making. A first pass, with spec NULL, only counts. */
struct list {
    const struct model_config *c;
    struct arena *a;
    struct manifest m;
};

static void add(struct list *l, const char *layer, const char *leaf, struct shape shape)
{
    if (l->m.spec)
        l->m.spec[l->m.count] = (struct tensor_spec){arena_printf(l->a, "%s.%s", layer, leaf), shape};
    l->m.count++;
    l->m.values += shape_count(shape);
}

/* A layer's path: "unet/down_blocks.0" and "conv1" give "unet/down_blocks.0.conv1". */
#define AT(...) arena_printf(l->a, __VA_ARGS__)

static void norm(struct list *l, const char *layer, int64_t channels)
{
    add(l, layer, "weight", SHAPE(channels));
    add(l, layer, "bias", SHAPE(channels));
}

static void linear(struct list *l, const char *layer, int64_t in, int64_t out)
{
    add(l, layer, "weight", SHAPE(out, in));
    add(l, layer, "bias", SHAPE(out));
}

static void conv(struct list *l, const char *layer, int64_t in, int64_t out, int64_t size)
{
    add(l, layer, "weight", SHAPE(out, in, size, size));
    add(l, layer, "bias", SHAPE(out));
}

static void text_encoder(struct list *l)
{
    int64_t width = l->c->text_width, mlp = l->c->text_mlp;
    const char *top = "text_encoder/text_model";
    add(l, AT("%s.embeddings.token_embedding", top), "weight", SHAPE(TEXT_VOCABULARY, width));
    add(l, AT("%s.embeddings.position_embedding", top), "weight", SHAPE(TEXT_TOKENS, width));
    for (int i = 0; i < l->c->text_layers; i++) {
        const char *layer = AT("%s.encoder.layers.%d", top, i);
        norm(l, AT("%s.layer_norm1", layer), width);
        for (const char *part = "qkv"; *part; part++)
            linear(l, AT("%s.self_attn.%c_proj", layer, *part), width, width);
        linear(l, AT("%s.self_attn.out_proj", layer), width, width);
        norm(l, AT("%s.layer_norm2", layer), width);
        linear(l, AT("%s.mlp.fc1", layer), width, mlp);
        linear(l, AT("%s.mlp.fc2", layer), mlp, width);
    }
    norm(l, AT("%s.final_layer_norm", top), width);
}

/* time is the width of the time embedding; 0 in the VAE, which has none. */
static void resnet(struct list *l, const char *at, int64_t in, int64_t out, int64_t time)
{
    norm(l, AT("%s.norm1", at), in);
    conv(l, AT("%s.conv1", at), in, out, 3);
    if (time)
        linear(l, AT("%s.time_emb_proj", at), time, out);
    norm(l, AT("%s.norm2", at), out);
    conv(l, AT("%s.conv2", at), out, out, 3);
    if (in != out)
        conv(l, AT("%s.conv_shortcut", at), in, out, 1);
}

static void attention(struct list *l, const char *at, int64_t width, int64_t context)
{
    add(l, AT("%s.to_q", at), "weight", SHAPE(width, width));
    add(l, AT("%s.to_k", at), "weight", SHAPE(width, context));
    add(l, AT("%s.to_v", at), "weight", SHAPE(width, context));
    linear(l, AT("%s.to_out.0", at), width, width);
}

static void transformer(struct list *l, const char *at, int64_t width, int64_t context)
{
    const char *block = AT("%s.transformer_blocks.0", at);
    norm(l, AT("%s.norm", at), width);
    conv(l, AT("%s.proj_in", at), width, width, 1);
    norm(l, AT("%s.norm1", block), width);
    attention(l, AT("%s.attn1", block), width, width);
    norm(l, AT("%s.norm2", block), width);
    attention(l, AT("%s.attn2", block), width, context);
    norm(l, AT("%s.norm3", block), width);
    linear(l, AT("%s.ff.net.0.proj", block), width, 8 * width);
    linear(l, AT("%s.ff.net.2", block), 4 * width, width);
    conv(l, AT("%s.proj_out", at), width, width, 1);
}

static void unet(struct list *l)
{
    const int64_t *channels = l->c->unet_channels, time = 4 * channels[0], context = l->c->text_width;
    int64_t skip[LEVELS * (BLOCKS_PER_LEVEL + 1)] = {channels[0]}, x = channels[0];
    int skips = 1;
    linear(l, "unet/time_embedding.linear_1", channels[0], time);
    linear(l, "unet/time_embedding.linear_2", time, time);
    conv(l, "unet/conv_in", LATENT_CHANNELS, x, 3);
    for (int i = 0; i < LEVELS; i++) {
        const char *level = AT("unet/down_blocks.%d", i);
        for (int j = 0; j < BLOCKS_PER_LEVEL; j++, x = skip[skips++] = channels[i]) {
            resnet(l, AT("%s.resnets.%d", level, j), x, channels[i], time);
            if (i < LEVELS - 1)
                transformer(l, AT("%s.attentions.%d", level, j), channels[i], context);
        }
        if (i < LEVELS - 1)
            conv(l, AT("%s.downsamplers.0.conv", level), x, x, 3), skip[skips++] = x;
    }
    resnet(l, "unet/mid_block.resnets.0", x, x, time);
    transformer(l, "unet/mid_block.attentions.0", x, context);
    resnet(l, "unet/mid_block.resnets.1", x, x, time);
    for (int i = 0; i < LEVELS; i++) {
        const char *level = AT("unet/up_blocks.%d", i);
        int64_t out = channels[LEVELS - 1 - i];
        for (int j = 0; j < BLOCKS_PER_LEVEL + 1; j++, x = out) {
            resnet(l, AT("%s.resnets.%d", level, j), x + skip[--skips], out, time);
            if (i > 0)
                transformer(l, AT("%s.attentions.%d", level, j), out, context);
        }
        if (i < LEVELS - 1)
            conv(l, AT("%s.upsamplers.0.conv", level), x, x, 3);
    }
    norm(l, "unet/conv_norm_out", x);
    conv(l, "unet/conv_out", x, LATENT_CHANNELS, 3);
}

static void vae_middle(struct list *l, const char *at, int64_t width)
{
    static const char *const parts[] = {"to_q", "to_k", "to_v", "to_out.0"};
    resnet(l, AT("%s.resnets.0", at), width, width, 0);
    norm(l, AT("%s.attentions.0.group_norm", at), width);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        linear(l, AT("%s.attentions.0.%s", at, parts[i]), width, width);
    resnet(l, AT("%s.resnets.1", at), width, width, 0);
}

/* One side of the VAE: levels by falling resolution in the encoder ("down"), by rising in the decoder ("up"). */
static void vae_side(struct list *l, const char *side, const char *way, int64_t in, int64_t out)
{
    bool up = !strcmp(way, "up");
    const int64_t *channels = l->c->vae_channels;
    int64_t x = channels[up ? LEVELS - 1 : 0];
    conv(l, AT("vae/%s.conv_in", side), in, x, 3);
    if (up)
        vae_middle(l, AT("vae/%s.mid_block", side), x);
    for (int i = 0; i < LEVELS; i++) {
        const char *level = AT("vae/%s.%s_blocks.%d", side, way, i);
        int64_t width = channels[up ? LEVELS - 1 - i : i];
        for (int j = 0; j < BLOCKS_PER_LEVEL + up; j++, x = width)
            resnet(l, AT("%s.resnets.%d", level, j), x, width, 0);
        if (i < LEVELS - 1)
            conv(l, AT("%s.%ssamplers.0.conv", level, way), x, x, 3);
    }
    if (!up)
        vae_middle(l, AT("vae/%s.mid_block", side), x);
    norm(l, AT("vae/%s.conv_norm_out", side), x);
    conv(l, AT("vae/%s.conv_out", side), x, out, 3);
}

static void checkpoint(struct list *l)
{
    text_encoder(l);
    unet(l);
    vae_side(l, "encoder", "down", 3, 2 * LATENT_CHANNELS); /* 2: mean and log variance */
    conv(l, "vae/quant_conv", 2 * LATENT_CHANNELS, 2 * LATENT_CHANNELS, 1);
    conv(l, "vae/post_quant_conv", LATENT_CHANNELS, LATENT_CHANNELS, 1);
    vae_side(l, "decoder", "up", LATENT_CHANNELS, 3);
}

struct manifest manifest_make(const struct model_config *c, struct arena *a)
{
    struct arena scratch = {0};
    struct list count = {c, &scratch, {0}};
    checkpoint(&count);
    arena_free(&scratch);
    struct list l = {c, a, {.spec = arena_alloc(a, count.m.count * sizeof(struct tensor_spec))}};
    checkpoint(&l);
    return l.m;
}
