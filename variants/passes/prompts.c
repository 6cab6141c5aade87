/* Prompts that are encoded in one batch, and an empty prompt whose context is kept: it depends on weights alone, so a
 * process computes it once. Both happen around the graph (pipeline/contexts.c asks variant_runs); the graph stays.
 * On a CPU no gain in time could be measured: a row that pads the batch costs what the kept context saves. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

struct graph *pass_prompts(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_nothing(from);
}
