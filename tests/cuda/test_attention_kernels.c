/* The attention kernels on emulated threads (host/emulate.h) against double arithmetic. SDBENCH_CUDA_ON_HOST names the
 * shared object of all kernels compiled for the host; its launchers take addresses of host memory. */
#include <criterion/criterion.h>

#if __has_include(<cuda_runtime_api.h>)

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/runtime/cuda/kernels/launch.h"

typedef cudaError_t launcher(const struct attention *, cudaStream_t);

static launcher *find_launcher(const char *name)
{
    const char *path = getenv("SDBENCH_CUDA_ON_HOST");
    if (!path || access(path, R_OK) != 0)
        cr_skip_test("SDBENCH_CUDA_ON_HOST names no file: kernels were not compiled for the host");
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    cr_assert(object, "%s", dlerror());
    union { /* ISO C has no conversion from one to the other */
        void *address;
        launcher *call;
    } symbol = {dlsym(object, name)};
    cr_assert(symbol.address, "%s: no %s", path, name);
    return symbol.call;
}

/* Where q, k, v and y lie. MERGED: q, k and v are parts of one row of a token, heads next to each other, as one product
 * of all three writes them. HEADS: (N,h,T,D), each dense. ODD: as HEADS, rows one element longer and not aligned. */
enum layout { HEADS, MERGED, ODD, LAYOUTS };

struct problem {
    int64_t images, heads, queries, keys, width;
    bool causal;
    enum layout layout;
    enum dtype dtype;
    size_t shared_bytes;
};

struct operands {
    struct attention a;
    void *memory[4]; /* of q, k, v, y */
    size_t elements[4];
};

static const size_t shared_of[] = {64 << 10, 99 << 10, 227 << 10}; /* sm_75; sm_86, sm_89; sm_90 */

static uint64_t state;

static double uniform(void) /* in 0..1; Knuth's linear congruence */
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return ((double)(state >> 11) + 0.5) * 0x1p-53;
}

static float normal(void)
{
    return (float)(sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()));
}

static double read_element(const void *at, enum dtype dtype, int64_t i)
{
    return dtype == DTYPE_f32 ? (double)((const float *)at)[i] : (double)f32_from_f16(((const uint16_t *)at)[i]);
}

static void write_element(void *at, enum dtype dtype, size_t i, float x)
{
    if (dtype == DTYPE_f32)
        ((float *)at)[i] = x;
    else
        ((uint16_t *)at)[i] = f16_from_f32(x);
}

/* A view of `rows` rows for each head, in memory of its own, which gets `more` elements ahead of it. */
static void make_operand(struct operands *o, const struct problem *p, int which, int64_t rows)
{
    struct view *views[] = {&o->a.q, &o->a.k, &o->a.v, &o->a.y};
    bool merged = p->layout == MERGED;
    int64_t odd = p->layout == ODD, row = merged ? 3 * p->heads * p->width : p->width + odd, ahead = odd;
    if (merged)
        ahead = which % 3 * p->heads * p->width;
    *views[which] = (struct view){
        .dtype = p->dtype,
        .dim = {p->images, p->heads, rows, p->width},
        .stride = {rows * row * (merged ? 1 : p->heads), merged ? p->width : rows * row, row, 1},
    };
    size_t n = o->elements[which] = (size_t)(ahead + p->images * views[which]->stride[0]);
    o->memory[which] = malloc(n * dtypes[p->dtype].bytes);
    cr_assert(o->memory[which]);
    for (size_t i = 0; i < n; i++)
        write_element(o->memory[which], p->dtype, i, which < 3 ? normal() : NAN);
    views[which]->at = (char *)o->memory[which] + (size_t)ahead * dtypes[p->dtype].bytes;
}

static struct operands make_operands(const struct problem *p)
{
    struct operands o = {0};
    state = 1;
    make_operand(&o, p, 0, p->queries);
    make_operand(&o, p, 1, p->keys);
    make_operand(&o, p, 2, p->keys);
    make_operand(&o, p, 3, p->queries);
    o.a.factor = (float)(1 / sqrt((double)p->width));
    o.a.causal = p->causal;
    o.a.shared_bytes = p->shared_bytes;
    return o;
}

static void free_operands(struct operands *o)
{
    for (int i = 0; i < 4; i++)
        free(o->memory[i]);
}

static int64_t place(const struct view *v, int64_t n, int64_t h, int64_t row)
{
    return n * v->stride[0] + h * v->stride[1] + row * v->stride[2];
}

/* One row of results, in double. */
static void expect_row(const struct attention *a, int64_t n, int64_t h, int64_t row, double *y)
{
    int64_t width = a->q.dim[3], seen = a->k.dim[2], at = place(&a->q, n, h, row);
    if (a->causal && row + 1 < seen)
        seen = row + 1;
    double *score = calloc((size_t)seen, sizeof *score), most = -INFINITY, sum = 0;
    cr_assert(score);
    for (int64_t j = 0; j < seen; j++) {
        for (int64_t d = 0; d < width; d++)
            score[j] += read_element(a->q.at, a->q.dtype, at + d) *
                        read_element(a->k.at, a->k.dtype, place(&a->k, n, h, j) + d);
        score[j] *= (double)a->factor;
        most = fmax(most, score[j]);
    }
    memset(y, 0, (size_t)width * sizeof *y);
    for (int64_t j = 0; j < seen; j++) {
        double share = exp(score[j] - most);
        sum += share;
        for (int64_t d = 0; d < width; d++)
            y[d] += share * read_element(a->v.at, a->v.dtype, place(&a->v, n, h, j) + d);
    }
    for (int64_t d = 0; d < width; d++)
        y[d] /= sum;
    free(score);
}

