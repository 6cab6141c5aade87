/* Theoretical occupancy: how many warps of a kernel a multiprocessor can hold, what limits them, and how many times the
 * device has to be filled for the grid. It says nothing of clusters, whose blocks have to be placed together.
 *
 * The calculator is NVIDIA's (cuda_occupancy.h of a toolkit), and the limits come from the device at run time: both are
 * in the shared object sdbench-cupti.so. Where that is not there, occupancy is not known. */
#ifndef SDBENCH_PROFILER_OCCUPANCY_OCCUPANCY_H
#define SDBENCH_PROFILER_OCCUPANCY_OCCUPANCY_H

#include "profiler/trace/trace.h"

struct occupancy_device {
    int major, minor; /* compute capability */
    int multiprocessors;
    int warp; /* threads of one */
    int threads_per_block, threads_per_multiprocessor;
    int registers_per_block, registers_per_multiprocessor;
    /* Bytes: what a block has without asking, by asking, what all blocks of a multiprocessor share, and what the
     * system keeps of each block. */
    int shared_per_block, shared_per_block_optin, shared_per_multiprocessor, shared_reserved;
};

struct occupancy {
    double share; /* warps that are resident / warps that fit a multiprocessor */
    int blocks_per_multiprocessor;
    const char
        *limiter; /* "registers", "shared memory", "registers and shared memory", "blocks", "warps", "barriers" */
    double waves; /* blocks of the grid / blocks that are resident at once; 1.2: a fifth of a wave is a tail */
};

/* What sdbench-cupti.so exports as `occupancy_cupti`. */
struct occupancy_calculator {
    /* ERR_ABSENT where there is no driver, or no such device. `device` counts as the driver does. */
    struct err (*device)(int device, struct occupancy_device *out);

    /* ERR_FAILED with one line where the shape cannot run on the device, or the device is not known to the toolkit. */
    struct err (*of)(const struct kernel_shape *shape, const struct occupancy_device *device, struct occupancy *out);
};

#endif
