/* Rewriting: a pass reads one graph and writes another, node by node.
 *
 *     struct rewrite r = rewrite_begin(from);
 *     for (node_id n = 0; n < from->n_nodes; n++)
 *         rewrite_copy(&r, n);                 // or build something else and rewrite_map() the old results to it
 *     return rewrite_end(&r);
 */
#ifndef SDBENCH_GRAPH_REWRITE_H
#define SDBENCH_GRAPH_REWRITE_H

#include "pipeline/graph/graph.h"

struct rewrite {
    const struct graph *from;
    struct graph *to;
    value_id *map; /* old value to new */
    node_id *into; /* old node to the one whose replacement takes it in, which then is all there is of it; or NO_NODE */
    node_id *reader; /* old value to the one node that reads it; NO_NODE where others, an output or a state do, too */
};

/* Starts with all inputs, states and weights copied. */
struct rewrite rewrite_begin(const struct graph *from);

/* The old node as a new one, its inputs mapped and its paths copied: to be changed, then appended. */
struct node rewrite_node(const struct rewrite *r, node_id old);

/* Appends a node made by rewrite_node or by hand; results have `dtype` and `layout`. Returns its first result. */
value_id rewrite_append(struct rewrite *r, const struct node *n, enum dtype dtype, enum layout layout);

/* A node with one input and the path of another (a cast, a reorder), appended. */
value_id rewrite_insert(struct rewrite *r, enum op op, value_id x, const char *path, enum dtype dtype,
                        enum layout layout);

/* The old node's results are now those of the new node that made `first`. */
void rewrite_map(struct rewrite *r, node_id old, value_id first);

/* Node, paths, dtype and layout as they were. A node that another takes in is left out. */
void rewrite_copy(struct rewrite *r, node_id old);

/* The node that made an old value, where it is of that operation and nothing but one node reads its only result: then
 * that node may take it in. Else NO_NODE. */
node_id rewrite_sole(const struct rewrite *r, value_id v, enum op op);

/* The paths of an old node behind those of a new one that replaces it, too. */
void rewrite_fold(const struct rewrite *r, struct node *n, node_id old);

/* Maps states' nexts and outputs, and returns the new graph; weights that nothing reads any more are left out of
 * plans by having no reader. The old graph stays the caller's. */
struct graph *rewrite_end(struct rewrite *r);

/* A pass that replaces patterns. mark sets r->into of the nodes that the pattern ending in an old node takes in, if there
 * is one; replace appends what stands for it, or returns false where there is none: then the node is copied. */
struct graph *rewrite_patterns(const struct graph *from, void (*mark)(struct rewrite *r, node_id old),
                               bool (*replace)(struct rewrite *r, node_id old));

/* A pass that changes no node: it says something of the graph, or of what happens around it. */
struct graph *rewrite_nothing(const struct graph *from);

/* How many nodes and outputs read a value. */
int graph_uses(const struct graph *g, value_id v);

#endif
