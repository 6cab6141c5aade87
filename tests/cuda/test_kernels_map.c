/* launch_map in every mix of types, with operands that are dense, strided, broadcast, in another order, or unaligned.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/cuda/values.h"

enum { AXES = 4, A = 0, B, Y, OPERANDS };

struct map_case {
    const char *label;
    int64_t dim[AXES], stride[OPERANDS][AXES];
    int offset[OPERANDS]; /* elements past an aligned address */
};

// clang-format off
static const struct map_case map_cases[] = {
    {"dense", {2, 3, 5, 8}, {{120, 40, 8, 1}, {120, 40, 8, 1}, {120, 40, 8, 1}}, {0}},
    {"dense, odd count", {1, 3, 7, 11}, {{231, 77, 11, 1}, {231, 77, 11, 1}, {231, 77, 11, 1}}, {0}},
    {"one element", {1, 1, 1, 1}, {{9, 9, 9, 9}, {7, 7, 7, 7}, {1, 1, 1, 1}}, {0}},
    {"channel of an image", {3, 32, 9, 11}, {{3168, 1, 352, 32}, {0, 1, 0, 0}, {3168, 1, 352, 32}}, {0}},
    {"channel, rows of pixels", {2, 5, 4, 6}, {{120, 24, 6, 1}, {0, 1, 0, 0}, {120, 24, 6, 1}}, {0}},
    {"vector of each image", {3, 32, 9, 11}, {{3168, 1, 352, 32}, {32, 1, 0, 0}, {3168, 1, 352, 32}}, {0}},
    {"one value", {2, 2, 3, 40}, {{240, 120, 40, 1}, {0, 0, 0, 0}, {240, 120, 40, 1}}, {0}},
    {"halves of rows", {1, 2, 7, 24}, {{0, 336, 48, 1}, {0, 336, 48, 1}, {0, 168, 24, 1}}, {0, 24, 0}},
    {"halves of odd rows", {1, 2, 7, 13}, {{0, 182, 26, 1}, {0, 182, 26, 1}, {0, 91, 13, 1}}, {0, 13, 0}},
    {"part of a wider result", {2, 12, 3, 5}, {{180, 1, 60, 12}, {180, 1, 60, 12}, {300, 1, 100, 20}}, {0, 0, 8}},
    {"padded rows", {1, 3, 5, 77}, {{0, 385, 77, 1}, {0, 400, 80, 1}, {0, 400, 80, 1}}, {0}},
    {"to channels last", {3, 4, 9, 11}, {{396, 99, 11, 1}, {396, 1, 44, 4}, {396, 1, 44, 4}}, {0}},
    {"from channels last", {3, 3, 9, 11}, {{297, 1, 33, 3}, {297, 99, 11, 1}, {297, 99, 11, 1}}, {0}},
    {"tokens first", {2, 4, 77, 8}, {{2464, 616, 8, 1}, {2464, 616, 8, 1}, {32, 8, 64, 1}}, {0}},
    {"many channels turned", {1, 67, 7, 9}, {{0, 63, 9, 1}, {0, 1, 603, 67}, {0, 1, 603, 67}}, {0}},
    {"turned images", {3, 33, 5, 13}, {{2145, 65, 13, 1}, {2145, 1, 429, 33}, {2145, 1, 429, 33}}, {0, 0, 3}},
    {"turned back, part", {2, 40, 3, 35}, {{5250, 1, 1750, 50}, {0, 1, 0, 0}, {4600, 115, 38, 1}}, {7, 0, 1}},
    {"nothing joins", {3, 4, 5, 6}, {{7, 200, 21, 900}, {1, 3, 13, 70}, {180, 40, 7, 1}}, {0}},
    {"nothing joins, wide", {2, 3, 5, 16}, {{900, 176, 16, 1}, {16, 200, 32, 1}, {1000, 224, 32, 1}}, {0}},
    {"repeated batch", {3, 2, 5, 8}, {{0, 40, 8, 1}, {0, 0, 8, 1}, {80, 40, 8, 1}}, {0}},
    {"a unaligned", {1, 1, 6, 32}, {{0, 0, 32, 1}, {0, 0, 32, 1}, {0, 0, 32, 1}}, {1, 0, 0}},
    {"b and y unaligned", {1, 1, 6, 32}, {{0, 0, 32, 1}, {0, 0, 32, 1}, {0, 0, 32, 1}}, {0, 3, 5}},
    {"every other element", {1, 2, 5, 16}, {{0, 160, 32, 2}, {0, 80, 16, 1}, {0, 160, 32, 2}}, {0}},
};
// clang-format on

/* What is done, and how far a result may be off, in units of 2^-24. */
struct deed {
    enum activation activation;
    enum join join;
    float factor;
    int units;
};

