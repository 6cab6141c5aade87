/* The profile of one variant, as records tell it: read from the reports of a process that just ran, or from a file.
 *
 * Records of a profile, beside those of bench/measure/records.h. Times are integers in nanoseconds. What is not known
 * is absent.
 *
 *     profile   one a variant: source ("cupti", "host clock"), source_description, repetitions, launches (told to the
 *               watch in a repetition), callback_ns (of one), timing_ns [of each untraced run], traced_ns [of each
 *               traced], overhead_ratio (median traced / median untraced - 1), relative_only (above 5 %),
 *               device_description, trace (a file's name), validity, reason
 *     account   one a repetition: span_ns and its parts, which add up to it: named_ns, copy_ns, set_ns,
 *               unattributed_ns, unclassified_ns, idle_in_graph_ns, host_gap_ns; beside them overlap_ns (work that ran
 *               beside other work), busy_ns (union of all device work), kernels, expected_kernels, dropped, bad_times,
 *               bad_records, label_conflicts, outside; validity, reason
 *     kernel    one for each kernel of each launch: plan, stage, launch (index in the plan; absent where unattributed),
 *               op, class, block, path [its layer, then the layers folded into it], dtype, implementation (the
 *               backend's name), kernel (the device's name), main (of several kernels of a launch the longest: it has
 *               the launch's cost), in_graph, calls (in one repetition), repetitions, times_ns [each call of each
 *               repetition, in order], gap_before_ns (median idle time before it), product_flop, other_flop,
 *               model_bytes (of a call); on a GPU grid, block_threads, cluster [x, y, z], registers,
 *               shared_static_bytes, shared_dynamic_bytes, local_bytes, waves, occupancy_share, occupancy_limiter.
 *               A copy or memory set is a kernel too, of class "transfer": kernel is "copy to device" ..., bytes
 *     step      one a stage run of a plan in a repetition: plan, stage, step, busy_ns [of each repetition],
 *               span_ns [from its first work to its last]
 *     roof      measured peaks: what ("copy", "product"), dtype (of products), bytes (working set of a copy),
 *               time_ns (the best), rate (bytes or FLOP a second), theoretical_rate (at clock_hz), source
 *     sensors   of a process or repetition (profiler/sensors)
 *     metrics   hardware counters of a stage run or launch */
#ifndef SDBENCH_BENCH_PROFILE_PROFILE_H
#define SDBENCH_BENCH_PROFILE_PROFILE_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct profile_kernel {
    char *plan, *stage, *op, *class, *block, *dtype, *implementation, *kernel, *limiter; /* "" where not known */
    char **path;
    int paths;
    int launch; /* -1: none */
    bool main, in_graph;
    double *time_ns; /* each call of each repetition */
    int times;
    double calls;    /* in a repetition */
    double total_ns; /* in a repetition: of all its calls together, the mean */
    double gap_before_ns;
    double product_flop, other_flop, model_bytes; /* of a call; 0 where it is not the main one */
    double bytes;                                 /* of a call: copies and memory sets */
    unsigned grid[3], block_threads[3], cluster[3], registers, shared_static, shared_dynamic, local;
    double waves, occupancy; /* below 0: not known */
};

struct profile_step {
    char *plan, *stage;
    int step;
    double busy_ns, span_ns; /* medians over repetitions */
};

/* Parts of a repetition; medians over repetitions where the profile has several. */
enum account_part {
    PART_named,
    PART_copy,
    PART_set,
    PART_unattributed,
    PART_unclassified,
    PART_idle_in_graph,
    PART_host_gap,
    PART_COUNT
};
struct profile_account {
    double span_ns, part_ns[PART_COUNT], overlap_ns, busy_ns;
    double kernels, expected_kernels;
    int repetitions;
};

struct profile_roof {
    bool is_product; /* else a copy */
    char *dtype, *source;
    double bytes, time_ns, rate, theoretical_rate, clock_hz; /* 0: not known */
};

struct profile {
    char *variant, *backend, *workload, *run, *source, *description, *device, *trace;
    struct profile_kernel *kernel;
    struct profile_step *step;
    struct profile_roof *roof;
    int kernels, steps, roofs;
    struct profile_account account; /* of the repetition whose span is the median, or next below */
    double timing_ns, traced_ns;    /* medians */
    double overhead, callback_ns, launches;
    bool relative_only, valid;
    char *reason; /* why it is not valid */
};

/* Takes a record of one of the kinds above; others are ignored. `p` is zeroed before the first. A record whose fields
 * are damaged (a text where a number should be, a time below 0) is ignored too. */
struct err profile_take(struct profile *p, const cJSON *record);

/* After the last one: totals and medians. */
struct err profile_finish(struct profile *p);
void profile_free(struct profile *p);

#endif
