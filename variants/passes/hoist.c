/* Hoisting by rate. What depends on the prompt alone (keys and values of contexts) is computed once a prompt. What is
 * computed row by row from a table with one row a step is computed for all rows at once, before the loop, and the loop
 * picks its row last: f(row i of T) = row i of f(T). So the time embeddings of all blocks leave the loop. */
#include "variants/delay.h"
#include "variants/variant.h"

static bool picks(const struct graph *g, const struct node *n)
{
    return n->op == OP_step_row && node_value(g, n, 0)->rate == RATE_RUN;
}

static bool works_by_rows(const struct graph *g, const struct node *n)
{
    (void)g;
    return n->op == OP_linear || n->op == OP_geglu || n->op == OP_layer_norm ||
           (ops[n->op].kind == KIND_ELEMENTWISE && n->op != OP_guidance && n->op != OP_sampler_update &&
            n->op != OP_pixels && n->op != OP_advance);
}

/* Only one operand has a row a step; all else must come from the checkpoint. */
static bool is_no_weight(const struct graph *g, const struct node *n, int input)
{
    return node_value(g, n, input)->rate != RATE_LOAD;
}

struct graph *pass_hoist(const struct graph *from, const struct pass_context *c)
{
    static const struct delay_rule rule = {picks, works_by_rows, is_no_weight};
    (void)c;
    struct graph *to = delay(from, &rule);
    to->hoists_run = true;
    return to;
}