/* The relative error of all results. What lies between rows of y has to stay NaN, and nothing else may be it. */
static double error_of(const struct operands *o, const struct problem *p)
{
    double difference = 0, size = 0;
    double *y = malloc((size_t)p->width * sizeof *y);
    size_t written = 0;
    cr_assert(y);
    for (int64_t n = 0; n < p->images; n++)
        for (int64_t h = 0; h < p->heads; h++)
            for (int64_t row = 0; row < p->queries; row++) {
                expect_row(&o->a, n, h, row, y);
                for (int64_t d = 0; d < p->width; d++) {
                    double off = read_element(o->a.y.at, p->dtype, place(&o->a.y, n, h, row) + d) - y[d];
                    difference += off * off;
                    size += y[d] * y[d];
                }
            }
    for (size_t i = 0; i < o->elements[3]; i++)
        written += !isnan(read_element(o->memory[3], p->dtype, (int64_t)i));
    cr_expect_eq(written, (size_t)(p->images * p->heads * p->queries * p->width), "%zu elements of y are written",
                 written);
    free(y);
    return sqrt(difference / size);
}

/* tests/op/bound.c derives what float32 may lose; results in f16 are off by up to half a unit in the last place of
 * theirs. */
static double bound_of(const struct problem *p)
{
    return 0x1p-24 * (4 + sqrt((double)p->width) + sqrt((double)p->keys)) + (p->dtype == DTYPE_f16 ? 0x1p-11 : 0);
}

static void check(launcher *launch, const struct problem *p)
{
    struct operands o = make_operands(p);
    cudaError_t e = launch(&o.a, NULL);
    cr_assert_eq(e, cudaSuccess, "error %d", (int)e);
    double error = error_of(&o, p), bound = bound_of(p);
    cr_expect(error <= bound,
              "%d images, %d heads, %d queries, %d keys, %d columns, causal %d, layout %d, %s, %zu bytes: "
              "error %g, at most %g",
              (int)p->images, (int)p->heads, (int)p->queries, (int)p->keys, (int)p->width, p->causal, (int)p->layout,
              dtypes[p->dtype].name, p->shared_bytes, error, bound);
    free_operands(&o);
}

/* Widths of Stable Diffusion and of the tiny model, and the first, last and odd ones of size classes. */
static const int widths[] = {1, 2, 7, 8, 9, 16, 24, 30, 40, 41, 64, 80, 96, 100, 128, 160, 161, 256, 512};

/* Every width in every layout and with as much shared memory as each kind of chip has; sizes that fill no tile. */
Test(cuda_attention, widths)
{
    launcher *launch = find_launcher("launch_attention");
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t i = 0; i < LAYOUTS; i++)
            for (int causal = 0; causal < 2; causal++) {
                struct problem p = {1, 2, 37, 77, widths[w], causal, (enum layout)i, DTYPE_f32, shared_of[i]};
                check(launch, &p);
                p.layout = (enum layout)((i + 1) % LAYOUTS);
                p.images = 2, p.heads = 1, p.queries = 70, p.keys = 33;
                check(launch, &p);
            }
}

/* One less, as many and one more than tiles hold: 32 or 64 keys, and 8 to 128 queries. */
Test(cuda_attention, edges_of_tiles)
{
    static const int queries[] = {1, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129};
    static const int keys[] = {1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 129};
    launcher *launch = find_launcher("launch_attention");
    for (size_t q = 0; q < sizeof queries / sizeof *queries; q++)
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            for (int width = 8; width <= 80; width += 36) { /* 8, 44, 80: tiles of both sizes */
                struct problem p = {1, 1, queries[q], keys[k], width, (q + k) % 2, HEADS, DTYPE_f32, shared_of[2]};
                check(launch, &p);
            }
}

Test(cuda_attention, many_keys)
{
    static const struct problem problems[] = {
        {1, 1, 5, 4096, 40, false, MERGED, DTYPE_f32, 99 << 10},
        {1, 1, 3, 4096, 64, false, HEADS, DTYPE_f32, 227 << 10},
        {1, 1, 3, 4096, 512, false, HEADS, DTYPE_f32, 64 << 10},
        {1, 1, 200, 200, 512, true, HEADS, DTYPE_f32, 227 << 10},
        {1, 1, 2, 1024, 160, false, ODD, DTYPE_f32, 64 << 10},
    };
    launcher *launch = find_launcher("launch_attention");
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
        check(launch, &problems[i]);
}

/* Scores of up to some hundreds, rising and falling from tile to tile: exp would overflow without the largest one, and
 * what was summed has to be made smaller when a larger one comes. */
