/* When there are enough samples: a rule, told each time, says when to stop, and then which rule it was.
 *
 * Rule `precision` looks after each sample, so the intervals that it ends with are a little too narrow (a series is
 * more likely to stop where it happens to look calm). It serves to describe; a gate's rounds are fixed in advance. */
#ifndef SDBENCH_BENCH_RULES_STOP_H
#define SDBENCH_BENCH_RULES_STOP_H

#include <stdbool.h>

#include "pipeline/base/error.h"

/* What the rules are told; a cap ends any of them. */
struct stop_limits {
    int count;           /* of rule count: so many samples */
    double precision;    /* of rule precision: half the median's 95 % interval over the median, 0.005: 0.5 % */
    int most;            /* cap on samples, at least 1 */
    double most_seconds; /* cap on their times together */
};

struct stop;
struct stop_rule {
    const char *name, *words;
    bool (*is_enough)(const struct stop *s);
};

struct stop {
    const struct stop_rule *rule;
    struct stop_limits limits;
    int n;
    double seconds;
    double *ascending; /* times in nanoseconds, room for `most`; owned */
};

/* Ends with a row whose name is NULL. */
extern const struct stop_rule stop_rules[];

/* NULL where there is none of that name. */
const struct stop_rule *stop_rule_find(const char *name);

/* End with stop_free, also after an error. */
struct err stop_begin(struct stop *s, const struct stop_rule *rule, struct stop_limits limits);

/* After `most` samples nothing is added: stop_done has said so. */
void stop_add(struct stop *s, double time_ns);
bool stop_done(const struct stop *s);

/* What stopped it, once done: the rule's name, "cap" (samples) or "time cap"; "" before. */
const char *stop_reason(const struct stop *s);

void stop_free(struct stop *s);

#endif
