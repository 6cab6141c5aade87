/* Safetensors files: 8 bytes of header length, a JSON header, then the tensors' bytes, one after the other.
 *
 *     struct safetensors *file;
 *     const struct stored_tensor *t;
 *     TRY(safetensors_open(path, &file));
 *     struct err e = safetensors_need(file, "noise", &t);      // an error names the file and what is wrong
 *     if (!e.code)
 *         checkpoint_read_f32(t, 0, shape_count(t->shape), noise);
 *     safetensors_free(file);
 *
 * The file is mapped, not read. Its header is believed in nothing: lengths, offsets, sizes and shapes are checked
 * against each other and against the file, and a file with overlaps, holes or a byte too many or too few is refused. */
#ifndef SDBENCH_WEIGHTS_SAFETENSORS_H
#define SDBENCH_WEIGHTS_SAFETENSORS_H

#include "pipeline/weights/stored_tensor.h"

struct safetensors;

struct err safetensors_open(const char *path, struct safetensors **out);

/* The same for bytes in memory, which must outlive it; `name` stands for the path in errors. */
struct err safetensors_parse(const void *bytes, size_t size, const char *name, struct safetensors **out);

void safetensors_free(struct safetensors *s);

/* Tensors in the order of their names. All that they point to lives until safetensors_free. */
size_t safetensors_count(const struct safetensors *s);
const struct stored_tensor *safetensors_at(const struct safetensors *s, size_t i);

/* NULL where there is none. It may be `unusable`: safetensors_need refuses both. */
const struct stored_tensor *safetensors_find(const struct safetensors *s, const char *name);
struct err safetensors_need(const struct safetensors *s, const char *name, const struct stored_tensor **out);

/* A text of the file's __metadata__, which may hold any characters; NULL where there is none. */
const char *safetensors_metadata(const struct safetensors *s, const char *key);

const char *safetensors_path(const struct safetensors *s);
size_t safetensors_bytes(const struct safetensors *s); /* of the whole file */

#endif
