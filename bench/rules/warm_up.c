#include "bench/rules/warm_up.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static bool at_once(const struct warm_up *w)
{
    (void)w;
    return true;
}

static bool last_are_close(const struct warm_up *w)
{
    double smallest = w->last[0], largest = w->last[0];
    for (int i = 1; i < SETTLED_VALUES; i++) {
        smallest = fmin(smallest, w->last[i]);
        largest = fmax(largest, w->last[i]);
    }
    return w->n >= SETTLED_VALUES && largest - smallest <= SETTLED_WITHIN * largest;
}

const struct warm_up_rule warm_up_rules[] = {
    {"none", "no warm-up", at_once},
    {"settle", "until the last 3 times lie within 1 % of each other", last_are_close},
    {0},
};

const struct warm_up_rule *warm_up_rule_find(const char *name)
{
    for (const struct warm_up_rule *r = warm_up_rules; r->name; r++)
        if (!strcmp(r->name, name))
            return r;
    return NULL;
}

void warm_up_begin(struct warm_up *w, const struct warm_up_rule *rule, struct warm_up_caps caps)
{
    *w = (struct warm_up){.rule = rule, .caps = caps};
}

void warm_up_add(struct warm_up *w, double time_ns)
{
    w->last[w->n++ % SETTLED_VALUES] = time_ns;
    w->seconds += time_ns * 1e-9;
}

bool warm_up_done(const struct warm_up *w)
{
    return w->rule->has_settled(w) || w->n >= w->caps.most || w->seconds >= w->caps.most_seconds;
}

const char *warm_up_outcome(const struct warm_up *w)
{
    return w->rule->has_settled == at_once ? "none" : w->rule->has_settled(w) ? "settled" : "unsettled";
}
