/* Writing checkpoints: synthetic ones from a seed, and others in another layout or dtype. */
#ifndef SDBENCH_WEIGHTS_STORE_H
#define SDBENCH_WEIGHTS_STORE_H

#include "pipeline/weights/checkpoint.h"

/* Told of each few megabytes. Returns false to stop, which leaves nothing behind. */
struct weights_progress {
    bool (*report)(void *to, uint64_t bytes_done, uint64_t bytes); /* may be NULL */
    void *to;
};

/* What to write. A folder's files are named as other programs look for them: `.fp16.` and `.bf16.` in the 16-bit types.
 * A CompVis file has the VAE attention as [C, C, 1, 1]. */
struct weights_output {
    const char *path; /* a folder, made where missing, or a file; what is there is replaced once all is written */
    enum weights_layout layout;
    enum dtype dtype; /* f32, f16 or bf16 */
    const struct tensor_spec *spec;
    size_t count;
    const struct checkpoint_rules *v1; /* for a folder's config.json files */
    struct weights_progress progress;
};

/* Both fail before anything is written where the disk is too small, and by name on a value that is not finite, or not
 * in the dtype asked for. A checkpoint may be converted over itself. */
struct err weights_make(const struct weights_output *out, uint64_t seed);
struct err weights_convert(const struct weights_output *out, const struct checkpoint *from);

#endif
