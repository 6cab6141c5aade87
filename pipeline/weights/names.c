#include "pipeline/weights/names.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a path starts with `scope`, the first place that matches `from` becomes `to`. '#' in `from` is a digit, called
 * i and then j. In `to`, 'I' and 'J' are these digits and '#' is the number base + i * by_i + j * by_j. Rules apply in
 * order, each to what the ones before it left. */
struct rule {
    const char *scope, *from, *to;
    int base, by_i, by_j;
};

// clang-format off
static const struct rule compvis[] = {
    {"unet/",         "resnets.#.norm1.",                   "resnets.I.in_layers.0.",          0,  0, 0},
    {"unet/",         "resnets.#.conv1.",                   "resnets.I.in_layers.2.",          0,  0, 0},
    {"unet/",         "resnets.#.time_emb_proj.",           "resnets.I.emb_layers.1.",         0,  0, 0},
    {"unet/",         "resnets.#.norm2.",                   "resnets.I.out_layers.0.",         0,  0, 0},
    {"unet/",         "resnets.#.conv2.",                   "resnets.I.out_layers.3.",         0,  0, 0},
    {"unet/",         "resnets.#.conv_shortcut.",           "resnets.I.skip_connection.",      0,  0, 0},
    /* Blocks are counted through: block 0 of the input side is conv_in, then levels of two and a downsampler; the
     * output side has levels of three, the upsampler being the last part of its third block. */
    {"unet/",         "conv_in.",                           "input_blocks.0.0.",               0,  0, 0},
    {"unet/",         "down_blocks.#.resnets.#.",           "input_blocks.#.0.",               1,  3, 1},
    {"unet/",         "down_blocks.#.attentions.#.",        "input_blocks.#.1.",               1,  3, 1},
    {"unet/",         "down_blocks.#.downsamplers.0.conv.", "input_blocks.#.0.op.",            3,  3, 0},
    {"unet/",         "mid_block.resnets.#.",               "middle_block.#.",                 0,  2, 0},
    {"unet/",         "mid_block.attentions.0.",            "middle_block.1.",                 0,  0, 0},
    {"unet/",         "up_blocks.#.resnets.#.",             "output_blocks.#.0.",              0,  3, 1},
    {"unet/",         "up_blocks.#.attentions.#.",          "output_blocks.#.1.",              0,  3, 1},
    {"unet/",         "up_blocks.0.upsamplers.0.",          "output_blocks.2.1.",              0,  0, 0},
    {"unet/",         "up_blocks.#.upsamplers.0.",          "output_blocks.#.2.",              2,  3, 0},
    {"unet/",         "time_embedding.linear_#.",           "time_embed.#.",                  -2,  2, 0},
    {"unet/",         "conv_norm_out.",                     "out.0.",                          0,  0, 0},
    {"unet/",         "conv_out.",                          "out.2.",                          0,  0, 0},
    /* The VAE counts decoder levels from full resolution, diffusers from the latent's. */
    {"vae/",          "up_blocks.#.resnets.#.",             "up.#.block.J.",                   3, -1, 0},
    {"vae/",          "up_blocks.#.upsamplers.0.",          "up.#.upsample.",                  3, -1, 0},
    {"vae/",          "down_blocks.#.resnets.#.",           "down.I.block.J.",                 0,  0, 0},
    {"vae/",          "down_blocks.#.downsamplers.0.",      "down.I.downsample.",              0,  0, 0},
    {"vae/",          "mid_block.resnets.#.",               "mid.block_#.",                    1,  1, 0},
    {"vae/",          "mid_block.attentions.0.",            "mid.attn_1.",                     0,  0, 0},
    {"vae/",          "attn_1.group_norm.",                 "attn_1.norm.",                    0,  0, 0},
    {"vae/",          "attn_1.to_out.0.",                   "attn_1.proj_out.",                0,  0, 0},
    {"vae/",          "attn_1.to_",                         "attn_1.",                         0,  0, 0},
    {"vae/",          "conv_shortcut.",                     "nin_shortcut.",                   0,  0, 0},
    {"vae/",          "conv_norm_out.",                     "norm_out.",                       0,  0, 0},
    {"unet/",         "unet/",                              "model.diffusion_model.",          0,  0, 0},
    {"vae/",          "vae/",                               "first_stage_model.",              0,  0, 0},
    {"text_encoder/", "text_encoder/",                      "cond_stage_model.transformer.",   0,  0, 0},
    {0},
};

static const struct rule other_spelling[] = {
    {"vae/",          "attentions.0.to_q.",                 "attentions.0.query.",             0,  0, 0},
    {"vae/",          "attentions.0.to_k.",                 "attentions.0.key.",               0,  0, 0},
    {"vae/",          "attentions.0.to_v.",                 "attentions.0.value.",             0,  0, 0},
    {"vae/",          "attentions.0.to_out.0.",             "attentions.0.proj_attn.",         0,  0, 0},
    {"text_encoder/", "text_model.",                        "",                                0,  0, 0},
    {0},
};
// clang-format on

/* Length of what `from` matches at `at`, 0 where it does not; digits go to found. */
static size_t match(const char *from, const char *at, int found[2])
{
    int digits = 0;
    size_t n = 0;
    for (; from[n]; n++)
        if (from[n] != '#' ? at[n] != from[n] : !isdigit((unsigned char)at[n]) || digits == 2)
            return 0;
        else if (from[n] == '#')
            found[digits++] = at[n] - '0';
    return n;
}

static void replace(const struct rule *rule, size_t before, size_t matched, const int found[2], char name[NAME_TEXT])
{
    char old[NAME_TEXT];
    size_t n = before;
    memcpy(old, name, sizeof old);
    for (const char *to = rule->to; *to && n < NAME_TEXT - 12; to++) /* 12: an int's decimals */
        if (*to == 'I' || *to == 'J')
            name[n++] = (char)('0' + found[*to == 'J']);
        else if (*to == '#')
            n += (size_t)sprintf(name + n, "%d", rule->base + rule->by_i * found[0] + rule->by_j * found[1]);
        else
            name[n++] = *to;
    snprintf(name + n, NAME_TEXT - n, "%s", old + before + matched);
}

/* Returns how many rules applied. */
static int rewrite(const struct rule *rule, char name[NAME_TEXT])
{
    int applied = 0;
    for (; rule->scope; rule++) {
        if (strncmp(name, rule->scope, strlen(rule->scope)))
            continue;
        for (size_t at = 0; name[at]; at++) {
            int found[2] = {0};
            size_t matched = match(rule->from, name + at, found);
            bool whole = !at || !isalnum((unsigned char)name[at - 1]); /* "conv_in." is not a part of "xconv_in." */
            if (matched && whole && ++applied) {
                replace(rule, at, matched, found, name);
                break;
            }
        }
    }
    return applied;
}

const char *name_compvis(const char *path, char out[NAME_TEXT])
{
    snprintf(out, NAME_TEXT, "%s", path);
    rewrite(compvis, out);
    return out;
}

const char *name_other_spelling(const char *path, char out[NAME_TEXT])
{
    snprintf(out, NAME_TEXT, "%s", path);
    return rewrite(other_spelling, out) ? out : NULL;
}

bool name_is_vae_attention(const char *path)
{
    return !strncmp(path, "vae/", 4) && strstr(path, ".mid_block.attentions.0.to_");
}
