/* The rules of the operations: shapes of results, and cost. One function of each an operation, named in a table that
 * ops.def makes. */
#ifndef SDBENCH_GRAPH_RULES_H
#define SDBENCH_GRAPH_RULES_H

#include "pipeline/graph/graph.h"

/* Shapes of a node's results from those of its inputs and its parameters; sets n->n_outputs. An error says which
 * input does not fit. */
struct err shape_infer(const struct graph *g, struct node *n, struct shape out[MAX_OUTPUTS]);

/* The fastest of its inputs' rates; step_row makes step. */
enum rate node_rate(const struct graph *g, const struct node *n);

/* What a node must do, however it is implemented.
 * product_flop: 2 a multiply-add; padding taps and the masked half of causal attention counted.
 * other_flop: additions, multiplications, divisions, exponentials and the like, one each.
 * bytes: each input and output moved once, views nothing. */
struct cost {
    double product_flop, other_flop, bytes;
};
struct cost node_cost(const struct graph *g, const struct node *n);
struct cost cost_sum(struct cost a, struct cost b);

/* The whole graph, once; load nodes not counted. */
struct cost graph_cost(const struct graph *g);

#endif
