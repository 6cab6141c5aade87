/* The JSON header of a safetensors file, checked against itself and against the bytes that follow it. */
#ifndef SDBENCH_WEIGHTS_SAFETENSORS_HEADER_H
#define SDBENCH_WEIGHTS_SAFETENSORS_HEADER_H

#include "pipeline/weights/stored_tensor.h"

struct cJSON;

struct safetensors_header {
    struct cJSON *json; /* owns all names and texts */
    const struct cJSON *metadata;
    struct stored_tensor *tensor; /* by name */
    size_t count;
};

/* text: `length` bytes, followed by `data_bytes` bytes of tensors. On an error *h still has to be freed. */
struct err safetensors_header_parse(const void *text, size_t length, size_t data_bytes, struct safetensors_header *h);
void safetensors_header_free(struct safetensors_header *h);

#endif
