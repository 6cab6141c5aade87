/* A variant's profile beside another one: what the change is made of, and what it says. */
#ifndef SDBENCH_BENCH_COMPARE_PROFILE_PAIR_H
#define SDBENCH_BENCH_COMPARE_PROFILE_PAIR_H

#include "bench/compare/profile_rows.h"
#include "bench/gate/verdict.h"
#include "bench/profile/groups.h"

/* A part of the change: a class, or what the grouping asked for is. */
struct profile_delta {
    const char *key;
    double ns[SIDES]; /* of an image */
};

struct profile_pair {
    const struct profile *side[SIDES]; /* base, new */
    bool same_variant;
    struct profile_rows rows; /* none where the variants differ: those are aligned instead */
    const struct grouping *by;
    struct profile_delta *delta; /* the largest difference first */
    int deltas;
    double busy_ns[SIDES]; /* of an image: the median of the repetitions */
    double residual_ns; /* of the change of busy: in no part, since medians do not add up, and for work side by side */
    double change, low, high, margin; /* of busy; new / base - 1, and what lies within two standard errors */
    enum verdict verdict;
    char reason[256];
};

/* Both outlive it. */
struct err profile_pair_make(const struct profile *base, const struct profile *new, const struct grouping *by,
                             struct floors floors, struct profile_pair *out);
void profile_pair_free(struct profile_pair *p);

/* At most 120 columns: the verdict with its parts in a line, the parts, and the rows that changed, `top` at most. */
struct err profile_pair_text(const struct profile_pair *p, int top, struct text *out);
struct err profile_pair_json(const struct profile_pair *p, int top, cJSON **out);

#endif
