#include "profiler/cupti/library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/libraries.h"
#include "profiler/cupti/result.h"

/* Of the toolkit that the object was built with: the Makefile says it. */
#define CUPTI_LIBRARY "libcupti.so." CUDA_MAJOR

static const struct library_needs needs = {
    .variable = "SDBENCH_CUDA",
    .toolkit = "CUDA_HOME",
    .package = "nvidia",
    .driver = "libcuda.so.1",
    .below = "/extras/CUPTI/lib64", /* of a toolkit that was installed from NVIDIA's packages */
    .names = CUPTI_LIBRARY,
};

struct err library_take(const struct library *l, const struct library_slot *slot, size_t slots)
{
    for (size_t i = 0; i < slots; i++) {
        void *found = l->find(l->handle, slot[i].symbol);
        if (!found && !slot[i].optional)
            return err_make(ERR_ABSENT, "%s is too old: it holds no %s", l->name, slot[i].symbol);
        memcpy(slot[i].to, &found, sizeof found);
    }
    return OK;
}

struct err library_cupti(bool counters, struct library *out)
{
    struct library_needs with = needs;
    with.beside = counters ? "libnvperf_*.so*" : NULL;
    char *missing = libraries_load(&with);
    *out = (struct library){CUPTI_LIBRARY, dlopen(CUPTI_LIBRARY, RTLD_NOW | RTLD_LOCAL), dlsym};
    struct err e = out->handle ? OK
                               : err_make(ERR_ABSENT, "CUPTI is missing: %s; install the toolkit's CUPTI",
                                          missing ? missing : dlerror());
    free(missing);
    return e;
}

struct err library_driver(struct library *out)
{
    void *handle = libraries_have_driver(&needs) ? dlopen(needs.driver, RTLD_NOW | RTLD_LOCAL) : NULL;
    *out = (struct library){needs.driver, handle, dlsym};
    return handle ? OK
                  : err_make(ERR_ABSENT, "no NVIDIA driver is here (%s): install one, or run a container with its GPUs",
                             needs.driver);
}

static const char *version_text(uint32_t version, char *out, size_t size)
{
    if (version >= 10000)
        snprintf(out, size, "%u.%u.%u", version / 10000, version / 100 % 100, version % 100);
    else
        snprintf(out, size, "API %u", version);
    return out;
}

void cupti_describe_version(uint32_t version, struct text *out)
{
    char has[32], header[32];
    text_add(out, "CUPTI %s (built for %s)", version_text(version, has, sizeof has),
             version_text(CUPTI_API_VERSION, header, sizeof header));
}

struct err library_cupti_version(__typeof__(cuptiGetVersion) *ask, uint32_t *version)
{
    char has[32], wanted[32];
    TRY(cupti_result(ask(version), ERR_ABSENT, "asking for its version", NULL));
    if (*version >= CUPTI_API_VERSION)
        return OK;
    return err_make(ERR_ABSENT,
                    "CUPTI is too old: " CUPTI_LIBRARY " is version %s, this program was built for %s (a newer CUDA "
                    "toolkit, or building with the one that is here, helps)",
                    version_text(*version, has, sizeof has), version_text(CUPTI_API_VERSION, wanted, sizeof wanted));
}
