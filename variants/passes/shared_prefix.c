/* Shared guidance prefix. Both branches of guidance begin with the same latent, and nothing tells them apart before the
 * first attention to a context: what comes before is computed once, and the copy for the other branch is made there,
 * and where a skip connection brings it to the branches later. */
#include "variants/delay.h"
#include "variants/variant.h"

static bool repeats(const struct graph *g, const struct node *n)
{
    return n->op == OP_repeat && node_value(g, n, 0)->rate == RATE_LOOP;
}

static bool works_by_samples(const struct graph *g, const struct node *n)
{
    (void)g;
    switch (n->op) {
    case OP_repeat:
    case OP_guidance:
    case OP_sampler_update:
    case OP_advance:
    case OP_pixels:
    case OP_embedding:
    case OP_step_row:
    case OP_channels:
        return false;
    default:
        return ops[n->op].kind != KIND_LOAD;
    }
}

/* Layer parameters serve every sample, and so does an operand that is broadcast to them. */
static bool has_samples(const struct graph *g, const struct node *n, int input)
{
    struct shape s = node_value(g, n, input)->shape;
    return input >= node_first_activation(n) && s.rank == node_result(g, n, 0)->shape.rank && s.dim[0] > 1;
}

struct graph *pass_shared_prefix(const struct graph *from, const struct pass_context *c)
{
    static const struct delay_rule rule = {repeats, works_by_samples, has_samples};
    (void)c;
    return delay(from, &rule);
}
