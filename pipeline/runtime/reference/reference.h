/* The reference backend: obvious loops with double sums, results rounded once. The oracle of every test. */
#ifndef SDBENCH_RUNTIME_REFERENCE_REFERENCE_H
#define SDBENCH_RUNTIME_REFERENCE_REFERENCE_H

#include "pipeline/runtime/backend.h"

extern const struct backend backend_reference;

#endif
