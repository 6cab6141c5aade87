/* Operations on whole rows (the last dimension), each row on one thread: softmax and layer norm. */
#ifndef SDBENCH_CPU_ROWS_H
#define SDBENCH_CPU_ROWS_H

#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/walk.h"

struct rows {
    struct walk walk; /* the result, then x */
    enum dtype dtype[2];
    int threads;
    const void *x;
    void *y;
    float *scratch; /* two rows a thread; NULL where all rows are float32 already */
};

/* For the node's result and its input number `x`. */
struct err rows_make(const struct site *s, int x, struct rows *out);
size_t rows_scratch_bytes(const struct rows *r);
void rows_bind(struct rows *r, const void *x, void *y, void *scratch);

/* One of them. Results go to `y`, which is `out` where that holds floats; then floats_write(out, dtype, length, y). */
struct row {
    int64_t index, length;
    const float *x;
    float *y;
    void *out;
    enum dtype dtype; /* of out */
};

/* Calls apply(context, row) for every row. */
void rows_run(const struct rows *r, void (*apply)(const void *context, const struct row *row), const void *context);

#endif
