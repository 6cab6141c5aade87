/* Launches recorded as a CUDA graph: members of struct backend. The address of every operand is fixed once a plan is
 * bound, so a recording is replayed as it is, for every step: what changes between steps lies in device memory. */
#ifndef SDBENCH_CUDA_RECORDING_H
#define SDBENCH_CUDA_RECORDING_H

#include <stddef.h>

#include "pipeline/base/error.h"

struct err recording_begin(void *state);
struct err recording_end(void *state, void **recording);
size_t recording_recorded(void *state);
struct err recording_replay(void *state, void *recording);
void recording_forget(void *state, void *recording);

#endif
