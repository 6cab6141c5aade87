/* What a record is called in a trace: a kernel by its C++ name without result and parameters, a call by the function's
 * name, all else in words. */
#ifndef SDBENCH_CUPTI_NAMES_H
#define SDBENCH_CUPTI_NAMES_H

#include "profiler/cupti/calls.h"
#include "profiler/cupti/decode.h"
#include "profiler/cupti/id_map.h"

struct names {
    struct trace *trace;
    const struct cupti *cupti;                                                    /* NULL: calls have numbers */
    char *(*demangle)(const char *mangled, char *out, size_t *size, int *status); /* of C++'s library; NULL */
    struct id_map kernel, call; /* an address, a kind and number: first is the trace's text */
};

void names_open(struct names *n, struct trace *t, const struct cupti *c);
void names_close(struct names *n);

/* The trace's text. */
uint32_t names_of(struct names *n, const struct record *r);

/* "gemm<4, (bool)1>" of "void (anonymous namespace)::gemm<4, (bool)1>(float*, int)". */
void names_shorten(char *demangled);

#endif
