/* Kernels that move or convert, and the sampler's: odd channels, every word size, bf16 weights, ids that no table has,
 * values beyond the ends, work of size 0. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/cuda/values.h"

/* Channels that make words of 2, 4, 8 and 16 bytes in each type. */
static const int64_t channel_counts[] = {3, 6, 4, 8, 40};

Test(cuda_kernels, upsample)
{
    for (size_t i = 0; i < sizeof channel_counts / sizeof *channel_counts; i++)
        for (int type = 0; type < 2; type++) {
            const int64_t n = 2, h = 3, w = 5, height = 7, width = 10, c = channel_counts[i];
            const enum dtype dtype = mix_read[2 * type];
            struct values x = values_draw("x", dtype, n * h * w * c, 0, 1, 0);
            struct values y = values_room(dtype, n * height * width * c, 0);
            const struct upsample u = {x.at, y.at, dtype, n, h, w, height, width, c};
            cr_expect(LAUNCHER(launch_upsample)(&u, NULL) == cudaSuccess);
            values_read(&y);
            for (int64_t k = 0; k < y.n; k++) {
                int64_t pixel = k / c, row = pixel / width % height * h / height, column = pixel % width * w / width;
                float expected = x.exact[((pixel / width / height * h + row) * w + column) * c + k % c];
                cr_expect(y.exact[k] == expected, "%lld channels: [%lld]", (long long)c, (long long)k);
            }
            values_free(&x);
            values_free(&y);
        }
}

Test(cuda_kernels, interleave)
{
    for (size_t i = 0; i < sizeof channel_counts / sizeof *channel_counts; i++)
        for (int type = 0; type < 2; type++) {
            const int64_t n = 2, h = 3, w = 5, c = channel_counts[i];
            const enum dtype dtype = mix_read[2 * type];
            struct values x = values_draw("x", dtype, n * (h + 1) * (w + 1) * 4 * c, 0, 1, 0);
            struct values y = values_room(dtype, n * 4 * h * w * c, 0);
            const struct interleave u = {x.at, y.at, dtype, n, h, w, c};
            cr_expect(LAUNCHER(launch_interleave)(&u, NULL) == cudaSuccess);
            values_read(&y);
            for (int64_t image = 0; image < n; image++)
                for (int64_t r = 0; r < 2 * h; r++)
                    for (int64_t s = 0; s < 2 * w; s++)
                        for (int64_t k = 0; k < c; k++) {
                            int64_t p = r % 2, q = s % 2, pixel = (image * (h + 1) + r / 2 + p) * (w + 1) + s / 2 + q;
                            cr_expect(y.exact[((image * 2 * h + r) * 2 * w + s) * c + k] ==
                                          x.exact[pixel * 4 * c + (2 * p + q) * c + k],
                                      "%lld channels: image %lld, (%lld, %lld), channel %lld", (long long)c,
                                      (long long)image, (long long)r, (long long)s, (long long)k);
                        }
            values_free(&x);
            values_free(&y);
        }
}

Test(cuda_kernels, embedding)
{
    static const int32_t ids[] = {0, 4, -1, 5, 2, INT32_MIN, INT32_MAX, 3};
    enum { COUNT = sizeof ids / sizeof *ids, ROWS = 5 };
    static const int64_t widths[] = {7, 64, 320};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (int m = 0; m < MIXES; m++) {
            const int64_t width = widths[i];
            struct values table = values_draw("table", mix_read[m], ROWS * width, 0, 1, 0);
            struct values y = values_room(mix_write[m], COUNT * width, 0);
            memset(y.at, 0, (size_t)y.n * dtypes[y.dtype].bytes);
            const struct embedding e = {table.at, ids, y.at, mix_read[m], mix_write[m], COUNT, ROWS, width};
            cr_expect(LAUNCHER(launch_embedding)(&e, NULL) == cudaSuccess);
            values_read(&y);
            for (int64_t k = 0; k < y.n; k++) {
                const int32_t id = ids[k / width];
                const bool inside = id >= 0 && id < ROWS;
                const float expected = inside ? rounded_to(y.dtype, (double)table.exact[id * width + k % width]) : NAN;
                cr_expect(inside ? y.exact[k] == expected : isnan(y.exact[k]), "mix %d: id %d, [%lld] is %g", m, id,
                          (long long)k, (double)y.exact[k]);
            }
            values_free(&table);
            values_free(&y);
        }
}

