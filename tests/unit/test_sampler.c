/* Samplers: against the libraries' own, and against the equation that all of them solve. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/base/random.h"
#include "pipeline/sampler/noise_schedule.h"
#include "pipeline/sampler/sampler.h"
#include "tests/support/golden.h"

static const double bound = 2e-6; /* relative L2 error against the goldens */

/* Every sampler in each of its meanings, with the name that the goldens give it. */
static const struct kind {
    const char *golden, *name;
    enum sampler_ddim ddim;
    int most_steps;
} kinds[] = {
    // clang-format off
    {"ddim",         "ddim",        SAMPLER_DDIM_LEADING,  999},
    {"ddim_kerascv", "ddim",        SAMPLER_DDIM_LINSPACE, 1000},
    {"ddim_legacy",  "ddim-legacy", SAMPLER_DDIM_LINSPACE, 1000},
    {"pndm",         "pndm",        SAMPLER_DDIM_LEADING,  999},
    {"euler",        "euler",       SAMPLER_DDIM_LINSPACE, 1000},
    {"dpmpp_2m",     "dpmpp-2m",    SAMPLER_DDIM_LINSPACE, 999},
    // clang-format on
};

static const struct sampler *find(const char *name)
{
    const struct sampler *s = sampler_find(name);
    if (!s)
        cr_assert_fail("no sampler %s", name);
    return s;
}

static struct sampler_schedule make(const struct kind *kind, int steps)
{
    struct sampler_schedule schedule;
    struct err e = sampler_schedule_make(find(kind->name), kind->ddim, steps, &schedule);
    if (e.code)
        cr_assert_fail("%s, %d steps: %s", kind->golden, steps, err_text(e));
    return schedule;
}

/* One value of the latent through all rows in double. eps(x, t) = tanh(x (1 + t / 1000)) is the goldens'. */
static double walk_double(const struct sampler_schedule *s, double latent)
{
    double state[SAMPLER_TERMS] = {latent}; /* latent, eps, slots: the terms of an update */
    for (const struct sampler_row *row = s->row; row < s->row + s->rows; row++) {
        double next[SAMPLER_TERMS] = {0};
        state[SAMPLER_EPS] = tanh(row->input_scale * state[0] * (1 + row->timestep / 1000));
        for (int i = 0; i <= s->slots; i++)
            for (int j = 0; j < SAMPLER_SLOT + s->slots; j++)
                next[i ? SAMPLER_EPS + i : 0] += row->update[i][j] * state[j];
        memcpy(state, next, sizeof state);
    }
    return state[0];
}

/* The same with coefficients, state, eps and every product and sum in float32, as a device may compute it. */
static float walk_float(const struct sampler_schedule *s, float latent)
{
    float state[SAMPLER_TERMS] = {latent};
    for (const struct sampler_row *row = s->row; row < s->row + s->rows; row++) {
        float next[SAMPLER_TERMS] = {0}, input = (float)row->input_scale * state[0];
        state[SAMPLER_EPS] = (float)tanh((double)input * (1 + row->timestep / 1000));
        for (int i = 0; i <= s->slots; i++)
            for (int j = 0; j < SAMPLER_SLOT + s->slots; j++)
                next[i ? SAMPLER_EPS + i : 0] += (float)row->update[i][j] * state[j];
        memcpy(state, next, sizeof state);
    }
    return state[0];
}

static const float *golden_of(const struct golden *g, const struct kind *kind, int steps, const char *what, size_t *n)
{
    char key[64];
    snprintf(key, sizeof key, "%s/%d/%s", kind->golden, steps, what);
    return golden_f32(g, key, n);
}

/* The largest of several errors, and where it was. */
struct worst {
    double error;
    char where[64];
};

static void keep_worst(struct worst *w, double error, const struct kind *kind, int steps)
{
    if (error <= w->error)
        return;
    w->error = error;
    snprintf(w->where, sizeof w->where, "%s/%d", kind->golden, steps);
}

static void check_golden(const struct golden *g, const struct kind *kind, int steps, struct worst *exact,
                         struct worst *single)
{
    enum { N = 4 * 8 * 8 };
    struct sampler_schedule s = make(kind, steps);
    size_t rows, n;
    const float *t = golden_of(g, kind, steps, "timesteps", &rows);
    cr_assert(rows == (size_t)s.rows, "%s/%d: %d rows, not %zu", kind->golden, steps, s.rows, rows);
    for (size_t i = 0; i < rows; i++)
        cr_expect(s.row[i].timestep == t[i], "%s/%d: row %zu is at t = %.9g, not %.9g", kind->golden, steps, i,
                  s.row[i].timestep, (double)t[i]);

    float noise[N], in_double[N], in_float[N];
    const float *start = golden_of(g, kind, steps, "start", &n), *end = golden_of(g, kind, steps, "end", NULL);
    cr_assert(n == N);
    random_normal(7, noise, N);
    for (int i = 0; i < N; i++) {
        noise[i] = (float)(s.initial_scale * noise[i]);
        in_double[i] = (float)walk_double(&s, start[i]);
        in_float[i] = walk_float(&s, start[i]);
    }
    double error_start = relative_l2(noise, start, N), error_double = relative_l2(in_double, end, N),
           error_float = relative_l2(in_float, end, N);
    /* The library's abar is float32: sigma = sqrt(1 / abar - 1) is that much less exact where abar is near 1. Only one
     * step of euler, which starts at t = 0, shows it. */
    double bound_start = bound + 0x1p-26 * (1 + 1 / (s.initial_scale * s.initial_scale));
    cr_expect(error_start < bound_start, "%s/%d: start is off by %.2e", kind->golden, steps, error_start);
    cr_expect(error_double < bound, "%s/%d: end is off by %.2e", kind->golden, steps, error_double);
    cr_expect(error_float < bound, "%s/%d: end in float32 is off by %.2e", kind->golden, steps, error_float);
    keep_worst(exact, error_double, kind, steps);
    keep_worst(single, error_float, kind, steps);
    sampler_schedule_free(&s);
}