Test(cuda_attention, large_scores)
{
    launcher *launch = find_launcher("launch_attention");
    static const struct problem p = {1, 1, 9, 300, 40, false, HEADS, DTYPE_f32, 99 << 10};
    struct operands o = make_operands(&p);
    o.a.factor = 12;
    cr_assert_eq(launch(&o.a, NULL), cudaSuccess);
    double error = error_of(&o, &p), bound = 400 * 0x1p-24; /* a score of 400, rounded, is an exponent */
    cr_expect(error <= bound, "error %g, at most %g", error, bound);
    o.a.factor = -12;
    cr_assert_eq(launch(&o.a, NULL), cudaSuccess);
    error = error_of(&o, &p);
    cr_expect(error <= bound, "negative factor: error %g, at most %g", error, bound);
    free_operands(&o);
}

Test(cuda_attention, short_causal)
{
    static const int sizes[][3] = {/* queries, keys, width */
                                   {77, 77, 64},  {1, 1, 1},      {16, 16, 8},  {17, 17, 40},
                                   {33, 32, 63},  {128, 128, 65}, {15, 64, 80}, {64, 15, 24},
                                   {31, 31, 100}, {2, 128, 128},  {77, 77, 16}};
    launcher *launch = find_launcher("launch_attention_causal");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int layout = 0; layout < LAYOUTS; layout++)
            for (int half = 0; half < 2; half++) {
                struct problem p = {2,           2,    sizes[i][0],         sizes[i][1],
                                    sizes[i][2], true, (enum layout)layout, half ? DTYPE_f16 : DTYPE_f32,
                                    227 << 10};
                check(launch, &p);
            }
}

static void expect_same_bits(launcher *launch, const struct problem *p)
{
    struct operands first = make_operands(p);
    unsetenv("SDBENCH_SCHEDULE");
    cr_assert_eq(launch(&first.a, NULL), cudaSuccess);
    for (int seed = 1; seed <= 4; seed++) {
        struct operands o = make_operands(p);
        char text[16];
        snprintf(text, sizeof text, "%d", seed * 77);
        setenv("SDBENCH_SCHEDULE", text, 1);
        cr_assert_eq(launch(&o.a, NULL), cudaSuccess);
        cr_expect(memcmp(o.memory[3], first.memory[3], o.elements[3] * dtypes[p->dtype].bytes) == 0,
                  "%d columns: other results with SDBENCH_SCHEDULE=%s", (int)p->width, text);
        free_operands(&o);
    }
    unsetenv("SDBENCH_SCHEDULE");
    free_operands(&first);
}

Test(cuda_attention, any_schedule)
{
    launcher *launch = find_launcher("launch_attention");
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        struct problem p = {2, 2, 100, 77, widths[w], w % 2, MERGED, DTYPE_f32, shared_of[w % 3]};
        expect_same_bits(launch, &p);
    }
    launch = find_launcher("launch_attention_causal");
    for (int half = 0; half < 2; half++) {
        struct problem p = {2, 3, 77, 77, 64, true, MERGED, half ? DTYPE_f16 : DTYPE_f32, 99 << 10};
        expect_same_bits(launch, &p);
    }
}

/* What a launcher cannot do it says, and starts nothing. */
Test(cuda_attention, refusals)
{
    launcher *attention = find_launcher("launch_attention"), *causal = find_launcher("launch_attention_causal");
    static const struct problem p = {1, 1, 128, 128, 128, true, HEADS, DTYPE_f32, 227 << 10};
    struct operands o = make_operands(&p);
    struct attention a = o.a;
    a.shared_bytes = 99 << 10; /* 2 x 128 x 128 floats do not fit */
    cr_expect_eq(causal(&a, NULL), cudaErrorInvalidConfiguration);
    a.shared_bytes = 1 << 10;
    cr_expect_eq(attention(&a, NULL), cudaErrorInvalidConfiguration);
    a = o.a;
    a.causal = false;
    cr_expect_eq(causal(&a, NULL), cudaErrorInvalidValue);
    a = o.a;
    a.k.dim[2] = 129;
    cr_expect_eq(causal(&a, NULL), cudaErrorInvalidValue);
    a.k.dim[2] = 0;
    cr_expect_eq(attention(&a, NULL), cudaErrorInvalidValue);
    a = o.a;
    a.q.dim[3] = 513;
    cr_expect_eq(attention(&a, NULL), cudaErrorInvalidValue);
    a = o.a;
    a.v.stride[3] = 2;
    cr_expect_eq(attention(&a, NULL), cudaErrorInvalidValue);
    a = o.a;
    a.q.dtype = DTYPE_f16;
    cr_expect_eq(attention(&a, NULL), cudaErrorInvalidValue);
    cr_expect_eq(causal(&a, NULL), cudaErrorInvalidValue);
    for (size_t i = 0; i < o.elements[3]; i++)
        cr_assert(isnan(((float *)o.memory[3])[i]));
    free_operands(&o);
}

#else

Test(cuda_attention, needs_the_toolkit)
{
    cr_skip_test("no cuda_runtime_api.h here");
}

#endif
