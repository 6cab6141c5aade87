/* cuDNN's descriptors behind functions that return errors, and lists that own them.
 *
 *     struct descriptors own = {0};
 *     descriptor x;
 *     TRY(descriptor_build(&own, CUDNN_BACKEND_TENSOR_DESCRIPTOR, "a tensor", attributes, ARRAY_LEN(attributes), &x));
 *     ...
 *     descriptors_free(&own);   // x, and all others, also after an error
 *
 * An error's line says what was being done, cuDNN's status, and the first line of what cuDNN says of it; its code is
 * ERR_ABSENT where cuDNN does not support what was asked. */
#ifndef SDBENCH_CUDA_CUDNN_DESCRIPTOR_H
#define SDBENCH_CUDA_CUDNN_DESCRIPTOR_H

#include <cudnn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/base/error.h"

typedef cudnnBackendDescriptor_t descriptor;

/* Owns descriptors. A zeroed one is empty. */
struct descriptors {
    descriptor *all;
    size_t count, capacity;
};
void descriptors_free(struct descriptors *own); /* the last made first */
void descriptors_pop(struct descriptors *own);  /* the last one */

struct attribute {
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    int64_t count;
    const void *value; /* count of them; cuDNN copies */
};

struct err dnn_check(cudnnStatus_t status, const char *doing, const char *what);

/* what: for a person, "a tensor". make: an empty one, to be filled by cuDNN. build: made, set and finalized. */
struct err descriptor_make(struct descriptors *own, cudnnBackendDescriptorType_t type, const char *what,
                           descriptor *out);
struct err descriptor_build(struct descriptors *own, cudnnBackendDescriptorType_t type, const char *what,
                            const struct attribute *attribute, size_t attributes, descriptor *out);

/* Reads up to `room` values; *count, which may be NULL where exactly `room` must be there, is how many there are. */
struct err descriptor_get(descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                          int64_t room, int64_t *count, void *values, const char *what);

#endif
