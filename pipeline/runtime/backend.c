#include "pipeline/runtime/backend.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/name.h"
#include "pipeline/base/phase.h"
#include "pipeline/runtime/null/null.h"
#include "pipeline/runtime/objects.h"
#include "pipeline/runtime/reference/reference.h"

/* The toolkit that the object was built with (the Makefile says it). */
#ifndef CUDA_MAJOR
#define CUDA_MAJOR "13"
#endif

/* cuDNN looks for its parts and for NVRTC by name while it makes plans; the driver's library is there or is not. */
static const struct library_needs cuda_needs = {
    .variable = "SDBENCH_CUDA",
    .toolkit = "CUDA_HOME",
    .package = "nvidia",
    .driver = "libcuda.so.1",
    .beside = "libnvrtc-builtins.so.*",
    .names = "libcudart.so." CUDA_MAJOR " libcublasLt.so." CUDA_MAJOR " ?libnvrtc.so." CUDA_MAJOR " libcudnn.so.9",
};

const struct backend_row backend_rows[] = {
    {"cuda", "NVIDIA GPUs: cuDNN, cuBLASLt, kernels of our own, CUDA graphs", NULL, "sdbench-cuda.so", "backend_cuda",
     &cuda_needs},
    {"cpu", "oneDNN, channels last, all cores", NULL, "sdbench-cpu.so", "backend_cpu", NULL},
    {"reference", "obvious loops with double sums: slow, the oracle of every test", &backend_reference, NULL, NULL,
     NULL},
    {"null", "does nothing, correctly: measures the harness itself", &backend_null, NULL, NULL, NULL},
    {0},
};

bool backend_has_driver(const char *name)
{
    for (const struct backend_row *row = backend_rows; row->name; row++)
        if (!strcmp(row->name, name)) {
            enum phase before = phase_enter(PHASE_library);
            bool has = !row->needs || libraries_have_driver(row->needs);
            phase_return(before);
            return has;
        }
    return false;
}

static struct err load(const struct backend_row *row, const struct backend **out)
{
    char why[1024], *missing = row->needs ? libraries_load(row->needs) : NULL;
    void *handle = object_open(row->object, why, sizeof why);
    struct err e = handle ? OK
                          : err_make(ERR_ABSENT, "backend %s cannot be opened: %s%s%s", row->name, why,
                                     missing ? "; not found: " : "", missing ? missing : "");
    free(missing);
    TRY(e);
    *out = dlsym(handle, row->symbol);
    return *out ? OK : err_make(ERR_ABSENT, "backend %s: %s holds no %s", row->name, row->object, row->symbol);
}

struct err backend_find(const char *name, const struct backend **out)
{
    const char *names[ARRAY_LEN(backend_rows)] = {0};
    size_t i = 0;
    for (size_t k = 0; backend_rows[k].name; k++)
        names[k] = backend_rows[k].name;
    TRY(name_find("backend", name, names, &i));
    *out = backend_rows[i].built_in;
    if (*out)
        return OK;
    enum phase before = phase_enter(PHASE_library);
    struct err e = load(&backend_rows[i], out);
    phase_return(before);
    return e;
}
