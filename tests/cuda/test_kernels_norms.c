/* Kernels of norms, beyond the op cases: group widths of the full-size model, images that take one block and several,
 * odd and unaligned operands, rows of every length, padding. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/cuda/values.h"

static const double u = 0x1p-24;

static double silu(double x)
{
    return x / (1 + exp(-x));
}

struct group_case {
    const char *label;
    int64_t c[NORM_SOURCES], groups, images, pixels;
    float shift;
    int offset; /* elements past an aligned address */
    bool silu;
};

static const struct group_case group_cases[] = {
    {"width 30 of two sources", {640, 320}, 32, 2, 99, 0, 0, true},
    {"width 30, chunks", {640, 320}, 32, 1, 419, 0, 0, false},
    {"width 10, chunks", {320}, 32, 2, 1023, 0, 0, true},
    {"width 60, a pixel", {1280, 640}, 32, 1, 1, 0, 0, false},
    {"width 80, few pixels", {1280, 1280}, 32, 1, 5, 0, 0, true},
    {"three sources that straddle", {40, 24, 32}, 32, 2, 1300, 0, 0, false},
    {"odd channels", {333}, 3, 2, 77, 0, 0, true},
    {"odd sources, chunks", {101, 200, 32}, 9, 1, 271, 0, 0, false},
    {"wide groups", {4104}, 2, 1, 7, 0, 0, false},
    {"one wide odd group", {1001}, 1, 1, 13, 0, 0, false},
    {"unaligned", {320}, 32, 1, 63, 0, 1, true},
    {"unaligned, chunks", {320}, 32, 1, 511, 0, 1, false},
    {"far from zero", {320}, 32, 1, 1023, 100, 0, false},
    {"far from zero, one block", {320}, 32, 1, 64, 100, 0, false},
};

static void expect_group(const struct group_case *c, const struct values *x, const float *weight, const float *bias,
                         double *y)
{
    int64_t channels = 0;
    for (int i = 0; i < NORM_SOURCES; i++)
        channels += c->c[i];
    const int64_t width = channels / c->groups;
    double *all = malloc((size_t)(c->pixels * channels) * sizeof *all);
    cr_assert(all);
    for (int64_t n = 0; n < c->images; n++) {
        for (int64_t p = 0; p < c->pixels; p++)
            for (int64_t i = 0, at = 0; i < NORM_SOURCES; at += c->c[i++])
                for (int64_t k = 0; k < c->c[i]; k++)
                    all[p * channels + at + k] = (double)x[i].exact[(n * c->pixels + p) * c->c[i] + k];
        for (int64_t g = 0; g < c->groups; g++) {
            double mean = 0, variance = 0;
            for (int64_t p = 0; p < c->pixels; p++)
                for (int64_t k = g * width; k < (g + 1) * width; k++)
                    mean += all[p * channels + k] / (double)(c->pixels * width);
            for (int64_t p = 0; p < c->pixels; p++)
                for (int64_t k = g * width; k < (g + 1) * width; k++)
                    variance += pow(all[p * channels + k] - mean, 2) / (double)(c->pixels * width);
            for (int64_t p = 0; p < c->pixels; p++)
                for (int64_t k = g * width; k < (g + 1) * width; k++) {
                    double t =
                        (all[p * channels + k] - mean) / sqrt(variance + 1e-5) * (double)weight[k] + (double)bias[k];
                    y[(n * c->pixels + p) * channels + k] = c->silu ? silu(t) : t;
                }
        }
    }
    free(all);
}

