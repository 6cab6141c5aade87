/* Where values lie: strides from layouts, views resolved to the storage that they look at. */
#ifndef SDBENCH_GRAPH_PLACE_H
#define SDBENCH_GRAPH_PLACE_H

#include "pipeline/graph/graph.h"

/* Sets base, offset and stride of every value. A state's `next` is a view of the state: the update is in place. Fails
 * where strides cannot express a view (merge_heads of heads that are not side by side): a reorder node is missing. */
struct err graph_place(struct graph *g);

/* Strides of a shape stored densely in that layout. A layout of another rank means rows. */
void layout_strides(enum layout layout, struct shape shape, int64_t stride[MAX_RANK]);

/* The layout in which a view operation leaves its result, given its input's. */
enum layout layout_of_view(enum op op, enum layout input);

/* Whether two values of one shape step through memory in the same order of dimensions (sizes of 1 aside). */
bool values_same_order(const struct value *a, const struct value *b);

/* Whether a value's elements lie side by side, in any order of dimensions. */
bool value_is_dense(const struct value *v);

#endif
