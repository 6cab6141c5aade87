/* Operands for kernels that run on the host (emulate.h), and the launchers that run them.
 *
 *     struct values x = values_draw("x", DTYPE_f16, n, 0, 1, 0), y = values_room(DTYPE_f32, n, 0);
 *     LAUNCHER(launch_pixels)(&p, NULL);
 *     float *got = values_read(&y);
 *     ...
 *     values_free(&x); */
#ifndef SDBENCH_TESTS_CUDA_VALUES_H
#define SDBENCH_TESTS_CUDA_VALUES_H

#include "pipeline/runtime/cuda/kernels/launch.h"

/* A launcher of launch.h in the shared object that SDBENCH_CUDA_ON_HOST names; without it the test is skipped. */
#define LAUNCHER(name) ((__typeof__(&name))host_function(#name))
void (*host_function(const char *name))(void);

struct values {
    enum dtype dtype;
    int64_t n;
    void *at;     /* n elements; 16-byte aligned, and then `offset` elements on */
    float *exact; /* the same */
    char *block;  /* guards around the elements */
};

/* shift + scale * normal, drawn by name, rounded to dtype; reading beyond them gives NaN. */
struct values values_draw(const char *name, enum dtype dtype, int64_t n, int offset, float scale, float shift);
/* The given ones. */
struct values values_of(enum dtype dtype, const float *given, int64_t n, int offset);
/* Room for a result; NaNs. */
struct values values_room(enum dtype dtype, int64_t n, int offset);

/* What is there now, in `exact`. The test fails where a byte beyond the elements has changed. */
const float *values_read(struct values *v);
void values_free(struct values *v);

/* As it would be stored. */
float rounded_to(enum dtype dtype, double x);

/* The largest relative L2 error of n results whose float32 arithmetic is good to `error`: results of f16 differ by one
 * unit in the last place where the boundary between two roundings lies between the two (tests/op/bound.c). */
double rounded_bound(enum dtype dtype, double error, int64_t n);

/* The test fails where y is farther from expected than that. Expected values are rounded here. */
void expect_values(const char *name, struct values *y, const double *expected, double error);

/* f32 and f16, read and written. */
enum { MIXES = 4 };
extern const enum dtype mix_read[MIXES], mix_write[MIXES];

#endif
