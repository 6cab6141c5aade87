/* The closed account of a repetition: each nanosecond between its beginning and its end is in one part. */
#ifndef SDBENCH_PROFILER_ACCOUNT_ACCOUNT_H
#define SDBENCH_PROFILER_ACCOUNT_ACCOUNT_H

#include "profiler/trace/trace.h"

struct account {
    int64_t span_ns;                    /* the sum of the seven below, exactly */
    int64_t named_ns, copy_ns, set_ns;  /* covered by kernels of a known launch; by copies; by memory sets */
    int64_t unattributed_ns;            /* by kernels of no known launch */
    int64_t unclassified_ns;            /* by work of a kind that is not known */
    int64_t idle_in_graph_ns;           /* between the first and last work of a replayed run, nothing running */
    int64_t host_gap_ns;                /* all else: the device waited for the host */
    int64_t busy_ns;                    /* union of all work */
    int64_t overlap_ns;                 /* work that ran while other work did: sum of durations - busy_ns */
    uint64_t kernels, expected_kernels; /* of replayed runs: nodes of the recordings x replays; 0: not known */
    uint64_t outside;                   /* device work of its runs that lies outside its span by over 1 ms */
    bool has_replays;
    bool valid;
    char reason[256]; /* the first check that failed */
};

/* Of repetition r. The trace is sorted.  */
struct err account_make(const struct trace *t, int32_t r, struct account *out);

/* Whether all repetitions launched the same: multiset of (launch, kernel, shape). Fills reason where not. */
struct err account_compare_repetitions(const struct trace *t, bool *same, char reason[256]);

/* The checks that account_make asks, for `list checks` and tests. */
struct account_check {
    const char *name, *summary;
    bool (*holds)(const struct trace *t, const struct account *a, char reason[256]);
};
extern const struct account_check account_checks[]; /* ends with a NULL name */

#endif
