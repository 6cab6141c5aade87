/* The graph as text that a person can read and a test can compare, and as Graphviz. */
#ifndef SDBENCH_GRAPH_PRINT_H
#define SDBENCH_GRAPH_PRINT_H

#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"

/* One line a node: result, operation, inputs, parameters, dtype, shape, layout, rate, path. No numbers of addresses,
 * devices or times: two graphs are the same exactly where their texts are. */
void graph_print(const struct graph *g, struct text *out);
void graph_print_node(const struct graph *g, const struct node *n, struct text *out);

/* A digraph for `dot`: nodes colored by kind, edges labelled by shape. */
void graph_print_dot(const struct graph *g, struct text *out);

/* A 64-bit hash (XXH3) of graph_print's text. */
uint64_t graph_hash(const struct graph *g);

#endif
