/* For those who want the residual stream of `mixed` in float32 on a backend that stores it in 16 bit (CUDA: no convolution
 * there writes float32 of 16-bit operands; the sum is then an operation of its own). It changes what cast does:
 * variant_apply puts it into the context of all passes. Where residual sums are float32 anyway, as on the CPU, and in
 * variants without cast, nothing changes. */
#include "pipeline/graph/rewrite.h"
#include "variants/variant.h"

struct graph *pass_residual_float32(const struct graph *from, const struct pass_context *c)
{
    (void)c;
    return rewrite_nothing(from);
}
