/* Opening cuDNN on a device, or on a description of one. */
#include "pipeline/runtime/cuda/cudnn/graph.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err open_stream(struct dnn *d, cudaStream_t stream)
{
    TRY(dnn_check(cudnnCreate(&d->handle), "opening", "the device"));
    return dnn_check(cudnnSetStream(d->handle, stream), "setting", "the stream");
}

static struct err open_described(struct dnn *d, const char *json)
{
    TRY(dnn_check_version());
#if CUDNN_VERSION >= 90800
    const struct attribute a = {CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, (int64_t)strlen(json),
                                json};
    return descriptor_build(&d->own, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, "a described device", &a, 1, &d->device);
#else
    (void)d, (void)json;
    return err_make(ERR_ABSENT,
                    "this program was compiled for cuDNN %d.%d.%d, which plans only for devices that are there: "
                    "describing one needs 9.8",
                    CUDNN_MAJOR, CUDNN_MINOR, CUDNN_PATCHLEVEL);
#endif
}

/* cuDNN loads NVRTC to see whether an engine can be compiled, and unloads it, for every graph that it is asked about.
 * Its relocations take longer than all else, and each time 72 KB that it never frees are lost: it stays, also after
 * dlclose. */
static void hold_nvrtc(struct dnn *d)
{
    char name[32];
    snprintf(name, sizeof name, "libnvrtc.so.%d", NVRTC_MAJOR);
    d->nvrtc = dlopen(name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
}

static struct err opened(struct dnn *d, struct err e, struct dnn **out)
{
    if (e.code) {
        dnn_close(d);
        return e;
    }
    hold_nvrtc(d);
    *out = d;
    return OK;
}

struct err dnn_open(cudaStream_t stream, struct dnn **out)
{
    struct dnn *d = calloc(1, sizeof *d);
    if (!d)
        return err_fail("cuDNN: out of memory for a handle");
    struct err e = dnn_check_version();
    return opened(d, e.code ? e : open_stream(d, stream), out);
}

struct err dnn_open_described(const char *json, struct dnn **out)
{
    struct dnn *d = calloc(1, sizeof *d);
    if (!d)
        return err_fail("cuDNN: out of memory for a handle");
    return opened(d, open_described(d, json), out);
}

void dnn_close(struct dnn *d)
{
    if (!d)
        return;
    descriptors_free(&d->own);
    if (d->handle)
        cudnnDestroy(d->handle);
    if (d->nvrtc)
        dlclose(d->nvrtc);
    free(d);
}

size_t dnn_device_attribute(const struct dnn *d, cudnnBackendAttributeName_t name, struct attribute *out)
{
    if (!d->device)
        return 0;
    *out = (struct attribute){name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &d->device};
    return 1;
}
