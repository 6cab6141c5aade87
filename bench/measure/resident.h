/* Files in the page cache, so that a cold start reads memory and not a disk, and all variants begin alike. */
#ifndef SDBENCH_BENCH_MEASURE_RESIDENT_H
#define SDBENCH_BENCH_MEASURE_RESIDENT_H

#include "bench/progress.h"

/* Reads a checkpoint, a file or all .safetensors files in a folder, once from end to end. *share is the part that then
 * lies in memory: less than 1 where memory is too small to hold it; below 0 where the kernel does not tell. */
struct err resident_make(const char *path, struct progress *progress, double *share);

#endif
