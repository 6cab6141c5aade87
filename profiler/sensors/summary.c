#include "profiler/sensors/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A counter's value between readings further apart is a guess; a counter of the host may begin again in less than this.
 */
#define LONGEST_LINE_NS INT64_C(2000000000)
#define LONGEST_GAP_NS  INT64_C(60000000000)

/* A power from energy over a shorter time is mostly the counter's step. */
#define POWER_SHORTEST_NS INT64_C(1000000000)

const char *const throttle_words[THROTTLES] = {
#define THROTTLE(name, bit, words) words,
#include "profiler/sensors/throttles.def"
#undef THROTTLE
};

/* The readings of a window: first and last inside, n of them. */
struct span {
    const struct sensor_reading *r;
    int count, first, n;
};

static struct span inside(const struct sensor_reading *r, int count, const struct sensor_window *w)
{
    struct span s = {r, count, 0, 0};
    while (s.first < count && r[s.first].at_ns < w->begin_ns)
        s.first++;
    while (s.first + s.n < count && r[s.first + s.n].at_ns <= w->end_ns)
        s.n++;
    return s;
}

/* Known values of a quantity in the window, in the order of time; how many. */
static int values_of(const struct span *s, enum quantity q, double *out)
{
    int n = 0;
    for (int i = s->first; i < s->first + s->n; i++)
        if (isfinite(s->r[i].value[q]))
            out[n++] = s->r[i].value[q];
    return n;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double sorted_median(const double *v, int n)
{
    return n ? (v[(n - 1) / 2] + v[n / 2]) / 2 : NAN;
}

static double mean(const double *v, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += v[i];
    return n ? sum / n : NAN;
}

/* The nearest reading that knows a quantity, from i on in steps of one way; NULL: none is near. */
static const struct sensor_reading *nearest(const struct span *s, enum quantity q, int i, int step, int64_t at_ns)
{
    for (; i >= 0 && i < s->count; i += step)
        if (isfinite(s->r[i].value[q]))
            return llabs(s->r[i].at_ns - at_ns) <= LONGEST_LINE_NS ? &s->r[i] : NULL;
    return NULL;
}

static double counter_at(const struct span *s, enum quantity q, int64_t at_ns)
{
    int after = 0;
    while (after < s->count && s->r[after].at_ns < at_ns)
        after++;
    const struct sensor_reading *b = nearest(s, q, after, 1, at_ns);
    if (b && b->at_ns == at_ns)
        return b->value[q];
    const struct sensor_reading *a = nearest(s, q, after - 1, -1, at_ns);
    if (!a || !b)
        return NAN;
    return a->value[q] + (b->value[q] - a->value[q]) * ((double)(at_ns - a->at_ns) / (double)(b->at_ns - a->at_ns));
}

/* NAN where an end is not known, or the counter went backwards: a driver was loaded again. */
static double growth(const struct span *s, enum quantity q, const struct sensor_window *w)
{
    double d = counter_at(s, q, w->end_ns) - counter_at(s, q, w->begin_ns);
    return d >= 0 ? d : NAN;
}

static int64_t largest_gap_ns(const struct span *s)
{
    int64_t largest = 0;
    int last = s->first + s->n < s->count ? s->first + s->n : s->count - 1;
    for (int i = s->first > 0 ? s->first : 1; i <= last; i++)
        if (s->r[i].at_ns - s->r[i - 1].at_ns > largest)
            largest = s->r[i].at_ns - s->r[i - 1].at_ns;
    return largest;
}

static void tell_energy(const struct span *s, const struct sensor_window *w, struct sensor_summary *out)
{
    double mj = growth(s, QUANTITY_energy, w), seconds = 1e-9 * (double)out->window_ns;
    bool interrupted = largest_gap_ns(s) > LONGEST_GAP_NS;
    out->energy_mj = NAN;
    if (isnan(mj))
        snprintf(out->energy_unknown, sizeof out->energy_unknown, "no energy counter was read near both ends");
    else if (interrupted)
        snprintf(out->energy_unknown, sizeof out->energy_unknown, "readings were interrupted");
    else if (out->window_ns < ENERGY_SHORTEST_NS)
        snprintf(out->energy_unknown, sizeof out->energy_unknown, "%.1f s: told from %.0f s on", seconds,
                 1e-9 * (double)ENERGY_SHORTEST_NS);
    else
        out->energy_mj = mj;
    if (isnan(out->mean_power_mw) && !isnan(mj) && !interrupted && out->window_ns >= POWER_SHORTEST_NS)
        out->mean_power_mw = mj / seconds;
}

/* A counter that grew faster than the time is none of ns; one that did not grow may be late. */
static double throttle_share(const struct span *s, enum throttle t, const struct sensor_window *w, double *values)
{
    enum quantity now = (enum quantity)(QUANTITY_now_power_cap + t);
    double ns = growth(s, (enum quantity)(QUANTITY_time_power_cap + t), w);
    double share = ns / (double)(w->end_ns - w->begin_ns);
    if (share > 0 && share <= 1.05)
        return share > 1 ? 1 : share;
    int known = values_of(s, now, values);
    if (known)
        return mean(values, known);
    if (share == 0)
        return 0;
    const struct sensor_reading *before = nearest(s, now, s->first - 1, -1, w->begin_ns);
    return before ? before->value[now] : NAN;
}

/* The readings before and after the window are looked at as well: a process that is there at both ends was there. */
static void tell_others(const struct span *s, const struct sensor_window *w, struct sensor_summary *out)
{
    int first = s->first > 0 ? s->first - 1 : 0, last = s->first + s->n < s->count ? s->first + s->n : s->count - 1;
    out->foreign_processes = out->others_memory_bytes = NAN;
    for (int i = first; i <= last && w->own_seen; i++) {
        const double *v = s->r[i].value;
        out->foreign_processes = fmax(out->foreign_processes, v[QUANTITY_foreign]);
        if (v[QUANTITY_own] > 0)
            out->others_memory_bytes = fmax(out->others_memory_bytes, v[QUANTITY_memory] - v[QUANTITY_own_memory]);
    }
}

void sensor_summary_unknown(struct sensor_summary *out, int64_t window_ns, const char *reason)
{
    *out = (struct sensor_summary){
        .window_ns = window_ns,
#define SUMMARY(name) .name = NAN,
#include "profiler/sensors/summary.def"
#undef SUMMARY
    };
    for (int t = 0; t < THROTTLES; t++)
        out->throttle_share[t] = NAN;
    snprintf(out->energy_unknown, sizeof out->energy_unknown, "%s", reason);
}

void sensor_summarise(const struct sensor_reading *r, int n, const struct sensor_window *w, struct sensor_summary *out)
{
    struct span s = inside(r, n, w);
    double *v = calloc((size_t)s.n + 1, sizeof *v);
    sensor_summary_unknown(out, w->end_ns - w->begin_ns, v ? "" : "out of memory");
    out->is_gpu = w->is_gpu;
    if (!v || w->end_ns <= w->begin_ns) {
        free(v);
        return;
    }
    out->readings = s.n;
    int known = values_of(&s, QUANTITY_clock, v);
    qsort(v, (size_t)known, sizeof *v, by_size);
    out->median_clock_hz = sorted_median(v, known);
    out->min_clock_hz = known ? v[0] : NAN;
    out->max_clock_hz = known ? v[known - 1] : NAN;
    known = values_of(&s, QUANTITY_memory_clock, v);
    qsort(v, (size_t)known, sizeof *v, by_size);
    out->median_memory_clock_hz = sorted_median(v, known);
    out->mean_power_mw = mean(v, values_of(&s, QUANTITY_power, v));
    known = values_of(&s, QUANTITY_temperature, v);
    for (int i = 0; i < known; i++)
        out->max_temperature_c = fmax(out->max_temperature_c, v[i]);
    for (int t = 0; t < THROTTLES; t++)
        out->throttle_share[t] = throttle_share(&s, (enum throttle)t, w, v);
    tell_energy(&s, w, out);
    tell_others(&s, w, out);
    free(v);
}
