/* Writing safetensors files: all tensors are declared first, then their bytes follow in that order. The file appears
 * under its name when it is complete, and not before.
 *
 *     struct safetensors_writer w;
 *     struct err e = safetensors_create(path, tensors, count, metadata, pairs, &w);
 *     for (size_t i = 0; i < count && !e.code; i++)
 *         e = safetensors_write(&w, tensors[i].data, tensors[i].bytes);      // or in smaller pieces
 *     return e.code ? e : safetensors_commit(&w);
 */
#ifndef SDBENCH_WEIGHTS_SAFETENSORS_WRITER_H
#define SDBENCH_WEIGHTS_SAFETENSORS_WRITER_H

#include "pipeline/base/file.h"
#include "pipeline/weights/stored_tensor.h"

/* A line of __metadata__. */
struct safetensors_text {
    const char *key, *value;
};

struct safetensors_writer {
    struct file_writer file;
    uint64_t bytes, written; /* of the tensors */
};

/* A tensor to declare, and its values where safetensors_save shall write them. */
struct stored_tensor stored_tensor_make(const char *name, enum dtype dtype, struct shape shape, const void *data);

/* Of the tensors only name, shape and dtype are used. Their bytes are aligned for their dtype where wider dtypes come
 * first. Any error below ends the writing and leaves what stood at `path` before. */
struct err safetensors_create(const char *path, const struct stored_tensor *tensors, size_t count,
                              const struct safetensors_text *metadata, size_t texts, struct safetensors_writer *w);
struct err safetensors_write(struct safetensors_writer *w, const void *bytes, size_t n);
struct err safetensors_commit(struct safetensors_writer *w);
void safetensors_abandon(struct safetensors_writer *w); /* legal after any error, after commit, and on a zeroed one */

/* All at once, from the tensors' data. */
struct err safetensors_save(const char *path, const struct stored_tensor *tensors, size_t count,
                            const struct safetensors_text *metadata, size_t texts);

#endif