static void check_pack(enum dtype read, enum dtype write, int64_t outer, int64_t middle, int64_t inner, int offset)
{
    struct values x = values_draw("x", read, outer * middle * inner, offset, 1e3f, 0);
    struct values y = values_room(write, x.n, offset);
    const struct pack p = {x.at, y.at, read, write, outer, middle, inner};
    cr_expect(LAUNCHER(launch_pack)(&p, NULL) == cudaSuccess);
    values_read(&y);
    for (int64_t k = 0; k < x.n; k++) {
        const int64_t o = k / (middle * inner), m = k / inner % middle, i = k % inner;
        cr_expect(y.exact[(o * inner + i) * middle + m] == rounded_to(write, (double)x.exact[k]),
                  "%s to %s, %lldx%lldx%lld: [%lld]", dtypes[read].name, dtypes[write].name, (long long)outer,
                  (long long)middle, (long long)inner, (long long)k);
    }
    values_free(&x);
    values_free(&y);
}

Test(cuda_kernels, pack)
{
    static const enum dtype reads[] = {DTYPE_f32, DTYPE_f16, DTYPE_bf16}, writes[] = {DTYPE_f32, DTYPE_f16};
    static const int64_t sizes[][3] = {{5, 37, 9},  {3, 320, 9}, {2, 3, 70},  {1, 65, 33}, {7, 4, 4},
                                       {2, 500, 4}, {3, 40, 1},  {11, 1, 13}, {1, 1, 1}};
    for (int r = 0; r < 3; r++)
        for (int w = 0; w < 2; w++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
                for (int offset = 0; offset < 2; offset++)
                    check_pack(reads[r], writes[w], sizes[s][0], sizes[s][1], sizes[s][2], offset);
}

/* What f16 does not hold becomes infinity, as in a conversion by hand; what bf16 holds beyond it too. */
Test(cuda_kernels, pack_beyond_f16)
{
    const float given[] = {65504, 65519, 65520, -1e30f, 0x1p-24f, 0x1p-26f, INFINITY, NAN};
    const float kept[] = {65504, 65504, INFINITY, -INFINITY, 0x1p-24f, 0, INFINITY, NAN};
    struct values x = values_of(DTYPE_f32, given, 8, 0), y = values_room(DTYPE_f16, 8, 0);
    const struct pack p = {x.at, y.at, DTYPE_f32, DTYPE_f16, 1, 1, 8};
    cr_expect(LAUNCHER(launch_pack)(&p, NULL) == cudaSuccess);
    values_read(&y);
    for (int i = 0; i < 8; i++)
        cr_expect(isnan(kept[i]) ? isnan(y.exact[i]) : y.exact[i] == kept[i], "%g becomes %g", (double)given[i],
                  (double)y.exact[i]);
    values_free(&x);
    values_free(&y);
}

/* Around every level and half level of a few, and beyond the ends. */
static void check_pixels(enum dtype read, bool rounded, int64_t count, int offset)
{
    const float ends[] = {NAN, INFINITY, -INFINITY, 1, -1, 1.5f, -1.5f, 0};
    float *image = malloc((size_t)count * sizeof *image);
    cr_assert(image);
    for (int64_t i = 0; i < count; i++)
        image[i] = i < 8 ? ends[i] : (float)((double)(i % 511) / 255 - 1 + 1e-3 * (double)(i % 7 - 3));
    struct values x = values_of(read, image, count, offset), y = values_room(DTYPE_u8, count, offset);
    const struct pixels p = {x.at, read, y.at, count, rounded};
    cr_expect(LAUNCHER(launch_pixels)(&p, NULL) == cudaSuccess);
    values_read(&y);
    for (int64_t i = 0; i < count; i++) {
        const double level = ((double)x.exact[i] + 1) / 2 * 255, near = fabs(level - nearbyint(level));
        const double whole = rounded ? rint(level) : trunc(level);
        const float expected = isnan(level) || level < 0 ? 0 : level > 255 ? 255 : (float)whole;
        const bool edge = rounded ? fabs(near - 0.5) < 1e-4 : near < 1e-4; /* where float32 may decide otherwise */
        cr_expect(fabsf(y.exact[i] - expected) <= (edge && level > 0 && level < 255 ? 1 : 0), "%s: %.9g becomes %g",
                  dtypes[read].name, (double)x.exact[i], (double)y.exact[i]);
    }
    free(image);
    values_free(&x);
    values_free(&y);
}

Test(cuda_kernels, pixels)
{
    for (int type = 0; type < 2; type++)
        for (int rounded = 0; rounded < 2; rounded++) {
            check_pixels(mix_read[2 * type], rounded, 1024, 0);
            check_pixels(mix_read[2 * type], rounded, 1023, 0);
            check_pixels(mix_read[2 * type], rounded, 48, 1);
        }
}

Test(cuda_kernels, guidance)
{
    static const int64_t counts[] = {1, 396, 400, 99};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (int m = 0; m < MIXES; m++) {
            const int64_t n = counts[i];
            const int offset = i == 2; /* once unaligned */
            struct values eps = values_draw("eps", mix_read[m], 2 * n, offset, 1, 0),
                          y = values_room(mix_write[m], n, 0);
            double *expected = malloc((size_t)n * sizeof *expected);
            cr_assert(expected);
            for (int64_t k = 0; k < n; k++)
                expected[k] = (double)eps.exact[k] + 7.5 * ((double)eps.exact[n + k] - (double)eps.exact[k]);
            const struct guidance g = {eps.at, y.at, mix_read[m], mix_write[m], n, 7.5f};
            cr_expect(LAUNCHER(launch_guidance)(&g, NULL) == cudaSuccess);
            expect_values("guidance", &y, expected, 0x1p-22);
            free(expected);
            values_free(&eps);
            values_free(&y);
        }
}

/* Results in the states' place, for every number of states. */
Test(cuda_kernels, sampler_update_in_place)
{
    enum { N = 131 };
    for (int states = 1; states <= STATES; states++) {
        const int terms = states + 1;
        struct values state[STATES] = {0}, k = values_draw("k", DTYPE_f32, states * terms, 0, 1, 0);
        struct values eps = values_draw("eps", DTYPE_f32, N, 0, 1, 0);
        struct sampler_update u = {.coefficients = k.at, .eps = eps.at, .states = states, .count = N};
        for (int s = 0; s < states; s++) {
            state[s] = values_draw((char[]){(char)('a' + s), 0}, DTYPE_f32, N, 0, 1, 0);
            u.state[s] = u.next[s] = state[s].at;
        }
        double expected[STATES][N] = {0};
        for (int s = 0; s < states; s++)
            for (int t = 0; t < terms; t++)
                for (int i = 0; i < N; i++)
                    expected[s][i] += (double)k.exact[s * terms + t] * (double)(t == 0   ? state[0]
                                                                                : t == 1 ? eps
                                                                                         : state[t - 1])
                                                                           .exact[i];
        cr_expect(LAUNCHER(launch_sampler_update)(&u, NULL) == cudaSuccess);
        for (int s = 0; s < states; s++) {
            expect_values("sampler_update", &state[s], expected[s], 0x1p-24);
            values_free(&state[s]);
        }
        values_free(&k);
        values_free(&eps);
    }
}

Test(cuda_kernels, advance)
{
    int32_t counter[33], next[33];
    for (int i = 0; i < 33; i++)
        counter[i] = i * i;
    cr_expect(LAUNCHER(launch_advance)(counter, next, 33, NULL) == cudaSuccess);
    cr_expect(LAUNCHER(launch_advance)(counter, counter, 33, NULL) == cudaSuccess);
    for (int i = 0; i < 33; i++)
        cr_expect(next[i] == i * i + 1 && counter[i] == next[i]);
}

/* Nothing to do is no error, and no address is looked at. */
Test(cuda_kernels, work_of_size_0)
{
    const struct view none = {NULL, DTYPE_f32, {3, 0, 1, 1}, {0, 1, 1, 1}};
    cr_expect(!LAUNCHER(launch_map)(&(struct map){.a = none, .y = none, .factor = 1}, NULL));
    cr_expect(!LAUNCHER(launch_group_norm)(&(struct group_norm){.channels = {32}, .groups = 32, .images = 1}, NULL));
    cr_expect(!LAUNCHER(launch_layer_norm)(&(struct layer_norm){.width = 32}, NULL));
    cr_expect(!LAUNCHER(launch_softmax)(&(struct softmax){.width = 77, .y_pitch = 80}, NULL));
    cr_expect(
        !LAUNCHER(launch_upsample)(&(struct upsample){.h = 1, .w = 1, .height = 2, .width = 2, .channels = 4}, NULL));
    cr_expect(!LAUNCHER(launch_interleave)(&(struct interleave){.h = 1, .w = 1, .channels = 4}, NULL));
    cr_expect(!LAUNCHER(launch_embedding)(&(struct embedding){.rows = 5, .width = 4}, NULL));
    cr_expect(!LAUNCHER(launch_guidance)(&(struct guidance){.factor = 1}, NULL));
    cr_expect(!LAUNCHER(launch_sampler_update)(&(struct sampler_update){.states = 1}, NULL));
    cr_expect(!LAUNCHER(launch_advance)(NULL, NULL, 0, NULL));
    cr_expect(!LAUNCHER(launch_pixels)(&(struct pixels){.rounded = true}, NULL));
    cr_expect(!LAUNCHER(launch_pack)(&(struct pack){.middle = 3, .inner = 9}, NULL));
}

/* A type that a kernel does not have is refused. */
Test(cuda_kernels, other_types)
{
    float x[4] = {0};
    const struct view v = {x, DTYPE_i32, {1, 1, 1, 4}, {0, 0, 0, 1}};
    cr_expect(LAUNCHER(launch_map)(&(struct map){.a = v, .y = v, .factor = 1}, NULL) == cudaErrorInvalidValue);
    const struct pack p = {x, x, DTYPE_u8, DTYPE_f32, 1, 1, 4};
    cr_expect(LAUNCHER(launch_pack)(&p, NULL) == cudaErrorInvalidValue);
}
