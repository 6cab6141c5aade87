/* Which device: the one asked for, its facts, and what speaks against using it. */
#ifndef SDBENCH_CUDA_DEVICE_H
#define SDBENCH_CUDA_DEVICE_H

#include "pipeline/runtime/backend.h"

struct described_device;

struct cuda_device {
    struct device_facts facts;
    size_t shared_bytes;                      /* of one block, opted in */
    const struct described_device *described; /* NULL for a real one */
};

/* Makes the device of options->device current: a number in PCI bus order, a UUID ("GPU-...", "MIG-...") or a described
 * one's name. ERR_ABSENT where there is no driver, no device, or a driver too old, with what would help. */
struct err device_open(const struct backend_options *options, struct cuda_device *out);

/* Bytes that can be allocated now. */
uint64_t device_free_bytes(const struct cuda_device *d);

#endif
