/* The null backend: does nothing, correctly. What a run still costs is the harness. */
#ifndef SDBENCH_RUNTIME_NULL_NULL_H
#define SDBENCH_RUNTIME_NULL_NULL_H

#include "pipeline/runtime/backend.h"

extern const struct backend backend_null;

#endif
