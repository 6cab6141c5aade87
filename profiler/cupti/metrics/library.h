/* Functions of a library that is loaded at run time, and CUPTI itself. */
#ifndef SDBENCH_CUPTI_METRICS_LIBRARY_H
#define SDBENCH_CUPTI_METRICS_LIBRARY_H

#include <stddef.h>

#include "pipeline/base/error.h"

/* A library is something that finds a symbol: dlsym, or a test's own. */
struct library {
    const char *name;
    void *handle;
    void *(*find)(void *handle, const char *symbol);
};

struct library_slot {
    const char *symbol;
    void *to; /* a function pointer's address */
};

/* ERR_ABSENT where one is missing: the library is too old. */
struct err library_take(const struct library *l, const struct library_slot *slot, size_t slots);

/* CUPTI of the toolkit that this was built with; it stays loaded. ERR_ABSENT where it is not found. */
struct err library_cupti(struct library *out);

/* libcuda.so.1; ERR_ABSENT where there is no driver. */
struct err library_driver(struct library *out);

#endif
