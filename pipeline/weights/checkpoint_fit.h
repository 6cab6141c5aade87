/* Whether the tensors of a checkpoint's files are those that a model needs. */
#ifndef SDBENCH_WEIGHTS_CHECKPOINT_FIT_H
#define SDBENCH_WEIGHTS_CHECKPOINT_FIT_H

#include "pipeline/weights/checkpoint_files.h"

/* out[i] is the tensor of spec[i], with its name and shape. The error is one line that lists all tensors that are
 * missing, too much, misshaped or of a dtype that is no weight's, in the spelling of the files. */
struct err checkpoint_fit(const struct checkpoint_files *f, const struct tensor_spec *spec, size_t count,
                          struct stored_tensor *out);

#endif
