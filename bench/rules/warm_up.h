/* When a process has warmed up: a rule, told the time of each untimed picture, says when to begin to measure. */
#ifndef SDBENCH_BENCH_RULES_WARM_UP_H
#define SDBENCH_BENCH_RULES_WARM_UP_H

#include <stdbool.h>

enum { SETTLED_VALUES = 3 };
#define SETTLED_WITHIN 0.01 /* of the largest of the last SETTLED_VALUES times */

/* Caps end any rule: both hold. */
struct warm_up_caps {
    int most;            /* pictures */
    double most_seconds; /* of them together */
};

struct warm_up;
struct warm_up_rule {
    const char *name, *words;
    bool (*has_settled)(const struct warm_up *w);
};

/* No memory but its own. */
struct warm_up {
    const struct warm_up_rule *rule;
    struct warm_up_caps caps;
    int n;
    double seconds;              /* together */
    double last[SETTLED_VALUES]; /* a ring, nanoseconds */
};

/* Ends with a row whose name is NULL. */
extern const struct warm_up_rule warm_up_rules[];

/* NULL where there is none of that name. */
const struct warm_up_rule *warm_up_rule_find(const char *name);

void warm_up_begin(struct warm_up *w, const struct warm_up_rule *rule, struct warm_up_caps caps);
void warm_up_add(struct warm_up *w, double time_ns);

/* Whether to measure now: it has settled, or a cap is reached. */
bool warm_up_done(const struct warm_up *w);

/* "none", "settled", or "unsettled": for the record, once done. */
const char *warm_up_outcome(const struct warm_up *w);

#endif
