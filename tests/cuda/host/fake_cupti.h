/* Between the files of the host's CUPTI. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_CUPTI_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_CUPTI_H

#pragma GCC visibility push(default)
#include <cupti.h>
#pragma GCC visibility pop

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/cuda/host/fake_tool.h"

/* A kind that the headers do not know yet. Its records have the size of a kernel's. */
#define KIND_UNKNOWN ((CUpti_ActivityKind)(CUPTI_ACTIVITY_KIND_COUNT + 7))

/* One lock for everything, recursive. The client's callbacks run without it, but for its clock and its giving of
 * buffers. */
void lock(void);
void unlock(void);

/* What goes wrong on purpose (fake_cupti.c). */
#define FLAWS(ROW) \
    ROW(busy)      \
    ROW(old)       \
    ROW(denied)    \
    ROW(drop)      \
    ROW(zero)      \
    ROW(inverted)  \
    ROW(lost)      \
    ROW(overlap)   \
    ROW(unknown)   \
    ROW(fatal)     \
    ROW(extra)     \
    ROW(relabel)   \
    ROW(truncated)
enum flaw {
#define ROW(name) FLAW_##name,
    FLAWS(ROW)
#undef ROW
        FLAW_COUNT
};
bool flaw_on(enum flaw f);
/* Counts: whether this time is one of those that were asked for. */
bool flaw_now(enum flaw f);
/* Whether this is one of the first times, as many as were asked for. */
bool flaw_first(enum flaw f);

/* The driver's answer to a call that needs it; CUPTI_SUCCESS from then on, with the tool attached. */
CUptiResult cupti_begin(void);

/* Records. Of the kinds that are on. */
bool kind_on(CUpti_ActivityKind kind);
bool call_on(CUpti_ActivityKind kind, CUpti_CallbackId cbid);
bool latencies_on(void);
uint64_t cupti_now(void);
void record_add(const void *record, size_t bytes);
/* Instead of adding a record. */
void record_drop(void);
void records_end(void);

/* The ids of the calling thread: one for each kind that has any. Returns how many went to `out`. */
int external_ids(CUpti_ActivityExternalCorrelation out[CUPTI_EXTERNAL_CORRELATION_KIND_SIZE]);

/* The subscriber's callback, where it asked for this one. */
void callback(CUpti_CallbackDomain domain, CUpti_CallbackId cbid, const void *data);

/* As CUPTI would give it; it stays. */
const char *kernel_name(const struct fake_work *w);

/* Functions and their numbers. */
struct call_row {
    const char *function, *name; /* name: as CUPTI gives it */
    CUpti_ActivityKind kind;     /* RUNTIME or DRIVER */
    CUpti_CallbackId cbid;
};
const struct call_row *call_row_of(const char *function); /* NULL where it has none */

extern const struct fake_tool cupti_tool;

#endif
