#include "bench/rules/stop.h"

#include <stdlib.h>
#include <string.h>

#include "bench/statistics/summary.h"

static bool are_counted(const struct stop *s)
{
    return s->n >= s->limits.count;
}

static bool are_precise(const struct stop *s)
{
    struct summary m = summary_of(s->ascending, s->n);
    return m.is_interval && (m.high - m.low) / 2 <= s->limits.precision * m.median;
}

const struct stop_rule stop_rules[] = {
    {"count", "after a number of samples", are_counted},
    {"precision", "when half the 95 % interval of the median is at most a share of it, from 6 samples on", are_precise},
    {0},
};

const struct stop_rule *stop_rule_find(const char *name)
{
    for (const struct stop_rule *r = stop_rules; r->name; r++)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

struct err stop_begin(struct stop *s, const struct stop_rule *rule, struct stop_limits limits)
{
    *s = (struct stop){.rule = rule, .limits = limits};
    if (limits.most < 1)
        return err_fail("stop rule %s: a cap of %d samples; it has to be 1 or more", rule->name, limits.most);
    s->ascending = calloc((size_t)limits.most, sizeof *s->ascending);
    return s->ascending ? OK : err_fail("out of memory for %d samples", limits.most);
}

void stop_add(struct stop *s, double time_ns)
{
    if (s->n >= s->limits.most)
        return;
    int at = s->n++;
    for (; at > 0 && s->ascending[at - 1] > time_ns; at--)
        s->ascending[at] = s->ascending[at - 1];
    s->ascending[at] = time_ns;
    s->seconds += time_ns * 1e-9;
}

const char *stop_reason(const struct stop *s)
{
    if (s->rule->is_enough(s))
        return s->rule->name;
    if (s->n >= s->limits.most)
        return "cap";
    return s->n && s->seconds >= s->limits.most_seconds ? "time cap" : "";
}

bool stop_done(const struct stop *s)
{
    return *stop_reason(s);
}

void stop_free(struct stop *s)
{
    free(s->ascending);
    s->ascending = NULL;
    s->n = 0;
}
