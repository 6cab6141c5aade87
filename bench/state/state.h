/* Brings a machine into a state before a sample, and verifies that it is there. What could not be reached, or did not
 * last, is no error: the evidence says so, with the reason, and the sample is not valid.
 *
 *     struct state_environment env = {0};
 *     struct state_evidence evidence;
 *     TRY(state_prepare(row, &subject, progress, &evidence, &env));
 *     ... run a child with state_environment_list(&env), and take its list of mapped files ...
 *     state_check_after(row, &subject, &env, &child_files, &evidence);
 *     state_environment_end(&env);
 *
 * "Evicted" is the page cache of this kernel. A hypervisor, a disk or a file server below may still hold the bytes. */
#ifndef SDBENCH_BENCH_STATE_STATE_H
#define SDBENCH_BENCH_STATE_STATE_H

#include "bench/progress.h"
#include "bench/state/environment.h"
#include "bench/state/files.h"
#include "bench/state/states.h"

#include <stdint.h>

/* What is started. Lists are sorted, their links resolved. */
struct state_subject {
    const char *backend;        /* its name, for texts */
    struct file_list weights;   /* files_of_checkpoint */
    struct file_list libraries; /* mapped_of_backend: the backend's object and all that it needs */
    struct file_list ignored;   /* more that a process may map though it was not evicted: mapped_files of this one */
    bool has_plan_cache, has_jit_cache;
    bool is_pinned; /* choices come from a file: a backend that keeps plans has no plan cache then */
    const char *plan_folder, *jit_folder; /* the warm ones; NULL: where the backend and the driver look by themselves */
    const char *scratch;                  /* folder below which empty ones are made */
};

struct state_evidence {
    double weights_resident,
        libraries_resident;    /* shares of the pages, 0 to 1; below 0 unknown, or nothing to look at */
    int plan_files, jit_files; /* before the sample; -1 unknown, or no such cache */
    uint64_t plan_hash;        /* of the plan files' names, sizes and times */
    bool reached;
    char reason[256]; /* why not */
};

struct err state_prepare(const struct state_row *row, const struct state_subject *what, struct progress *progress,
                         struct state_evidence *evidence, struct state_environment *env);

/* After the sample: files that the process mapped at its end (sorted), and what is in the caches now. A library that
 * was not evicted with the others was warm; plans that were written, or code that was compiled, were missing. */
void state_check_after(const struct state_row *row, const struct state_subject *what,
                       const struct state_environment *env, const struct file_list *mapped,
                       struct state_evidence *evidence);

/* Whether a row tells anything on this backend. Without some caches it is the same as one above it: *reason says which.
 */
bool state_applies(const struct state_row *row, const struct state_subject *what, char *reason, size_t size);

#endif
