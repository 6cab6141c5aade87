/* The normal generator against torch's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/base/random.h"
#include "tests/support/golden.h"

static const double bound = 2e-6;

static size_t count_of(const char *shape) /* "1x4x8x8" */
{
    size_t n = 1;
    for (char *end; *shape && *shape != '/'; shape = *end == 'x' ? end + 1 : end)
        n *= strtoul(shape, &end, 10);
    return n;
}

/* Keys: SEED/SHAPE, or SEED/SHAPE/head and SEED/SHAPE/tail with the first and last values only. */
Test(noise, equals_torch)
{
    struct golden *g = golden_open("noise.safetensors");
    double worst = 0;
    size_t keys = 0;
    for (const char *key; (key = golden_key(g, keys)); keys++) {
        size_t stored;
        const float *torch = golden_f32(g, key, &stored);
        char *shape;
        uint64_t seed = strtoull(key, &shape, 10);
        size_t n = count_of(shape + 1);
        float *ours = malloc(n * sizeof *ours);
        cr_assert_not_null(ours);
        random_normal(seed, ours, n);
        const float *from = strstr(key, "/tail") ? ours + n - stored : ours;
        double l2 = relative_l2(from, torch, stored), max = relative_max(from, torch, stored);
        cr_expect(l2 < bound && max < bound, "%s: relative L2 %.2e, largest %.2e, bound %.0e", key, l2, max, bound);
        worst = l2 > worst ? l2 : worst;
        worst = max > worst ? max : worst;
        free(ours);
    }
    cr_expect(keys >= 24, "only %zu keys", keys);
    printf("noise: worst error %.2e of %.0e allowed\n", worst, bound);
    golden_close(g);
}

Test(noise, low_32_bits_of_the_seed_count)
{
    enum { N = 100 };
    float a[N], b[N], c[N];
    random_normal(7, a, N);
    random_normal(7 + (UINT64_C(5) << 32), b, N);
    random_normal(8, c, N);
    cr_expect(!memcmp(a, b, sizeof a), "seeds 7 and 7 + 5 * 2^32 differ");
    cr_expect(memcmp(a, c, sizeof a), "seeds 7 and 8 are equal");
}

Test(noise, short_runs_are_the_first_of_sixteen)
{
    float full[16], out[17];
    random_normal(3, full, 16);
    for (size_t n = 0; n < 16; n++) {
        for (size_t i = 0; i < 17; i++)
            out[i] = 99;
        random_normal(3, out, n);
        cr_expect(!memcmp(out, full, n * sizeof *out), "%zu values are not the first of 16", n);
        cr_expect(out[n] == 99, "%zu values: one more was written", n);
    }
}

/* Mean, variance and the share beyond two sigma of 2^18 values; six standard errors allowed. */
Test(noise, is_standard_normal)
{
    enum { N = 1 << 18 };
    float *x = malloc(N * sizeof *x);
    cr_assert_not_null(x);
    random_normal(11, x, N);
    double mean = 0, square = 0, far = 0;
    for (size_t i = 0; i < N; i++) {
        mean += (double)x[i] / N;
        square += (double)x[i] * x[i] / N;
        far += (x[i] > 2 || x[i] < -2) / (double)N;
    }
    free(x);
    cr_expect(mean > -0.012 && mean < 0.012, "mean %g", mean);
    cr_expect(square > 1 - 0.017 && square < 1 + 0.017, "mean square %g", square);
    cr_expect(far > 0.0455 - 0.0025 && far < 0.0455 + 0.0025, "%g beyond 2, not 0.0455", far);
}