Test(sampler, equals_the_libraries)
{
    struct golden *g = golden_open("samplers.safetensors");
    struct worst exact = {0}, single = {0};
    size_t keys = 0, checked = 0;
    for (const char *key; (key = golden_key(g, keys)); keys++)
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            char what[12] = "";
            int steps, length = (int)strlen(kinds[k].golden);
            if (strncmp(key, kinds[k].golden, (size_t)length) || sscanf(key + length, "/%d/%11s", &steps, what) != 2)
                continue;
            checked++;
            if (!strcmp(what, "end"))
                check_golden(g, &kinds[k], steps, &exact, &single);
        }
    cr_expect(keys > 0 && checked == keys, "%zu of the %zu keys belong to no sampler", keys - checked, keys);
    printf("sampler: worst error %.1e (%s), in float32 %.1e (%s), of %.0e allowed\n", exact.error, exact.where,
           single.error, single.where, bound);
    golden_close(g);
}

/* KerasCV's own constants have 7 digits or more; these are some of them. */
Test(sampler, noise_schedule)
{
    static const struct {
        int t;
        double abar;
    } cases[] = {{0, 0.99915},       {1, 0.998296028}, {20, 0.981314362},  {21, 0.980380748},
                 {500, 0.276332684}, {981, 0.0057755}, {999, 0.0046600985}};
    struct noise_schedule noise;
    noise_schedule_init(&noise);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        double abar = noise.abar[cases[i].t], sigma = noise_sigma(&noise, cases[i].t);
        cr_expect(fabs(abar / cases[i].abar - 1) < 1e-6, "abar[%d] is %.9g", cases[i].t, abar);
        cr_expect(fabs(1 / (1 + sigma * sigma) - abar) < 1e-14, "sigma(%d) is %.9g", cases[i].t, sigma);
    }
    double below = noise_sigma(&noise, 20), above = noise_sigma(&noise, 21);
    cr_expect(fabs(noise_sigma(&noise, 20.25) - (0.75 * below + 0.25 * above)) < 1e-15, "sigma(20.25)");
}

/* Where eps is the true noise, every step of every sampler is exact: the latent stays sqrt(abar) x_0 + sqrt(1 - abar)
 * eps at each row's timestep. For all numbers of steps. Returns the largest error. */
static double distance_from_truth(const struct kind *kind, int steps, const struct noise_schedule *noise)
{
    const double x0 = 0.3, eps = -1.1;
    struct sampler_schedule s = make(kind, steps);
    double state[SAMPLER_TERMS] = {0}, worst = 0;
    for (int r = 0; r < s.rows; r++) {
        const struct sampler_row *row = &s.row[r];
        double sigma = noise_sigma(noise, row->timestep), truth = (x0 + sigma * eps) / sqrt(1 + sigma * sigma);
        double next[SAMPLER_TERMS] = {0};
        if (r == 0)
            state[0] = truth / row->input_scale;
        worst = fmax(worst, fabs(row->input_scale * state[0] - truth));
        state[SAMPLER_EPS] = eps;
        for (int i = 0; i <= s.slots; i++)
            for (int j = 0; j < SAMPLER_SLOT + s.slots; j++)
                next[i ? SAMPLER_EPS + i : 0] += row->update[i][j] * state[j];
        memcpy(state, next, sizeof state);
    }
    bool leaves_noise = !strcmp(kind->golden, "ddim") || !strcmp(kind->golden, "pndm"); /* diffusers' leading ones */
    double end = leaves_noise ? sqrt(noise->abar[0]) * x0 + sqrt(1 - noise->abar[0]) * eps : x0;
    worst = fmax(worst, fabs(state[0] - end));
    sampler_schedule_free(&s);
    return isnan(state[0]) ? INFINITY : worst;
}

Test(sampler, follows_true_noise_exactly)
{
    struct noise_schedule noise;
    noise_schedule_init(&noise);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (int steps = 1; steps <= kinds[k].most_steps; steps++) {
            double error = distance_from_truth(&kinds[k], steps, &noise);
            cr_expect(error < 1e-11, "%s/%d: off by %.2e", kinds[k].golden, steps, error);
        }
}

static void check_refused(const struct kind *kind, int steps, const char *advice)
{
    struct sampler_schedule s;
    memset(&s, 0xff, sizeof s);
    struct err e = sampler_schedule_make(find(kind->name), kind->ddim, steps, &s);
    cr_assert(e.code == ERR_FAILED, "%s, %d steps: code %d", kind->golden, steps, e.code);
    cr_expect(strstr(err_text(e), advice) && !strchr(err_text(e), '\n'), "%s, %d steps: %s", kind->golden, steps,
              err_text(e));
    cr_expect(!s.row && !s.note && !s.rows, "%s, %d steps: something was left", kind->golden, steps);
    err_free(&e);
    sampler_schedule_free(&s);
}

Test(sampler, refuses_steps)
{
    static const int wrong[] = {0, -1, 1001, INT_MIN, INT_MAX};
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
            check_refused(&kinds[k], wrong[i], "take 1 to 1000");
        if (kinds[k].most_steps < 1000)
            check_refused(&kinds[k], 1000, "take 1 to 999");
    }
}
