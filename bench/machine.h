/* The machine that a result was measured on. */
#ifndef SDBENCH_BENCH_MACHINE_H
#define SDBENCH_BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

struct machine {
    char cpu[128];           /* model; "" where unknown */
    char kernel[128];        /* "Linux 6.1.0 x86_64" */
    int cores, cores_online; /* that this process may use; that there are */
    uint64_t memory_bytes;
};
struct machine machine_describe(void);

#endif
