#include "bench/compare/profile_pair.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile/take.h"
#include "bench/statistics/summary.h"

/* Sorted by key, then one row a key. */
static int by_key(const void *a, const void *b)
{
    const struct profile_delta *x = a, *y = b;
    return strcmp(x->key, y->key);
}

static int by_difference(const void *a, const void *b)
{
    const struct profile_delta *x = a, *y = b;
    const double p = fabs(x->ns[SIDE_b] - x->ns[SIDE_a]), q = fabs(y->ns[SIDE_b] - y->ns[SIDE_a]);
    const int order = (p < q) - (p > q), size = (x->ns[SIDE_a] < y->ns[SIDE_a]) - (x->ns[SIDE_a] > y->ns[SIDE_a]);
    return order ? order : size ? size : strcmp(x->key, y->key);
}

static struct err find_deltas(struct profile_pair *p)
{
    const size_t most = (size_t)p->side[SIDE_a]->kernels + (size_t)p->side[SIDE_b]->kernels + 1;
    int n = 0;
    p->delta = calloc(most, sizeof *p->delta);
    if (!p->delta)
        return err_fail("out of memory for two profiles");
    for (int s = 0; s < SIDES; s++)
        for (int i = 0; i < p->side[s]->kernels; i++) {
            const struct profile_kernel *k = &p->side[s]->kernel[i];
            p->delta[n].key = p->by->key(k);
            p->delta[n++].ns[s] = k->typical_ns / p->side[s]->images;
        }
    qsort(p->delta, (size_t)n, sizeof *p->delta, by_key);
    for (int i = 0; i < n; i++) {
        struct profile_delta *last = &p->delta[p->deltas - (p->deltas > 0)];
        if (!p->deltas || strcmp(last->key, p->delta[i].key)) {
            p->delta[p->deltas++] = p->delta[i];
            continue;
        }
        for (int s = 0; s < SIDES; s++)
            last->ns[s] += p->delta[i].ns[s];
    }
    qsort(p->delta, (size_t)p->deltas, sizeof *p->delta, by_difference);
    return OK;
}

/* The standard error of the repetitions' mean goes into *error; 0 below two. */
static struct err find_busy(const struct profile *p, double *busy, double *error)
{
    double *value = calloc((size_t)p->repetitions + 1, sizeof *value);
    if (!value)
        return err_fail("out of memory for two profiles");
    for (int i = 0; i < p->repetitions; i++)
        value[i] = p->every[i].busy_ns / p->images;
    sort_ascending(value, p->repetitions);
    const struct summary s = summary_of(value, p->repetitions);
    *busy = s.median;
    *error = p->repetitions > 1 ? s.sd / sqrt(p->repetitions) : 0;
    free(value);
    return OK;
}

/* Why it cannot be judged; false where it can. */
static bool is_invalid(struct profile_pair *p)
{
    static const char *const names[SIDES] = {"base", "new"};
    for (int s = 0; s < SIDES; s++) {
        if (!p->side[s]->valid)
            snprintf(p->reason, sizeof p->reason, "%s is not valid: %.200s", names[s], p->side[s]->reason);
        else if (p->busy_ns[s] <= 0)
            snprintf(p->reason, sizeof p->reason, "%s did no work", names[s]);
        else
            continue;
        return true;
    }
    return false;
}

static void judge(struct profile_pair *p, const double error[SIDES], struct floors floors)
{
    p->verdict = VERDICT_INVALID;
    p->low = -INFINITY;
    p->high = INFINITY;
    if (is_invalid(p))
        return;
    const double ratio = log(p->busy_ns[SIDE_b] / p->busy_ns[SIDE_a]);
    const double a = error[SIDE_a] / p->busy_ns[SIDE_a], b = error[SIDE_b] / p->busy_ns[SIDE_b];
    const double sure = 2 * sqrt(a * a + b * b); /* hypot would need a newer C library than all else */
    const struct t_interval i = {.known = true, .estimate = ratio, .low = ratio - sure, .high = ratio + sure};
    const double margin = margin_of(&floors, p->busy_ns[SIDE_a]);
    p->verdict = verdict_of_interval(&i, margin);
    p->change = change_of(ratio);
    p->low = change_of(i.low);
    p->high = change_of(i.high);
    p->margin = change_of(margin);
    snprintf(p->reason, sizeof p->reason, "busy time of an image %+.1f %% [%+.1f, %+.1f], counted from %.1f %% on",
             100 * p->change, 100 * p->low, 100 * p->high, 100 * p->margin);
}

struct err profile_pair_make(const struct profile *base, const struct profile *new, const struct grouping *by,
                             struct floors floors, struct profile_pair *out)
{
    double error[SIDES];
    *out = (struct profile_pair){.side = {base, new}, .by = by, .same_variant = !strcmp(base->variant, new->variant)};
    struct err e = profile_rows_make(base, new, floors.share, &out->rows);
    if (!e.code)
        e = find_deltas(out);
    for (int s = 0; s < SIDES && !e.code; s++) {
        e = find_busy(out->side[s], &out->busy_ns[s], &error[s]);
        error[s] = fmax(error[s], out->rows.noise_ns[s]);
    }
    if (e.code)
        return e;
    out->residual_ns = out->busy_ns[SIDE_b] - out->busy_ns[SIDE_a];
    for (int i = 0; i < out->deltas; i++)
        out->residual_ns -= out->delta[i].ns[SIDE_b] - out->delta[i].ns[SIDE_a];
    judge(out, error, floors);
    return OK;
}

void profile_pair_free(struct profile_pair *p)
{
    profile_rows_free(&p->rows);
    free(p->delta);
    p->delta = NULL;
    p->deltas = 0;
}
