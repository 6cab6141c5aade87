/* Model paths ("unet/up_blocks.1/attentions.0/transformer_blocks.0/attn1/to_q") for tables. */
#ifndef SDBENCH_PROFILER_LAYERS_PATHS_H
#define SDBENCH_PROFILER_LAYERS_PATHS_H

#include "pipeline/base/text.h"

/* The block of the model that it is in, "up.1 attention" (blocks.def); "other" where it is in none of them. */
enum { LAYER_BLOCK = 64 };
const char *layer_block(const char *path, char out[LAYER_BLOCK]);

/* Adds the path with shorter words, "up.1/attn.0/tb.0/attn1/to_q", in at most `width` characters (layer_fit). */
void layer_add_short(const char *path, int width, struct text *out);

/* Adds a text in at most `width` characters: of a longer one the middle is left out, with ".." in its place. The end,
 * which tells paths and kernels apart, keeps the larger half. A UTF-8 character is left out whole, and counts as one.
 */
void layer_fit(const char *text, int width, struct text *out);

#endif
