/* Names of the same tensor in the files that people have. Ours is the diffusers path, "<sub-model>/<diffusers name>".
 */
#ifndef SDBENCH_WEIGHTS_NAMES_H
#define SDBENCH_WEIGHTS_NAMES_H

#include <stdbool.h>

enum { NAME_TEXT = 256 }; /* room for a name; a longer one is cut */

/* The name in a CompVis single file: "unet/conv_in.weight" is "model.diffusion_model.input_blocks.0.0.weight". */
const char *name_compvis(const char *path, char out[NAME_TEXT]);

/* Another diffusers spelling of a path, or NULL where there is none: the VAE attention of old files (query, key, value,
 * proj_attn), the text encoder of new ones (no "text_model."). */
const char *name_other_spelling(const char *path, char out[NAME_TEXT]);

/* The four products of the VAE attention: [C, C] in diffusers, 1x1 convolutions [C, C, 1, 1] in CompVis files. */
bool name_is_vae_attention(const char *path);

#endif
