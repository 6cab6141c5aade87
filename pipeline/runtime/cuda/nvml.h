/* What the driver's management library knows and CUDA does not say. It is read, never written; where it is missing
 * nothing is known. */
#ifndef SDBENCH_CUDA_NVML_H
#define SDBENCH_CUDA_NVML_H

#include <stddef.h>

/* The driver's version, "580.65.06"; "" where unknown. */
void nvml_driver(char *out, size_t size);

/* Processes that compute on the device with this PCI bus id, but for this one and its parent (bench, which has looked
 * at the device and waits); -1 where unknown (a container may not see them all). */
int nvml_other_processes(const char *bus);

#endif
