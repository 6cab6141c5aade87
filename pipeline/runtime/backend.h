/* The interface of a backend: it chooses a kernel for each node, and runs kernels at fixed addresses.
 *
 * Order of calls, by plan.c: open; for each graph: choose every node; allocate; load each kernel that has weights;
 * bind every kernel; then run, as often as wanted, in the order of the nodes; kernel free; close. All choice is made
 * in choose; run looks nothing up and allocates nothing. A plan runs one kernel at a time. Where a graph says
 * `captured` and the backend can record, each stage of a plan is run once after bind, then recorded, and replayed from
 * then on.
 */
#ifndef SDBENCH_RUNTIME_BACKEND_H
#define SDBENCH_RUNTIME_BACKEND_H

#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runtime/libraries.h"
#include "pipeline/runtime/weights.h"

/* What to open; zeroed: the first device, as this machine does it best. */
struct backend_options {
    int threads;           /* 0: one a core */
    bool force;            /* run even what this machine can only emulate */
    bool tf32;             /* products of float32 values may be of TF32; only where has_tf32 */
    const char *device;    /* a number, a UUID, or "sm_90": described, for plans that never run; NULL: the first */
    double tune_seconds;   /* for timing alternatives, at most; below 0: DEFAULT_TUNE_SECONDS; 0: none are timed */
    const char *plan_file; /* choices to take from there, and none other; NULL: chosen here */
    const char *save_plan; /* where to write the choices that were made; NULL: nowhere */
};
#define DEFAULT_TUNE_SECONDS 10.0

enum { DEVICE_BUS_TEXT = 32 };

/* Of the device that an open backend computes on. "", 0 or -1 where something is not known. */
struct device_facts {
    char name[128]; /* "NVIDIA H200" */
    char slice[64]; /* the MIG profile, "1g.18gb"; "" for a whole device */
    int capability; /* 90 for sm_90 */
    int multiprocessors;
    uint64_t memory_bytes;
    char driver[32];           /* "580.65.06" */
    char libraries[256];       /* names and versions: "CUDA 13.0, cuDNN 9.19.0, cuBLASLt 13.1.0" */
    int other_processes;       /* that use it too */
    char bus[DEVICE_BUS_TEXT]; /* its PCI bus id, "0000:3b:00.0": what NVML knows it by */
    bool described;            /* there is no such device here: plans can be made, nothing runs */
};

/* Addresses of a node's first elements, views' offsets included; NULL for weights and NO_VALUE. */
struct binding {
    const void *input[MAX_INPUTS];
    void *output[MAX_OUTPUTS];
    void *weights, *scratch; /* weight_bytes and scratch_bytes of the kernel, aligned to MEMORY_ALIGN (memory.h) */
};

struct kernel_class {
    struct err (*load)(void *own, const struct loader *loader, void *weights); /* NULL where weight_bytes is 0 */
    struct err (*bind)(void *own, const struct binding *b);
    struct err (*run)(void *own);
    void (*free)(void *own); /* own may be NULL */
};

/* A node with its implementation chosen. */
struct kernel {
    const struct kernel_class *class;
    void *own;            /* the implementation's, ended by class->free */
    char name[128];       /* for plans and profiles: "conv brgconv:avx512_core" */
    size_t weight_bytes;  /* packed parameters, kept */
    size_t scratch_bytes; /* wanted while it runs, shared with other kernels */
};

struct backend {
    const char *name, *summary;
    enum dtype half; /* the 16-bit type of `mixed` */
    bool computes;   /* false: results mean nothing (null) */
    bool has_tf32;
    bool long_sums; /* float32 sums of products are one chain: rounding grows with their length (bench/verify) */
    bool stores_residual_half; /* `mixed` stores residual sums in `half`: its products cannot store them in float32 */
    bool captures;             /* can record launches and replay them as one: has the functions for it, below */

    struct err (*open)(const struct backend_options *options, void **state); /* ERR_ABSENT with the reason */
    void (*close)(void *state);
    void (*describe)(void *state, struct text *out); /* one line: library, version, instruction set, threads */
    struct err (*check_half)(void *state);           /* ERR_ABSENT with the reason why `mixed` cannot run well here */
    uint64_t (*free_bytes)(void *state);             /* memory that may still be allocated; 0 where unknown */
    struct err (*allocate)(void *state, size_t bytes, void **memory); /* aligned to MEMORY_ALIGN, zeroed */
    void (*release)(void *state, void *memory, size_t bytes);
    struct err (*copy_in)(void *state, void *to, const void *host, size_t bytes);
    struct err (*copy_out)(void *state, void *host, const void *from, size_t bytes); /* of all that was enqueued */
    struct err (*choose)(void *state, const struct graph *g, node_id node, struct kernel *out);

    /* What a host backend has not: NULL. */
    /* A kernel's run may only enqueue. Waits until all of it is done; says what went wrong meanwhile. */
    struct err (*finish)(void *state);
    /* Between begin and end runs are recorded and not executed, with all their addresses; replay enqueues
     * them as one. An error of begin leaves nothing recording; end ends it, on an error too, and gives NULL then. */
    struct err (*record_begin)(void *state);
    struct err (*record_end)(void *state, void **recording);
    size_t (*recorded)(void *state); /* between begin and end: nodes that the recording has so far; 0 where unknown */
    /* Between begin and end: the numbers by which profilers know those nodes, in no order, at most `most` of them. How
     * many were written; 0 where they are not known. */
    size_t (*recorded_ids)(void *state, uint64_t *id, size_t most);
    struct err (*replay)(void *state, void *recording);
    void (*forget)(void *state, void *recording); /* may be NULL */
    void (*device)(void *state, struct device_facts *out);
    /* Needs no device. Adds the versions of the libraries; an error says what is wrong or missing among them. */
    struct err (*check_libraries)(struct text *versions);
    /* All graphs have their kernels: writes the choices where options->save_plan says, and what makes the next start
     * faster. */
    struct err (*keep_choices)(void *state);
};

/* All backends, whether they can be opened here or not. To add one: a row in backend.c. */
struct backend_row {
    const char *name, *summary;
    const struct backend *built_in;
    const char *object, *symbol;       /* or a shared object beside the program, opened on demand */
    const struct library_needs *needs; /* of the object, where they may lie outside the loader's path */
};
extern const struct backend_row backend_rows[]; /* ends with a NULL name */

/* The backend of that name; an unknown name is ERR_FAILED with the nearest one, a shared object that is missing or
 * lacks its library ERR_ABSENT with the loader's words. */
struct err backend_find(const char *name, const struct backend **out);

/* Whether what that backend runs on can be there at all: quickly, before its libraries are loaded. */
bool backend_has_driver(const char *name);

#endif