static void check_group(const struct group_case *c, enum dtype read, enum dtype write)
{
    char name[128];
    struct values x[NORM_SOURCES] = {0};
    struct group_norm g = {.read = read, .write = write, .images = c->images, .pixels = c->pixels, .groups = c->groups};
    int64_t channels = 0;
    for (int i = 0; i < NORM_SOURCES; i++) {
        snprintf(name, sizeof name, "x%d", i);
        x[i] = values_draw(name, read, c->images * c->pixels * c->c[i], c->offset, 1, c->shift);
        g.source[i] = c->c[i] ? x[i].at : NULL;
        g.channels[i] = c->c[i];
        channels += c->c[i];
    }
    struct values weight = values_draw("weight", DTYPE_f32, channels, 0, 0.2f, 1);
    struct values bias = values_draw("bias", DTYPE_f32, channels, 0, 0.2f, 0);
    struct values y = values_room(write, c->images * c->pixels * channels, c->offset);
    g.weight = weight.at;
    g.bias = bias.at;
    g.eps = 1e-5f;
    g.activation = c->silu ? ACTIVATION_silu : ACTIVATION_none;
    g.y = y.at;
    const size_t bytes = LAUNCHER(group_norm_partial_bytes)(&g);
    struct values partial = values_room(DTYPE_u8, (int64_t)bytes, 0);
    g.partial = partial.at;
    snprintf(name, sizeof name, "%s, %s to %s", c->label, dtypes[read].name, dtypes[write].name);
    cr_expect(LAUNCHER(launch_group_norm)(&g, NULL) == cudaSuccess, "%s", name);

    double *expected = malloc((size_t)y.n * sizeof *expected);
    cr_assert(expected);
    expect_group(c, x, weight.exact, bias.exact, expected);
    expect_values(name, &y, expected, u * (8 + (double)c->shift + (c->silu ? 4 : 0)));
    values_read(&partial); /* its guards */

    char *first = malloc((size_t)y.n * dtypes[write].bytes); /* the same bits in any order of threads */
    cr_assert(first);
    memcpy(first, y.at, (size_t)y.n * dtypes[write].bytes);
    setenv("SDBENCH_SCHEDULE", "7", 1);
    LAUNCHER(launch_group_norm)(&g, NULL);
    unsetenv("SDBENCH_SCHEDULE");
    cr_expect(!memcmp(first, y.at, (size_t)y.n * dtypes[write].bytes), "%s: another order, other bits", name);
    free(first);
    free(expected);
    for (int i = 0; i < NORM_SOURCES; i++)
        values_free(&x[i]);
    struct values *all[] = {&weight, &bias, &y, &partial};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        values_free(all[i]);
}

Test(cuda_kernels, group_norm)
{
    for (size_t i = 0; i < sizeof group_cases / sizeof *group_cases; i++)
        for (int m = 0; m < MIXES; m++)
            check_group(&group_cases[i], mix_read[m], mix_write[m]);
}

static void check_layer(int64_t rows, int64_t width, int64_t pitch, float shift, int offset, int mix)
{
    char name[64];
    struct values x = values_draw("x", mix_read[mix], rows * pitch, offset, 1, shift);
    struct values y = values_room(mix_write[mix], rows * width, offset);
    struct values weight = values_draw("weight", DTYPE_f32, width, 0, 0.2f, 1);
    struct values bias = values_draw("bias", DTYPE_f32, width, 0, 0.2f, 0);
    const struct layer_norm l = {x.at,  y.at,  mix_read[mix], mix_write[mix], rows,
                                 width, pitch, weight.at,     bias.at,        1e-5f};
    cr_expect(LAUNCHER(launch_layer_norm)(&l, NULL) == cudaSuccess);
    double *expected = malloc((size_t)y.n * sizeof *expected);
    cr_assert(expected);
    for (int64_t r = 0; r < rows; r++) {
        const float *row = x.exact + r * pitch;
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < width; i++)
            mean += (double)row[i] / (double)width;
        for (int64_t i = 0; i < width; i++)
            variance += pow((double)row[i] - mean, 2) / (double)width;
        for (int64_t i = 0; i < width; i++)
            expected[r * width + i] =
                ((double)row[i] - mean) / sqrt(variance + 1e-5) * (double)weight.exact[i] + (double)bias.exact[i];
    }
    snprintf(name, sizeof name, "%lld of %lld, mix %d", (long long)width, (long long)pitch, mix);
    expect_values(name, &y, expected, u * (4 + (double)shift));
    free(expected);
    struct values *all[] = {&x, &y, &weight, &bias};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        values_free(all[i]);
}

