/* The interface of a backend: it chooses a kernel for each node, and runs kernels at fixed addresses.
 *
 * Order of calls, by plan.c: open; for each graph: choose every node; allocate; load each kernel that has weights;
 * bind every kernel; then run, as often as wanted, in the order of the nodes; kernel free; close. All choice is made
 * in choose; run looks nothing up and allocates nothing. A plan runs one kernel at a time. */
#ifndef SDBENCH_RUNTIME_BACKEND_H
#define SDBENCH_RUNTIME_BACKEND_H

#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"
#include "pipeline/runtime/libraries.h"
#include "pipeline/runtime/weights.h"

struct backend_options {
    int threads; /* 0: one a core */
    bool force;  /* run even what this machine can only emulate */
};

/* Addresses of a node's first elements, views' offsets included; NULL for weights and NO_VALUE. */
struct binding {
    const void *input[MAX_INPUTS];
    void *output[MAX_OUTPUTS];
    void *weights, *scratch; /* weight_bytes and scratch_bytes of the kernel, aligned to 64 bytes */
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
    struct err (*open)(const struct backend_options *options, void **state); /* ERR_ABSENT with the reason */
    void (*close)(void *state);
    void (*describe)(void *state, struct text *out); /* one line: library, version, instruction set, threads */
    struct err (*check_half)(void *state);           /* ERR_ABSENT with the reason why `mixed` cannot run well here */
    uint64_t (*free_bytes)(void *state);             /* memory that may still be allocated; 0 where unknown */
    struct err (*allocate)(void *state, size_t bytes, void **memory); /* aligned to 64, zeroed */
    void (*release)(void *state, void *memory, size_t bytes);
    struct err (*copy_in)(void *state, void *to, const void *host, size_t bytes);
    struct err (*copy_out)(void *state, void *host, const void *from, size_t bytes);
    struct err (*choose)(void *state, const struct graph *g, node_id node, struct kernel *out);
};

/* All backends, whether they can be opened here or not. To add one: a row in backend.c. */
struct backend_row {
    const char *name, *summary;
    const struct backend *built_in;
    const char *object, *symbol; /* or a shared object beside the program, opened on demand */
    const struct library_needs *needs; /* of the object, where they may lie outside the loader's path */
};
extern const struct backend_row backend_rows[]; /* ends with a NULL name */

/* The backend of that name; an unknown name is ERR_FAILED with the nearest one, a shared object that is missing or lacks
 * its library ERR_ABSENT with the loader's words. */
struct err backend_find(const char *name, const struct backend **out);

#endif
