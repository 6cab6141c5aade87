/* The smallest graph with all that a plan tells apart: an input, a state, and both stages. */
#ifndef SDBENCH_TESTS_SUPPORT_LOOP_GRAPH_H
#define SDBENCH_TESTS_SUPPORT_LOOP_GRAPH_H

#include "pipeline/graph/graph.h"

/* rows x columns values. A launch once a prompt, key = silu(context); two a step, latent' = latent * key + key. */
struct graph *loop_graph(int64_t rows, int64_t columns, bool captured);

#endif
