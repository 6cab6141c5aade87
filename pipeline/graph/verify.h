/* The verifier: runs after the builder and after every pass. */
#ifndef SDBENCH_GRAPH_VERIFY_H
#define SDBENCH_GRAPH_VERIFY_H

#include "pipeline/graph/graph.h"

/* What a sound graph obeys; the first offence is an error with the node's path:
 * - the builder saw no mistake; every input of a node exists and was computed before it;
 * - shapes and rates of results are what the rules say;
 * - the activations that a node reads have one dtype (a product's weight has it too; biases and norm parameters are
 *   float32, a residual is any float), and a float result is float32 or that dtype, unless the node is a norm, a cast or float32 arithmetic that
 *   stores 16 bit: nothing else converts;
 * - values that an elementwise node or a residual sum joins step through memory in one order: only a reorder changes it;
 * - each view can be expressed by strides (graph_place);
 * - a state's next has its shape, dtype and layout, and is computed by the last node that touches the state. */
struct err graph_verify(struct graph *g);

/* The same without what depends on layouts (orders, views, states): for graphs that the layout pass has not seen. */
struct err graph_verify_unplaced(const struct graph *g);

#endif