Test(cuda_kernels, layer_norm)
{
    static const struct {
        int64_t rows, width, pitch;
        float shift;
        int offset;
    } cases[] = {{5, 320, 320, 0, 0}, {3, 768, 1536, 0, 0},  {9, 1280, 1280, 0, 0}, {2, 2048, 2048, 100, 0},
                 {6, 8, 16, 0, 0},    {2, 2056, 2064, 0, 0}, {7, 37, 41, 0, 0},     {3, 320, 323, 0, 0},
                 {3, 320, 320, 0, 1}, {5, 640, 640, 100, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int m = 0; m < MIXES; m++)
            check_layer(cases[i].rows, cases[i].width, cases[i].pitch, cases[i].shift, cases[i].offset, m);
}

/* Padding of x is NaN: nothing may read it; padding of y has to become 0. */
static void check_softmax(const struct softmax *shape, int offset, int mix)
{
    char name[64];
    struct softmax s = *shape;
    s.read = mix_read[mix];
    s.write = mix_write[mix];
    float *scores = malloc((size_t)(s.rows * s.x_pitch) * sizeof *scores);
    double *expected = calloc((size_t)(s.rows * s.y_pitch), sizeof *expected);
    cr_assert(scores && expected);
    struct values drawn = values_draw("scores", DTYPE_f32, s.rows * s.x_pitch, 0, 3, 5);
    for (int64_t i = 0; i < drawn.n; i++)
        scores[i] = i % s.x_pitch < s.width ? drawn.exact[i] : NAN;
    struct values x = values_of(s.read, scores, drawn.n, offset), y = values_room(s.write, s.rows * s.y_pitch, offset);
    for (int64_t r = 0; r < s.rows; r++) {
        const float *row = x.exact + r * s.x_pitch;
        int64_t seen = s.causal && r % s.queries + 1 < s.width ? r % s.queries + 1 : s.width;
        double largest = -INFINITY, sum = 0;
        for (int64_t i = 0; i < seen; i++)
            largest = fmax(largest, (double)row[i]);
        for (int64_t i = 0; i < seen; i++)
            sum += exp((double)row[i] - largest);
        for (int64_t i = 0; i < seen; i++)
            expected[r * s.y_pitch + i] = exp((double)row[i] - largest) / sum;
    }
    s.x = x.at;
    s.y = y.at;
    cr_expect(LAUNCHER(launch_softmax)(&s, NULL) == cudaSuccess);
    snprintf(name, sizeof name, "%lld of %lld to %lld, mix %d", (long long)s.width, (long long)s.x_pitch,
             (long long)s.y_pitch, mix);
    expect_values(name, &y, expected, 4 * u);
    for (int64_t i = 0; i < y.n; i++)
        cr_expect(expected[i] != 0 || y.exact[i] == 0, "%s: [%lld] is not 0", name, (long long)i);
    free(scores);
    free(expected);
    values_free(&drawn);
    values_free(&x);
    values_free(&y);
}

Test(cuda_kernels, softmax)
{
    static const struct {
        struct softmax shape;
        int offset;
    } cases[] = {
        {{.rows = 9, .width = 77, .x_pitch = 80, .y_pitch = 80}, 0},
        {{.rows = 9, .width = 77, .x_pitch = 77, .y_pitch = 80}, 0},
        {{.rows = 154, .width = 77, .x_pitch = 80, .y_pitch = 80, .queries = 77, .causal = true}, 0},
        {{.rows = 20, .width = 7, .x_pitch = 7, .y_pitch = 9, .queries = 10, .causal = true}, 0},
        {{.rows = 5, .width = 1, .x_pitch = 1, .y_pitch = 1}, 0},
        {{.rows = 6, .width = 256, .x_pitch = 256, .y_pitch = 256}, 0},
        {{.rows = 6, .width = 256, .x_pitch = 256, .y_pitch = 256}, 1},
        {{.rows = 3, .width = 300, .x_pitch = 301, .y_pitch = 300}, 0},
        {{.rows = 5, .width = 1000, .x_pitch = 1000, .y_pitch = 1024}, 0},
        {{.rows = 2, .width = 4096, .x_pitch = 4096, .y_pitch = 4096}, 0},
        {{.rows = 4, .width = 4093, .x_pitch = 4096, .y_pitch = 4096, .queries = 2, .causal = true}, 0},
        {{.rows = 2, .width = 16384, .x_pitch = 16384, .y_pitch = 16384}, 0},
        {{.rows = 2, .width = 16385, .x_pitch = 16392, .y_pitch = 16392}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int m = 0; m < MIXES; m++)
            check_softmax(&cases[i].shape, cases[i].offset, m);
}

/* Scores of minus infinity have no probabilities, yet what is masked or padding is 0. */
Test(cuda_kernels, softmax_of_nothing)
{
    enum { WIDTH = 21, PITCH = 24 };
    float scores[3 * PITCH];
    for (int i = 0; i < 3 * PITCH; i++)
        scores[i] = i / PITCH == 1 ? -INFINITY : 1;
    struct values x = values_of(DTYPE_f32, scores, 3 * PITCH, 0), y = values_room(DTYPE_f16, 3 * PITCH, 0);
    const struct softmax s = {x.at, y.at, DTYPE_f32, DTYPE_f16, 3, WIDTH, PITCH, PITCH, 5, true};
    cr_expect(LAUNCHER(launch_softmax)(&s, NULL) == cudaSuccess);
    values_read(&y);
    for (int i = 0; i < 3 * PITCH; i++) {
        const int row = i / PITCH, seen = i % PITCH <= row;
        cr_expect(!seen      ? y.exact[i] == 0
                  : row == 1 ? isnan(y.exact[i])
                             : y.exact[i] == rounded_to(DTYPE_f16, 1. / (row + 1)),
                  "row %d: [%d] is %g", row, i % PITCH, (double)y.exact[i]);
    }
    values_free(&x);
    values_free(&y);
}
