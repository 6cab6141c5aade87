#include "profiler/cupti/metrics/library.h"

#include <cuda.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/libraries.h"

enum { CUDA_MAJOR_VERSION = CUDA_VERSION / 1000 };

struct err library_take(const struct library *l, const struct library_slot *slot, size_t slots)
{
    for (size_t i = 0; i < slots; i++) {
        void *found = l->find(l->handle, slot[i].symbol);
        if (!found)
            return err_make(ERR_ABSENT, "metrics: %s has no %s: it is too old, CUDA 12.6's or later is needed", l->name,
                            slot[i].symbol);
        memcpy(slot[i].to, &found, sizeof found);
    }
    return OK;
}

struct err library_cupti(struct library *out)
{
    static char name[32]; /* the same for all who ask */
    snprintf(name, sizeof name, "libcupti.so.%d", CUDA_MAJOR_VERSION);
    /* CUPTI opens its other half by its bare name. */
    const struct library_needs needs = {.variable = "SDBENCH_CUDA",
                                        .toolkit = "CUDA_HOME",
                                        .package = "nvidia",
                                        .driver = "libcuda.so.1",
                                        .beside = "libnvperf_*.so*",
                                        .names = name};
    char *missing = libraries_load(&needs);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    struct err e = handle ? OK
                          : err_make(ERR_ABSENT, "metrics: CUPTI cannot be opened: %s",
                                     missing ? missing : "it was there a moment ago");
    free(missing);
    *out = (struct library){name, handle, dlsym};
    return e;
}

struct err library_driver(struct library *out)
{
    *out = (struct library){"libcuda.so.1", dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL), dlsym};
    return out->handle ? OK : err_make(ERR_ABSENT, "metrics: no NVIDIA driver here (libcuda.so.1 cannot be opened)");
}
