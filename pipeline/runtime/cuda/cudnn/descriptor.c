#include "pipeline/runtime/cuda/cudnn/descriptor.h"

#include <stdlib.h>
#include <string.h>

static bool is_unsupported(cudnnStatus_t status)
{
    return status >= CUDNN_STATUS_NOT_SUPPORTED && status < CUDNN_STATUS_NOT_SUPPORTED + 1000;
}

/* cuDNN is one small library that loads others, by its own folder or the loader's path: two installations can mix. */
static bool is_of_parts(cudnnStatus_t status)
{
    return status == CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH || status == CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED;
}

struct err dnn_check(cudnnStatus_t status, const char *doing, const char *what)
{
    char said[512] = "";
    if (status == CUDNN_STATUS_SUCCESS)
        return OK;
    cudnnGetLastErrorString(said, sizeof said);
    said[strcspn(said, "\r\n")] = 0;
    return err_make(is_unsupported(status) ? ERR_ABSENT : ERR_FAILED, "cuDNN: %s %s: %s%s%s%s", doing, what,
                    cudnnGetErrorString(status), *said ? ": " : "", said,
                    is_of_parts(status) ? ": one of its libraries is missing, or of another installation" : "");
}

void descriptors_pop(struct descriptors *own)
{
    if (own->count)
        cudnnBackendDestroyDescriptor(own->all[--own->count]);
}

void descriptors_free(struct descriptors *own)
{
    while (own->count)
        descriptors_pop(own);
    free(own->all);
    *own = (struct descriptors){0};
}

/* Room comes first: a descriptor that is made can be kept. */
static struct err reserve(struct descriptors *own)
{
    if (own->count < own->capacity)
        return OK;
    size_t capacity = own->capacity ? 2 * own->capacity : 16;
    descriptor *all = realloc(own->all, capacity * sizeof *all);
    if (!all)
        return err_fail("cuDNN: out of memory for %zu descriptors", capacity);
    own->all = all;
    own->capacity = capacity;
    return OK;
}

struct err descriptor_make(struct descriptors *own, cudnnBackendDescriptorType_t type, const char *what,
                           descriptor *out)
{
    TRY(reserve(own));
    TRY(dnn_check(cudnnBackendCreateDescriptor(type, out), "making", what));
    own->all[own->count++] = *out;
    return OK;
}

struct err descriptor_build(struct descriptors *own, cudnnBackendDescriptorType_t type, const char *what,
                            const struct attribute *attribute, size_t attributes, descriptor *out)
{
    TRY(descriptor_make(own, type, what, out));
    for (size_t i = 0; i < attributes; i++) {
        const struct attribute *a = &attribute[i];
        TRY(dnn_check(cudnnBackendSetAttribute(*out, a->name, a->type, a->count, a->value), "describing", what));
    }
    return dnn_check(cudnnBackendFinalize(*out), "finalizing", what);
}

struct err descriptor_get(descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          int64_t room, int64_t *count, void *values, const char *what)
{
    int64_t there = 0;
    TRY(dnn_check(cudnnBackendGetAttribute(d, name, type, room, &there, values), "reading", what));
    if (count)
        *count = there;
    else if (there != room)
        return err_fail("cuDNN: reading %s: %lld values, not %lld", what, (long long)there, (long long)room);
    return OK;
}
