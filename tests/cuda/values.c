#include "tests/cuda/values.h"

#include <dlfcn.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/op/run_graph.h"
#include "tests/support/golden.h"

enum { GUARD = 64, MARK = 0xff /* bytes that are NaN in every float type */ };

const enum dtype mix_read[MIXES] = {DTYPE_f32, DTYPE_f32, DTYPE_f16, DTYPE_f16};
const enum dtype mix_write[MIXES] = {DTYPE_f32, DTYPE_f16, DTYPE_f32, DTYPE_f16};

void (*host_function(const char *name))(void)
{
    static void *library;
    const char *path = getenv("SDBENCH_CUDA_ON_HOST");
    union {
        void *object;
        void (*function)(void);
    } symbol = {NULL};
    if (!path || !*path)
        cr_skip_test("SDBENCH_CUDA_ON_HOST names no file: kernels were not compiled for the host");
    if (!library && !(library = dlopen(path, RTLD_NOW | RTLD_LOCAL)))
        cr_skip_test("%s", dlerror());
    symbol.object = dlsym(library, name);
    cr_assert(symbol.object, "%s has no %s", path, name);
    return symbol.function;
}

struct values values_room(enum dtype dtype, int64_t n, int offset)
{
    const size_t each = dtypes[dtype].bytes, bytes = (size_t)(n + offset) * each;
    struct values v = {dtype, n, NULL, calloc((size_t)n + 1, sizeof(float)), NULL};
    v.block = aligned_alloc(GUARD, (2 * GUARD + bytes + GUARD - 1) / GUARD * GUARD);
    cr_assert(v.block && v.exact);
    memset(v.block, MARK, 2 * GUARD + bytes);
    v.at = v.block + GUARD + (size_t)offset * each;
    return v;
}

struct values values_of(enum dtype dtype, const float *given, int64_t n, int offset)
{
    struct values v = values_room(dtype, n, offset);
    dtype_from_f32(v.at, given, dtype, (size_t)n);
    dtype_to_f32(v.exact, v.at, dtype, (size_t)n);
    return v;
}

struct values values_draw(const char *name, enum dtype dtype, int64_t n, int offset, float scale, float shift)
{
    float *x = malloc((size_t)(n + 1) * sizeof *x);
    cr_assert(x);
    generate(name, x, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] = x[i] * scale + shift;
    struct values v = values_of(dtype, x, n, offset);
    free(x);
    return v;
}

const float *values_read(struct values *v)
{
    const char *begin = v->at, *end = begin + (size_t)v->n * dtypes[v->dtype].bytes;
    int changed = 0;
    for (const char *p = v->block; p < begin; p++)
        changed += (unsigned char)*p != MARK;
    for (const char *p = end; p < end + GUARD; p++)
        changed += (unsigned char)*p != MARK;
    cr_expect(!changed, "%d bytes around the result were written", changed);
    dtype_to_f32(v->exact, v->at, v->dtype, (size_t)v->n);
    return v->exact;
}

void values_free(struct values *v)
{
    free(v->block);
    free(v->exact);
    *v = (struct values){0};
}

float rounded_to(enum dtype dtype, double x)
{
    return dtype == DTYPE_f16 ? f32_from_f16(f16_from_f32((float)x)) : (float)x;
}

double rounded_bound(enum dtype dtype, double error, int64_t n)
{
    const double ulp = 0x1p-10, results = (double)n;
    return dtype == DTYPE_f16 && error > 0 ? ulp * sqrt(fmin(1, (4 + 2 * results * error / ulp) / results)) : error;
}

void expect_values(const char *name, struct values *y, const double *expected, double error)
{
    const float *got = values_read(y);
    float *rounded = malloc((size_t)(y->n + 1) * sizeof *rounded);
    cr_assert(rounded);
    int64_t worst = 0;
    for (int64_t i = 0; i < y->n; i++) {
        rounded[i] = rounded_to(y->dtype, expected[i]);
        if (!(fabs((double)got[i] - rounded[i]) <= fabs((double)got[worst] - rounded[worst])))
            worst = i;
    }
    const double off = relative_l2(got, rounded, (size_t)y->n), bound = rounded_bound(y->dtype, error, y->n);
    cr_expect(off <= bound, "%s: error %.2e of %.2e allowed; worst of %lld at [%lld]: %.9g, not %.9g", name, off, bound,
              (long long)y->n, (long long)worst, (double)got[worst], (double)rounded[worst]);
    free(rounded);
}
