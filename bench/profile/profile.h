/* The profile of one variant, as records tell it: read from the reports of a process that just ran, or from a file.
 *
 * Records of a profile, beside those of bench/measure/records.h. Times are integers in nanoseconds. What is not known
 * is absent.
 *
 * profile: one a variant. source ("cupti", "host clock"), source_description, repetitions, launches (told to the watch
 * in a repetition), callback_ns (of one), timing_ns [of each untraced run], traced_ns [of each traced], begin_ns,
 * end_ns (of all repetitions), overhead_ratio (traced / untraced - 1), relative_only, device_description, trace (a
 * file's name), sensors (bench/measure/sensors_json.h), validity, reason.
 *
 * account: one a repetition. span_ns and its parts, which add up to it: named_ns, copy_ns, set_ns, unattributed_ns,
 * unclassified_ns, idle_in_graph_ns, host_gap_ns; beside them overlap_ns (work that ran beside other work), busy_ns
 * (union of all device work), kernels, expected_kernels, dropped, bad_times, bad_records, label_conflicts, outside;
 * validity, reason.
 *
 * kernel: one for each kernel of each launch. plan, stage, launch (index in the plan; absent where unattributed), op,
 * class, block, path [its layer, then the layers folded into it], dtype, implementation (the backend's name), kernel
 * (the device's name), main (of several kernels of a launch the longest: it has the launch's cost), in_graph, calls (in
 * one repetition), repetitions, times_ns [each call of each repetition, in order], gap_before_ns (median idle time
 * before it), product_flop, other_flop, model_bytes (of a call); on a GPU grid, block_threads, cluster [x, y, z],
 * registers, shared_static_bytes, shared_dynamic_bytes, local_bytes, waves, occupancy_share, occupancy_limiter. A copy
 * or memory set is a kernel too, of class "transfer", with bytes.
 *
 * step: one a stage run of a plan. plan, stage, step, busy_ns [of each repetition], span_ns [first work to last].
 *
 * host: one for each kind and name of what the host did. activity ("call", "wait", "overhead", "compile"), name, calls
 * and total_ns (in a repetition), outside_calls and outside_total_ns (before the repetitions).
 *
 * roof: measured peaks. what ("copy", "product"), dtype, bytes (working set), time_ns (the best), rate (bytes or FLOP a
 * second), again_rate (of the second best pass), shape, source, theoretical_rate at clock_hz.
 *
 * metrics: one a stage run or launch. plan, stage, step, path (of a launch), model_bytes, and what the device counted:
 * profiler/metrics/metrics.def; dram_model_ratio (bytes of DRAM / model_bytes), flag. */
#ifndef SDBENCH_BENCH_PROFILE_PROFILE_H
#define SDBENCH_BENCH_PROFILE_PROFILE_H

#include "pipeline/base/error.h"
#include "profiler/sensors/summary.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Texts are never NULL, "" where not known, and fit a terminal (clean_text of fields.h). */
struct profile_kernel {
    char *plan, *stage, *op, *class, *block, *dtype, *implementation, *kernel, *limiter;
    char **path;
    int paths;
    int launch; /* -1: none */
    bool main, in_graph;
    double *time_ns; /* each call of each repetition, in their order */
    int times, repetitions;
    double calls;      /* in a repetition */
    double total_ns;   /* of all its calls in the repetition that the account is of */
    double typical_ns; /* the same of each repetition, their median */
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

/* Parts of a repetition, in the order of tables. */
enum account_part {
#define PART(name, title) PART_##name,
#include "bench/profile/parts.def"
#undef PART
    PART_COUNT
};
struct profile_part_row {
    const char *name, *field, *title; /* "named", "named_ns", "kernels of a known layer" */
};
extern const struct profile_part_row profile_parts[PART_COUNT];

struct profile_account {
    int repetition;
    double span_ns, part_ns[PART_COUNT], overlap_ns, busy_ns;
    double kernels, expected_kernels;
};

struct profile_roof {
    bool is_product; /* else a copy */
    char *dtype, *source;
    double bytes, time_ns, rate, again_rate, theoretical_rate, clock_hz; /* 0: not known */
};

/* What the host did of one kind and name beside the device's work. */
struct profile_host {
    char *activity, *name;
    double calls, total_ns;                 /* in a repetition */
    double outside_calls, outside_total_ns; /* before the repetitions: the cold start's */
};

/* What the device counted during a stage run, or a launch of one. NAN: not known. */
struct profile_counted {
    char *plan, *stage, *path, *flag; /* path: of a launch, else ""; flag: what is odd about its bytes, else "" */
    double step, model_bytes, dram_read_bytes, dram_write_bytes, l2_bytes;
    double tensor_active_share, warps_active_share, sm_clock_hz, dram_model_ratio;
};

struct profile {
    char *variant, *backend, *workload, *run, *source, *description, *device, *trace;
    struct profile_kernel *kernel;
    struct profile_step *step;
    struct profile_roof *roof;
    struct profile_counted *counted;
    struct profile_host *host;
    int kernels, steps, roofs, counts, hosts;
    struct profile_account *every; /* of each repetition; after profile_finish by their spans, the shortest first */
    int repetitions;
    struct profile_account account; /* of the repetition whose span is the median, or next below */
    double work_ns;                 /* of all kernels, copies and sets: the sum of total_ns */
    double timing_ns, traced_ns;    /* medians; 0: not known */
    double overhead, callback_ns, launches;
    struct sensor_summary sensed; /* while it was traced; is_gpu false and all NAN where nothing is known */
    bool has_overhead, relative_only, valid;
    char *reason;     /* why it is not valid */
    int images;       /* that a repetition makes: the job's, where the environment's record was taken, too; else 1 */
    int ignored;      /* records that were damaged */
    bool has_profile; /* a record of kind profile was taken */
};

/* Takes a record of one of the kinds above, or the environment's; others are ignored, as is one of another variant than
 * the first. `p` is zeroed before the first. A record whose fields are damaged (a text where a number should be, a time
 * below 0) is counted, and otherwise ignored. An error only without memory. */
struct err profile_take(struct profile *p, const cJSON *record);

/* After the last one: totals and medians, and whether all of it can be believed: its records say so, each account is
 * closed, and the rows add up to the work that the account tells of. */
struct err profile_finish(struct profile *p);

/* Of all calls in repetition r, counted from 0; the mean of all where they cannot be told apart. */
double profile_kernel_in(const struct profile_kernel *k, int r);
void profile_free(struct profile *p);

/* All of them are of one machine: a peak that one variant's process measured is every other's as well. */
struct err profiles_share_roofs(struct profile *const *profile, int n);

#endif
