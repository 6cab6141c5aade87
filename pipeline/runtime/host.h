/* Memory of backends that compute on the host. */
#ifndef SDBENCH_RUNTIME_HOST_H
#define SDBENCH_RUNTIME_HOST_H

#include "pipeline/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* The members of struct backend of the same names; state is not used. */
uint64_t host_free_bytes(void *state);
struct err host_allocate(void *state, size_t bytes, void **memory);
void host_release(void *state, void *memory, size_t bytes);
struct err host_copy_in(void *state, void *to, const void *host, size_t bytes);
struct err host_copy_out(void *state, void *host, const void *from, size_t bytes);

#endif
