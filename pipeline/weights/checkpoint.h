/* A checkpoint: a diffusers folder or a CompVis single file, checked against the tensors that a model needs.
 *
 *     struct checkpoint *c;
 *     TRY(checkpoint_open(path, manifest.spec, manifest.count, &v1, &c));
 *     const struct stored_tensor *t = checkpoint_find(c, "unet/conv_in.weight");
 *     checkpoint_read_f32(t, 0, shape_count(t->shape), values);
 *     stored_tensor_release(t);
 *     checkpoint_free(c);
 */
#ifndef SDBENCH_WEIGHTS_CHECKPOINT_H
#define SDBENCH_WEIGHTS_CHECKPOINT_H

#include "pipeline/weights/checkpoint_config.h"
#include "pipeline/weights/checkpoint_files.h"

struct checkpoint;

/* Every tensor of the list must be there, in its shape, as F32, F16 or BF16, and nothing else but what is known to be
 * of no use (schedules, position ids, averaged copies). The error lists all that is missing, too much or wrong. Values
 * are not looked at. `v1` is what config.json files must agree with. */
struct err checkpoint_open(const char *path, const struct tensor_spec *spec, size_t count,
                           const struct checkpoint_rules *v1, struct checkpoint **out);
void checkpoint_free(struct checkpoint *c);

/* By diffusers path, with the name and shape of the list that it was opened with, whatever the file's; NULL where the
 * list has none. Lives until checkpoint_free. */
const struct stored_tensor *checkpoint_find(const struct checkpoint *c, const char *name);

/* A text of the first file's __metadata__: "weights_seed" where the weights are synthetic. NULL where there is none. */
const char *checkpoint_metadata(const struct checkpoint *c, const char *key);

enum weights_layout checkpoint_layout(const struct checkpoint *c);
uint64_t checkpoint_bytes(const struct checkpoint *c); /* of its files */

#endif