static const struct deed deeds[] = {
    {ACTIVATION_none, JOIN_none, 1, 0},     {ACTIVATION_none, JOIN_add, 1, 0},
    {ACTIVATION_none, JOIN_mul, 1, 0},      {ACTIVATION_none, JOIN_none, 0.3535533905932738f, 1},
    {ACTIVATION_silu, JOIN_none, 1, 4},     {ACTIVATION_gelu_erf, JOIN_mul, 1, 5},
    {ACTIVATION_gelu_tanh, JOIN_mul, 1, 5}, {ACTIVATION_gelu_quick, JOIN_none, 1, 4},
    {ACTIVATION_gelu_erf, JOIN_none, 1, 4}, {ACTIVATION_gelu_tanh, JOIN_none, 1, 4},
    {ACTIVATION_silu, JOIN_add, 1.5f, 8},
};

static double activated(enum activation activation, double x)
{
    switch (activation) {
    case ACTIVATION_silu:
        return x / (1 + exp(-x));
    case ACTIVATION_gelu_erf:
        return x * 0.5 * erfc(-x * M_SQRT1_2);
    case ACTIVATION_gelu_tanh:
        return x * 0.5 * (1 + tanh(M_2_SQRTPI * M_SQRT1_2 * (x + 0.044715 * x * x * x)));
    case ACTIVATION_gelu_quick:
        return x / (1 + exp(-1.702 * x));
    case ACTIVATION_none:
        break;
    }
    return x;
}

static double result_of(const struct deed *d, double a, double b)
{
    const double t = (double)d->factor * activated(d->activation, a);
    return d->join == JOIN_add ? t + b : d->join == JOIN_mul ? t * b : t;
}

/* Where an element lies in an operand. */
static int64_t place(const struct map_case *c, int o, int64_t i)
{
    int64_t at = 0;
    for (int k = AXES - 1; k >= 0; i /= c->dim[k--])
        at += i % c->dim[k] * c->stride[o][k];
    return at;
}

static int64_t extent(const struct map_case *c, int o)
{
    int64_t last = 0;
    for (int k = 0; k < AXES; k++)
        last += (c->dim[k] - 1) * c->stride[o][k];
    return last + 1;
}

static struct view view_of(const struct map_case *c, int o, const struct values *v)
{
    struct view view = {v->at, v->dtype, {0}, {0}};
    memcpy(view.dim, c->dim, sizeof view.dim);
    memcpy(view.stride, c->stride[o], sizeof view.stride);
    return view;
}

/* Elements between those of the result keep what they held. */
static void check_map(const struct map_case *c, const struct deed *d, const enum dtype type[OPERANDS])
{
    char name[128];
    struct values a = values_draw("a", type[A], extent(c, A), c->offset[A], 2, 0);
    struct values b = values_draw("b", type[B], extent(c, B), c->offset[B], 2, 0);
    struct values y = values_draw("before", type[Y], extent(c, Y), c->offset[Y], 1, 0);
    double *expected = malloc((size_t)y.n * sizeof *expected);
    cr_assert(expected);
    for (int64_t i = 0; i < y.n; i++)
        expected[i] = (double)y.exact[i];
    for (int64_t i = 0; i < c->dim[0] * c->dim[1] * c->dim[2] * c->dim[3]; i++)
        expected[place(c, Y, i)] = result_of(d, (double)a.exact[place(c, A, i)], (double)b.exact[place(c, B, i)]);
    struct map m = {.a = view_of(c, A, &a),
                    .b = view_of(c, B, &b),
                    .y = view_of(c, Y, &y),
                    .activation = d->activation,
                    .join = d->join,
                    .factor = d->factor};
    if (d->join == JOIN_none)
        m.b = (struct view){0};
    cr_expect(LAUNCHER(launch_map)(&m, NULL) == cudaSuccess);
    snprintf(name, sizeof name, "%s, activation %d, join %d, %s and %s to %s", c->label, d->activation, d->join,
             dtypes[type[A]].name, dtypes[type[B]].name, dtypes[type[Y]].name);
    expect_values(name, &y, expected, d->units * 0x1p-24);
    free(expected);
    values_free(&a);
    values_free(&b);
    values_free(&y);
}

Test(cuda_kernels, map)
{
    for (size_t i = 0; i < sizeof map_cases / sizeof *map_cases; i++)
        for (size_t j = 0; j < sizeof deeds / sizeof *deeds; j++)
            for (int mix = 0; mix < 8; mix++) {
                const enum dtype type[OPERANDS] = {mix & 4 ? DTYPE_f16 : DTYPE_f32, mix & 2 ? DTYPE_f16 : DTYPE_f32,
                                                   mix & 1 ? DTYPE_f16 : DTYPE_f32};
                check_map(&map_cases[i], &deeds[j], type);
            }
}

/* A result may lie where an operand does. */
Test(cuda_kernels, map_in_place)
{
    struct values a = values_draw("a", DTYPE_f16, 83, 0, 1, 0);
    double expected[83];
    for (int i = 0; i < 83; i++)
        expected[i] = (double)a.exact[i] * 3;
    const struct view v = {a.at, DTYPE_f16, {1, 1, 1, 83}, {0, 0, 0, 1}};
    const struct map m = {.a = v, .y = v, .factor = 3};
    cr_expect(LAUNCHER(launch_map)(&m, NULL) == cudaSuccess);
    expect_values("in place", &a, expected, 0);
    values_free(&a);
}
