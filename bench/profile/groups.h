/* The rows of a profile, grouped: by kernel, layer, class, block, or each launch for itself. */
#ifndef SDBENCH_BENCH_PROFILE_GROUPS_H
#define SDBENCH_BENCH_PROFILE_GROUPS_H

#include "bench/profile/profile.h"
#include "bench/statistics/summary.h"

struct grouping {
    const char *name, *title;                           /* "layer", "layers" */
    const char *(*key)(const struct profile_kernel *k); /* NULL: each row is its own group */
};
enum { GROUPINGS = 5 };
extern const struct grouping groupings[GROUPINGS];
const struct grouping *grouping_find(const char *name); /* NULL where there is none */

/* Work that is no kernel of a known layer, and so in no group. */
enum profile_rest { REST_transfer, REST_unattributed, REST_unclassified, RESTS };
struct profile_rest_row {
    const char *class, *title;
};
extern const struct profile_rest_row profile_rests[RESTS];

/* RESTS where it is a kernel of a known layer. */
enum profile_rest profile_rest_of(const struct profile_kernel *k);

struct profile_group {
    const struct profile_kernel **member; /* the longest first */
    int members;
    double calls, total_ns;   /* of a repetition */
    double typical_ns;        /* the same in all repetitions: the sum of the medians of its members */
    double share, cumulative; /* of all work of the profile: of sums, not sums of shares */
    struct summary call;      /* of single calls, of all repetitions; nanoseconds */
    double p95_ns;            /* of the same */
    double flop, bytes;       /* of a repetition, by the rules of costs; 0: not known */
    double roof_ns;           /* of a repetition: the sum of what its launches could take; 0: not known */
    char bound;               /* of most of that: 'C', 'M' or ' ' */
    int above_roof;           /* launches that take less time than their roof: a cost or a peak is wrong */
};

struct profile_groups {
    const struct grouping *by;
    struct profile_group *group; /* the longest total first */
    int groups;
    double work_ns, rest_ns[RESTS], rest_calls[RESTS];
    const struct profile_kernel **member; /* the memory of the groups' */
};
struct err profile_groups_make(const struct profile *p, const struct grouping *by, struct profile_groups *out);
void profile_groups_free(struct profile_groups *g);

/* The layer's path, its own; "" where it has none. */
const char *profile_layer(const struct profile_kernel *k);

#endif
