/* The backend that computes on the processor's cores: products by oneDNN, the rest by loops of our own.
 *
 * What it expects of a plan, and refuses by name where it is not so: float32 and bfloat16; images channels last; rows
 * whose last dimension is contiguous; heads as views of token rows. Results have the same bits whatever the number of
 * threads: every own loop splits its work in pieces that do not depend on it. */
#ifndef SDBENCH_CPU_CPU_H
#define SDBENCH_CPU_CPU_H

#include "pipeline/runtime/backend.h"

extern const struct backend backend_cpu __attribute__((visibility("default")));

#endif
