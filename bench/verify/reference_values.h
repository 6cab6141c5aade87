/* Recomputing a file of reference values: tests/golden/README.md says what it may hold. */
#ifndef SDBENCH_BENCH_VERIFY_REFERENCE_VALUES_H
#define SDBENCH_BENCH_VERIFY_REFERENCE_VALUES_H

#include "bench/verify/agreement.h"
#include "bench/options.h"
#include "pipeline/weights/safetensors.h"

/* A value that we computed, kept for --write. */
struct own_value {
    char name[96];
    struct shape shape;
    enum dtype dtype;
    void *data; /* malloc'ed */
};

struct recomputed {
    struct agreement *row;
    size_t rows;
    struct own_value *own;
    size_t owns;
    char title[256]; /* model, preset, reference, backend, variant */
};

/* Recomputes whatever subset of values the file holds. Errors: a file that does not describe itself, a backend that
 * computes nothing. Values that disagree are no error: see row[].holds. */
struct err reference_values_check(const char *path, const struct options *o, struct recomputed *out);
void recomputed_free(struct recomputed *r);

#endif
