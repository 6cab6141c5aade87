/* Which arithmetic an engine may use. */
#ifndef SDBENCH_CUDA_CUDNN_NUMERICS_H
#define SDBENCH_CUDA_CUDNN_NUMERICS_H

#include <cudnn.h>

#include "pipeline/runtime/cuda/cudnn/dnn.h"

/* The name of a note that the numerics refuse, or NULL where the note is allowed. A note that is not in the table, of a
 * newer library, is refused as "UNKNOWN". */
const char *numerics_refuse(enum numerics n, cudnnBackendNumericalNote_t note);

/* Whether values of this type go with the numerics: float32, or 16 bits. */
bool numerics_fit(enum numerics n, enum dtype values);

#endif
