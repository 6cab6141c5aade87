/* NVML, the management library of NVIDIA's driver: what it knows and CUDA does not say. Opened at run time, since it
 * comes with the driver; declared here, since its header is no part of every toolkit. It is read, never written, and it
 * makes no context, so that who asks it may still start others.
 *
 *     struct nvml n;
 *     if (nvml_open(&n)) {
 *         if (n.power && n.power(device, &mw) == NVML_SUCCESS) ...
 *         nvml_close(&n);
 *     } else
 *         puts(n.reason);
 */
#ifndef SDBENCH_RUNTIME_NVML_H
#define SDBENCH_RUNTIME_NVML_H

#include <stdbool.h>
#include <stddef.h>

enum { NVML_SUCCESS = 0, NVML_NOT_SUPPORTED = 3, NVML_CLOCK_SM = 1, NVML_CLOCK_MEMORY = 2, NVML_SENSOR_GPU = 0 };

/* nvmlFieldValue_t. `type` says which member of the value is set. */
struct nvml_field {
    unsigned id, scope;
    long long at_us, latency_us;
    enum { NVML_DOUBLE, NVML_UINT, NVML_ULONG, NVML_ULONG_LONG, NVML_LONG_LONG, NVML_INT, NVML_USHORT } type;
    int result;
    union {
        double real;
        unsigned small;
        int whole;
        unsigned short shorter;
        unsigned long wide;
        unsigned long long widest;
        long long signed_widest;
    } value;
};

/* nvmlViolationTime_t: both in ns. */
struct nvml_violation {
    unsigned long long reference_ns, violated_ns;
};

/* nvmlUtilization_t: percent of the last sampling period, a sixth of a second to a second. */
struct nvml_utilisation {
    unsigned gpu, memory;
};

/* nvmlMemory_v2_t: `used` without what the driver reserves for itself. Set the version before the call. */
struct nvml_memory {
    unsigned version;
    unsigned long long total, reserved, unused, used;
};
enum { NVML_MEMORY_VERSION = sizeof(struct nvml_memory) | 2 << 24 };

/* nvmlProcessInfo_t of the third kind; `used` is NVML_NO_BYTES where it is not known. */
struct nvml_process {
    unsigned pid;
    unsigned long long used;
    unsigned gpu_instance, compute_instance;
};
#define NVML_NO_BYTES (~0ull)

/* Functions that are not required are NULL where the library has none. */
struct nvml {
    void *library;
#define NVML(needed, type, field, name, older, parameters) type(*field) parameters;
#include "pipeline/runtime/nvml.def"
#undef NVML
    char reason[160]; /* why it is not open; else "" */
};
bool nvml_open(struct nvml *n);
void nvml_close(struct nvml *n); /* legal twice, and after nvml_open failed */

/* Processes that compute on a device: how many, -1 where that is not known or there are more than `most`. One that only
 * draws, as a desktop does, is told by its memory and by the device's utilisation. */
int nvml_processes(const struct nvml *n, void *device, struct nvml_process *out, int most);

/* Opened for one question. The driver's version, "580.65.06"; "" where unknown. */
void nvml_driver_version(char *out, size_t size);

/* Processes on the device with this PCI bus id, but for this one and its parent (bench, which has looked at the device
 * and waits); -1 where unknown (a container may not see them all). */
int nvml_other_processes(const char *bus);

#endif
