/* Values of one shape, walked together: as rows of elements that lie at even distances in each of them.
 *
 * Dimensions are taken in the order of the first value's memory and joined wherever all values allow, so that dense
 * tensors of one layout are a single row, whatever that layout is. */
#ifndef SDBENCH_CPU_WALK_H
#define SDBENCH_CPU_WALK_H

#include "pipeline/graph/graph.h"

enum { WALK_VALUES = 3, WALK_PIECE = 2048 /* elements of a row that are handled at once */ };

struct walk {
    int values, outer;                                        /* dimensions that make up the rows */
    int64_t rows, length;                                     /* length 1 where a row would not be even in all values */
    int64_t dim[MAX_RANK];                                    /* of the rows, slowest first */
    int64_t stride[WALK_VALUES][MAX_RANK], step[WALK_VALUES]; /* between rows, and inside a row; elements */
};

/* The first value gives the shape; others may be broadcast to it: fewer dimensions, or ones. */
struct walk walk_make(int values, const struct value *const value[]);

/* The same with rows that are the last dimension, in the order of the shape: what norms over it need. Their elements
 * must lie side by side in every value. */
struct err walk_make_rows(int values, const struct value *const value[], struct walk *out);

/* Makes rows of one element out of rows that are not contiguous (step 1; 0 too, but in the first value). */
void walk_split(struct walk *w);

/* Where a row begins in each value. */
void walk_at(const struct walk *w, int64_t row, int64_t offset[WALK_VALUES]);

/* Whether a value's elements lie side by side in the order of its shape. */
bool value_is_packed(const struct value *v);

/* Calls piece(context, offset, n) for every piece of every row, on all threads. */
void walk_run(const struct walk *w, void (*piece)(const void *context, const int64_t offset[WALK_VALUES], int64_t n),
              const void *context);

#endif
