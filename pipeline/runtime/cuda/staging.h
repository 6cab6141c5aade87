/* Parameters on their way to the device: two pinned buffers take turns. While one is on its way the next bytes are read
 * from the file into the other; what arrives as stored is cast and laid out on the device. */
#ifndef SDBENCH_CUDA_STAGING_H
#define SDBENCH_CUDA_STAGING_H

#include <cuda_runtime_api.h>

#include "pipeline/base/dtype.h"
#include "pipeline/base/error.h"

struct staging;

/* Large enough that a transfer's start does not show, small enough that the first one begins soon. */
enum { STAGING_BUFFERS = 2, STAGING_BYTES = 16 << 20, STAGING_DEVICE_BYTES = STAGING_BUFFERS * STAGING_BYTES };

struct err staging_open(cudaStream_t stream, struct staging **out);
void staging_close(struct staging *s); /* s may be NULL */

/* Gives the buffers back; the next send gets them anew. */
void staging_release(struct staging *s);

/* outer x middle x inner values of type `stored` on the host to outer x inner x middle of type `dtype` at `to` on the
 * device, each rounded once. Returns when the host's bytes have been read; the device may still be busy with them. */
struct err staging_send(struct staging *s, const void *host, enum dtype stored, void *to, enum dtype dtype,
                        int64_t outer, int64_t middle, int64_t inner);

#endif
