/* Delaying an operation: f(op(x)) becomes op(f(x)) for as many f as allow it, so that f works on the smaller x. The
 * operation copies (a row of a table, a batch several times), and f works on each copy alone: exact.
 *
 * A value that is still to be copied is pending: it exists as what it will be copied from, until somebody needs it. */
#ifndef SDBENCH_VARIANTS_DELAY_H
#define SDBENCH_VARIANTS_DELAY_H

#include "pipeline/graph/rewrite.h"

struct delay_rule {
    bool (*begins)(const struct graph *g, const struct node *n);            /* this node is to be delayed */
    bool (*passes)(const struct graph *g, const struct node *n);            /* it may be delayed past this one ... */
    bool (*hinders)(const struct graph *g, const struct node *n, int input); /* ... unless it has such an input, which
                                                                                is not pending itself */
};

struct graph *delay(const struct graph *from, const struct delay_rule *rule);

#endif
