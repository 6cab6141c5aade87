/* Status codes of CUDA's libraries as errors. */
#ifndef SDBENCH_CUDA_CHECK_H
#define SDBENCH_CUDA_CHECK_H

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include "pipeline/base/error.h"

/* OK, or one line that says what was being done. A fault on the device shows at a later call, and every call after it
 * fails too: the line says so. */
struct err cuda_check(cudaError_t status, const char *doing);
struct err cublas_check(cublasStatus_t status, const char *doing);

#endif
