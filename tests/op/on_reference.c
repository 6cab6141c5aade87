#include "tests/op/on_reference.h"

#include <math.h>
#include <stdlib.h>

#include <criterion/criterion.h>

enum { KEPT = 64 };
static float *kept[KEPT];

static void free_kept(void)
{
    for (int i = 0; i < KEPT; i++)
        free(kept[i]);
}

float *on_reference(struct graph *g, size_t n, struct graph_run how)
{
    static int runs;
    float *out;
    size_t got;
    how.backend = "reference";
    struct err e = graph_run(g, &how, &out, &got);
    cr_assert(!e.code, "%s", err_text(e));
    cr_assert(got == n, "%zu results, not %zu", got, n);
    cr_assert(runs < KEPT, "a test runs at most %d graphs", KEPT);
    if (!runs)
        atexit(free_kept);
    kept[runs++] = out;
    return out;
}

void expect_near(const char *what, const float *y, const float *x, size_t n, double relative)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)x[i]));
    for (size_t i = 0; i < n; i++)
        cr_assert(fabs((double)y[i] - (double)x[i]) <= relative * largest, "%s: [%zu] is %.9g, not %.9g", what, i,
                  (double)y[i], (double)x[i]);
}

void count_up(float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)i;
}
