#include "bench/rules/series_checks.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/autocorrelation.h"
#include "bench/statistics/modes.h"
#include "bench/statistics/summary.h"
#include "bench/statistics/theil_sen.h"

__attribute__((format(printf, 2, 3))) static void complain(struct finding *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(f->text, sizeof f->text, format, args);
    va_end(args);
    f->ok = false;
}

/* How much the fitted line rises from the first sample to the last: large, and not by chance. */
static struct err look_for_drift(const struct series *s, struct finding *f)
{
    struct theil_sen line;
    TRY(theil_sen(s->positions, s->values, s->n, &line));
    f->value = s->median > 0 ? line.slope * (s->n - 1) / s->median : 0;
    if (fabs(f->value) > f->limit && line.kendall.p < 0.05)
        complain(f, "drift: times %s by %.1f %% from the first sample to the last (limit %.1f %%, p %.2g)",
                 f->value > 0 ? "rose" : "fell", 100 * fabs(f->value), 100 * f->limit, line.kendall.p);
    return OK;
}

/* Independent samples correlate by chance: above the limit, and above twice the standard error of r1, 1 / sqrt(n). */
static struct err look_for_memory(const struct series *s, struct finding *f)
{
    f->value = autocorrelation_lag1(s->values, s->n);
    if (f->value > f->limit && f->value > 2 / sqrt(s->n))
        complain(f,
                 "each sample hangs on the one before (correlation %.2f, limit %.2f): %d samples tell as much as %.0f",
                 f->value, f->limit, s->n, effective_n(s->n, f->value));
    return OK;
}

/* Two modes nearer together than the limit do not matter to anybody. */
static struct err look_for_modes(const struct series *s, struct finding *f)
{
    struct modes m = modes_of(s->ascending, s->n);
    f->value = m.bimodal && m.lower > 0 ? m.upper / m.lower - 1 : 0;
    if (f->value > f->limit)
        complain(f, "two modes %.1f %% apart (limit %.1f %%), %d and %d samples: the median tells of one of them",
                 100 * f->value, 100 * f->limit, m.lower_n, s->n - m.lower_n);
    return OK;
}

/* The share of severe outliers; one among many is no finding. A difference below 1 % of the median is not counted:
 * where most times are equal, Tukey's fences are too narrow to mean anything. */
static struct err look_for_outliers(const struct series *s, struct finding *f)
{
    struct fences fences = fences_of(s->ascending, s->n);
    int severe = 0;
    double farthest = 0;
    for (int i = 0; i < s->n; i++) {
        enum outlier o = outlier_of(&fences, s->values[i]);
        double away = s->median > 0 ? s->values[i] / s->median - 1 : 0;
        if ((o != OUTLIER_LOW_SEVERE && o != OUTLIER_HIGH_SEVERE) || fabs(away) < 0.01)
            continue;
        severe++;
        farthest = fabs(away) > fabs(farthest) ? away : farthest;
    }
    f->value = (double)severe / s->n;
    if (f->value > f->limit)
        complain(
            f,
            "%d of %d samples (%.0f %%, limit %.0f %%) lie far from the others, the farthest %+.0f %% from the median",
            severe, s->n, 100 * f->value, 100 * f->limit, 100 * farthest);
    return OK;
}

static struct err look_for_spread(const struct series *s, struct finding *f)
{
    f->value = summary_of(s->ascending, s->n).coefficient_of_variation;
    if (f->value > f->limit)
        complain(f, "times spread by %.1f %% (standard deviation over mean, limit %.1f %%)", 100 * f->value,
                 100 * f->limit);
    return OK;
}

const struct series_check series_checks[SERIES_CHECKS] = {
    {"drift", look_for_drift, 0.02, 6, "times rise or fall over the series (Theil-Sen line, Kendall's test at 5 %)"},
    {"autocorrelation", look_for_memory, 0.3, 10, "each sample hangs on the one before (lag 1)"},
    {"modes", look_for_modes, 0.01, FEWEST_FOR_MODES, "samples fall into two groups with a gap between"},
    {"outliers", look_for_outliers, 0.05, FEWEST_FOR_OUTLIERS, "share of samples beyond 3 interquartile ranges"},
    {"spread", look_for_spread, 0.05, 3, "coefficient of variation"},
};

static struct err look(const struct series *s, struct finding out[SERIES_CHECKS])
{
    for (int i = 0; i < SERIES_CHECKS; i++) {
        const struct series_check *c = &series_checks[i];
        out[i] = (struct finding){.check = c->name, .known = s->n >= c->fewest, .ok = true, .limit = c->limit};
        if (out[i].known)
            TRY(c->look(s, &out[i]));
    }
    return OK;
}

struct err series_findings(const double *values, int n, struct finding out[SERIES_CHECKS])
{
    double *ascending = calloc(2 * (size_t)n + 1, sizeof *ascending);
    if (!ascending)
        return err_fail("out of memory for statistics");
    double *positions = ascending + n;
    for (int i = 0; i < n; i++) {
        ascending[i] = values[i];
        positions[i] = i;
    }
    sort_ascending(ascending, n);
    struct series s = {values, ascending, positions, n, median_of(ascending, n)};
    struct err e = look(&s, out);
    free(ascending);
    return e;
}

struct err series_outliers(const double *values, int n, enum outlier *out)
{
    double *ascending = calloc((size_t)n + 1, sizeof *ascending);
    if (!ascending)
        return err_fail("out of memory for statistics");
    for (int i = 0; i < n; i++)
        ascending[i] = values[i];
    sort_ascending(ascending, n);
    struct fences fences = fences_of(ascending, n);
    for (int i = 0; i < n; i++)
        out[i] = outlier_of(&fences, values[i]);
    free(ascending);
    return OK;
}
