#include "bench/gate/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/statistics/summary.h"

const struct verdict_word verdict_words[VERDICTS] = {
    [VERDICT_FASTER] = {"FASTER", ERR_NONE, "less time, by more than the floor, and found again"},
    [VERDICT_SLOWER] = {"SLOWER", ERR_MISMATCH, "more time, by more than the floor, and found again"},
    [VERDICT_SAME] = {"SAME", ERR_NONE, "no difference larger than the floor"},
    [VERDICT_AMBIGUOUS] = {"AMBIGUOUS", ERR_INVALID, "the noise does not let it tell"},
    [VERDICT_NEW] = {"NEW", ERR_NONE, "the base does not have it"},
    [VERDICT_GONE] = {"GONE", ERR_INVALID, "only the base has it"},
    [VERDICT_INSUFFICIENT] = {"INSUFFICIENT", ERR_INVALID, "too few usable measurements"},
    [VERDICT_INVALID] = {"INVALID", ERR_INVALID, "a check of the measurement failed"},
};

static int rank_of(enum err_code code)
{
    return code == ERR_MISMATCH ? 3 : code == ERR_INVALID ? 2 : code ? 1 : 0;
}

enum err_code worst_exit(enum err_code a, enum err_code b)
{
    return rank_of(b) > rank_of(a) ? b : a;
}

double margin_of(const struct floors *f, double base_ns)
{
    return log1p(fmax(f->share, base_ns > 0 ? f->ns / base_ns : 0));
}

enum verdict verdict_of_interval(const struct t_interval *log_ratio, double margin)
{
    if (!log_ratio->known)
        return VERDICT_INSUFFICIENT;
    if (log_ratio->low > margin)
        return VERDICT_SLOWER;
    if (log_ratio->high < -margin)
        return VERDICT_FASTER;
    return log_ratio->low > -margin && log_ratio->high < margin ? VERDICT_SAME : VERDICT_AMBIGUOUS;
}

double change_of(double log_ratio)
{
    return expm1(log_ratio);
}

static bool are_times(const double *ns, int n)
{
    for (int i = 0; i < n; i++)
        if (!(ns[i] > 0 && isfinite(ns[i])))
            return false;
    return true;
}

/* What to say without comparing; VERDICTS where there is enough to compare. */
static enum verdict verdict_without(int base_n, int new_n, struct unpaired *out)
{
    char *text = out->reason;
    size_t size = sizeof out->reason;
    if (!base_n && new_n)
        return snprintf(text, size, "only the new run has it"), VERDICT_NEW;
    if (base_n && !new_n)
        return snprintf(text, size, "only the base run has it"), VERDICT_GONE;
    if (base_n >= FEWEST_PROCESSES && new_n >= FEWEST_PROCESSES)
        return VERDICTS;
    snprintf(text, size, "%d processes of the base and %d of the new; %d of each are needed", base_n, new_n,
             FEWEST_PROCESSES);
    return VERDICT_INSUFFICIENT;
}

/* `room` for base_n + new_n numbers. */
static void compare(const double *base_ns, int base_n, const double *new_ns, int new_n, const struct floors *floors,
                    double *room, struct unpaired *out)
{
    double *base = room, *new = room + base_n;
    for (int i = 0; i < base_n; i++)
        base[i] = log(base_ns[i]);
    for (int i = 0; i < new_n; i++)
        new[i] = log(new_ns[i]);
    struct t_interval d = difference_interval(base, base_n, new, new_n, 0.95);
    sort_ascending(base, base_n);
    sort_ascending(new, new_n);
    out->base_ns = exp(median_of(base, base_n));
    out->new_ns = exp(median_of(new, new_n));
    out->change = change_of(d.estimate);
    out->low = change_of(d.low);
    out->high = change_of(d.high);
    double margin = margin_of(floors, out->base_ns);
    out->margin = change_of(margin);
    out->verdict = verdict_of_interval(&d, margin);
    snprintf(out->reason, sizeof out->reason, "%+.2f %% [%+.2f, %+.2f], floor %.2f %%, %d and %d processes",
             100 * out->change, 100 * out->low, 100 * out->high, 100 * out->margin, base_n, new_n);
}

struct err verdict_unpaired(const double *base_ns, int base_n, const double *new_ns, int new_n, struct floors floors,
                            struct unpaired *out)
{
    *out = (struct unpaired){.verdict = VERDICT_INVALID, .low = -INFINITY, .high = INFINITY};
    if (!are_times(base_ns, base_n) || !are_times(new_ns, new_n)) {
        snprintf(out->reason, sizeof out->reason, "a time is not above 0");
        return OK;
    }
    out->verdict = verdict_without(base_n, new_n, out);
    if (out->verdict != VERDICTS)
        return OK;
    double *room = calloc((size_t)base_n + (size_t)new_n, sizeof *room);
    if (!room)
        return err_fail("out of memory for statistics");
    compare(base_ns, base_n, new_ns, new_n, &floors, room, out);
    free(room);
    return OK;
}
