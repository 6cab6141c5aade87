/* Timing of candidates on the device: made-up operands, and events around runs. */
#ifndef SDBENCH_CUDA_TIMING_H
#define SDBENCH_CUDA_TIMING_H

#include <cuda_runtime_api.h>

#include "pipeline/base/error.h"

#include <stdint.h>

enum { TIMING_OPERANDS = 6 }; /* of a convolution: five, and the workspace */

struct timing;
struct err timing_open(cudaStream_t stream, struct timing **out);
void timing_close(struct timing *t); /* t may be NULL */

/* Memory for operands of these sizes, aligned to 256, filled with small numbers; the same memory for every call. NULL
 * where a size is 0. Fails where the device has no room. */
struct err timing_operands(struct timing *t, const size_t bytes[TIMING_OPERANDS], void *at[TIMING_OPERANDS]);

/* Runs enqueue on the stream; *ns is what all of them took on the device: several as one recorded graph, where that can
 * be. The first run of a candidate should be a single one: libraries load code then, which a recording may forbid. */
struct err timing_run(struct timing *t, struct err (*run)(void *context), void *context, int runs, int64_t *ns);

/* The memory is given back; later calls get it anew. */
void timing_release(struct timing *t);

#endif
