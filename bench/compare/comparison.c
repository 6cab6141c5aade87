#include "bench/compare/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/summary.h"

struct err comparison_check(const struct measured_run *base, const struct measured_run *new)
{
    if (strcmp(base->job, new->job))
        return err_make(ERR_INVALID, "the runs did not do the same job: %.300s and %.300s", base->job, new->job);
    if (strcmp(base->environment, new->environment))
        return err_make(ERR_INVALID, "the runs are of different machines: %.200s and %.200s", base->environment,
                        new->environment);
    return OK;
}

struct err comparison_check_devices(const struct measured_variant *base, const struct measured_variant *new)
{
    if (strcmp(base->device, new->device))
        return err_make(ERR_INVALID, "%s ran on \"%s\" and on \"%s\"", new->name, base->device, new->device);
    if (strcmp(base->slice, new->slice))
        return err_make(ERR_INVALID, "%s ran on %s and on %s of %s: a slice is no whole device", new->name,
                        *base->slice ? base->slice : "all", *new->slice ? new->slice : "all", new->device);
    return OK;
}

/* Of the values of a round. */
struct round_sum {
    double log_ns;
    int n;
};

static int rounds_of(const struct measured_series *s)
{
    int most = 0;
    for (int i = 0; i < s->n; i++)
        most = s->round[i] + 1 > most ? s->round[i] + 1 : most;
    return most;
}

static void add_rounds(const struct measured_series *s, int rounds, struct round_sum *sum)
{
    for (int i = 0; i < s->n; i++)
        if (s->round[i] < rounds) {
            sum[s->round[i]].log_ns += log(s->ns[i]);
            sum[s->round[i]].n++;
        }
}

static double median_ns(const struct measured_series *s)
{
    double *copy = calloc((size_t)s->n + 1, sizeof *copy), median = 0;
    if (copy && s->n) {
        memcpy(copy, s->ns, (size_t)s->n * sizeof *copy);
        sort_ascending(copy, s->n);
        median = median_of(copy, s->n);
    }
    free(copy);
    return median;
}

/* Both were measured in turns: what drifts is in both sides of a round. */
static struct err compare_rounds(const struct measured_series *base, const struct measured_series *new,
                                 struct floors floors, struct comparison *out)
{
    int rounds = rounds_of(base), n = 0;
    double *d = calloc((size_t)rounds + 1, sizeof *d);
    struct round_sum *sum = calloc(2 * (size_t)rounds + 1, sizeof *sum);
    if (!d || !sum) {
        free(d);
        free(sum);
        return err_fail("out of memory");
    }
    add_rounds(base, rounds, sum);
    add_rounds(new, rounds, sum + rounds);
    for (int r = 0; r < rounds; r++) {
        const struct round_sum *a = &sum[r], *b = &sum[rounds + r];
        if (a->n && b->n)
            d[n++] = b->log_ns / b->n - a->log_ns / a->n;
    }
    struct t_interval i = mean_interval(d, n, 0.95);
    double margin = margin_of(&floors, out->base_ns);
    free(d);
    free(sum);
    out->verdict = n < FEWEST_PROCESSES ? VERDICT_INSUFFICIENT : verdict_of_interval(&i, margin);
    out->change = change_of(i.estimate);
    out->low = change_of(i.low);
    out->high = change_of(i.high);
    out->margin = change_of(margin);
    snprintf(out->reason, sizeof out->reason, "%d rounds of one run", n);
    return OK;
}

static struct err compare_unpaired(const struct measured_series *base, const struct measured_series *new,
                                   struct floors floors, struct comparison *out)
{
    struct unpaired u;
    TRY(verdict_unpaired(base->ns, base->n, new->ns, new->n, floors, &u));
    out->verdict = u.verdict;
    out->change = u.change;
    out->low = u.low;
    out->high = u.high;
    out->margin = u.margin;
    snprintf(out->reason, sizeof out->reason, "%s", u.reason);
    return OK;
}

/* Sides that ran at different clocks are not comparable. */
static void judge_arms(struct comparison *c)
{
    char reason[sizeof c->reason];
    if (c->verdict >= VERDICT_NEW || arms_alike(&c->base_sensed.arm, &c->new_sensed.arm, reason, sizeof reason))
        return;
    c->verdict = VERDICT_INVALID;
    snprintf(c->reason, sizeof c->reason, "%s", reason);
}

struct err comparison_make(const struct measured_variant *base, const struct measured_variant *new, bool same_run,
                           enum state_id state, struct floors floors, struct comparison *out)
{
    static const struct measured_series none;
    const struct measured_series *a = base ? &base->state[state] : &none, *b = new ? &new->state[state] : &none;
    *out = (struct comparison){.base_title = base ? base->title : "",
                               .new_title = new ? new->title : "",
                               .state = state,
                               .paired = same_run && a->n && b->n,
                               .base_n = a->n,
                               .new_n = b->n,
                               .base_ns = median_ns(a),
                               .new_ns = median_ns(b)};
    if (base && new) {
        out->base_sensed = base->sensed[state];
        out->new_sensed = new->sensed[state];
    }
    TRY(out->paired ? compare_rounds(a, b, floors, out) : compare_unpaired(a, b, floors, out));
    judge_arms(out);
    return OK;
}
