/* The model's graphs by name, as the preset kerascv has them. */
#ifndef SDBENCH_TESTS_SUPPORT_MODEL_GRAPHS_H
#define SDBENCH_TESTS_SUPPORT_MODEL_GRAPHS_H

#include "pipeline/model/model.h"

enum { MODEL_GRAPHS = 4 };
extern const char *const model_graphs[MODEL_GRAPHS]; /* "text_encoder", ... */

const struct model_config *test_config(const char *name);

/* n prompts, latents or pictures of a latent size of h x w; denoise_step is guided and has a table of 50 steps. A graph
 * that is not sound ends the test. */
struct graph *model_graph(const char *name, const struct model_config *c, int64_t n, int64_t h, int64_t w);

int count_nodes(const struct graph *g, enum op op);

#endif
