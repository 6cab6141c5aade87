/* The closed account of a repetition: each nanosecond between its beginning and its end is in one part.
 *
 * Where several works ran at once the time is in the part that comes first in this order: unclassified, unattributed,
 * named, copy, set. So what is not known cannot hide behind what is, and a copy beside a kernel costs nothing. Work of
 * another repetition, or of a run outside any, that the device did meanwhile is unattributed.
 *
 * Copies and memory sets: between runs, or launched one by one, they are work like kernels, and need no launch to be
 * known. In a recording each is a node, and counts as one. */
#ifndef SDBENCH_PROFILER_ACCOUNT_ACCOUNT_H
#define SDBENCH_PROFILER_ACCOUNT_ACCOUNT_H

#include "profiler/trace/trace.h"

enum {
    ACCOUNT_UNKNOWN_PERCENT = 1,  /* of the busy time may be unattributed, and as much unclassified */
    ACCOUNT_OUTSIDE_NS = 1000000, /* device and host clocks differ by less */
    ACCOUNT_REASON = 256,
};

struct account {
    int64_t span_ns;                   /* the sum of the seven below, exactly */
    int64_t named_ns, copy_ns, set_ns; /* covered by kernels of a known launch; by copies; by memory sets */
    int64_t unattributed_ns;           /* by kernels of no known launch, and by work of other runs */
    int64_t unclassified_ns;           /* by work of a kind that is not known */
    int64_t idle_in_graph_ns;          /* between the first and last work of a replayed run, nothing running */
    int64_t host_gap_ns;               /* all else: the device waited for the host */

    int64_t busy_ns;    /* union of all work: the first five parts */
    int64_t overlap_ns; /* work that ran while other work did: sum of durations - busy_ns */
    int64_t
        stream_overlap_ns; /* of that, on one stream outside recordings, where work should wait for the one before */

    uint64_t kernels;          /* of replayed runs: work of any kind that was a node */
    uint64_t expected_kernels; /* nodes of the recordings x replays */
    bool has_replays;
    uint64_t unknown_replays; /* whose recording's nodes nobody counted */
    int32_t wrong_run;        /* the first replayed run whose work is not its nodes; -1: none */
    uint64_t wrong_kernels;   /* that it had */

    uint64_t outside;   /* work of its runs that lies outside its span by over ACCOUNT_OUTSIDE_NS */
    uint64_t bad_times; /* work in the trace, of any repetition, whose times cannot be */
    bool different;     /* it ran something else than the first repetition; how: */
    char difference[ACCOUNT_REASON];

    bool valid;
    char reason[ACCOUNT_REASON]; /* of the first check that failed, else "" */
};

/* Of repetition r. The trace is sorted. An error only without memory, or where there is no such repetition: what is
 * wrong with the trace makes the account invalid. */
struct err account_make(const struct trace *t, int32_t r, struct account *out);

/* Whether all repetitions ran the same: multiset of (kind, launch, kernel, shape). Fills reason where not. Each account
 * but the first asks it too. */
struct err account_compare_repetitions(const struct trace *t, bool *same, char reason[ACCOUNT_REASON]);

/* Whether the labels of a recording's nodes can be right: before it was made each of its launches ran by itself, known
 * by its call, and a replay must run the same kernels in the same shapes for it. Both ways to a label are independent
 * of each other. Fills reason where not; same where there is nothing to compare. */
struct err account_compare_recordings(const struct trace *t, bool *same, char reason[ACCOUNT_REASON]);

/* The checks that account_make asks in this order, for `list checks` and tests. */
struct account_check {
    const char *name, *summary; /* summary: what holds */
    bool (*holds)(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON]);
};
extern const struct account_check account_checks[]; /* ends with a NULL name */

#endif
