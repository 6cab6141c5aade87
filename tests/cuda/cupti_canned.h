/* Buffers of CUPTI's records made by hand, of the structs of its own headers, and what a trace of them is. */
#ifndef SDBENCH_TESTS_CUDA_CUPTI_CANNED_H
#define SDBENCH_TESTS_CUDA_CUPTI_CANNED_H

#include "profiler/cupti/decode.h"
#include "profiler/cupti/labels.h"

struct canned { /* zeroed: empty */
    uint8_t *bytes;
    size_t size, capacity;
};

void canned_add(struct canned *c, const void *record, size_t size);
void canned_free(struct canned *c);

/* A record a call; times in ns. */
void canned_kernel(struct canned *c, const char *name, uint32_t correlation, uint64_t node, uint64_t begin,
                   uint64_t end);
void canned_copy(struct canned *c, uint32_t correlation, uint32_t of_runtime, uint64_t node, uint64_t begin,
                 uint64_t end);
void canned_peer_copy(struct canned *c, uint32_t correlation, uint64_t begin, uint64_t end);
void canned_set(struct canned *c, uint32_t correlation, uint64_t node, uint64_t begin, uint64_t end);
void canned_call(struct canned *c, CUpti_ActivityKind kind, uint32_t correlation, uint64_t begin, uint64_t end);
void canned_wait(struct canned *c, uint32_t correlation, uint64_t begin, uint64_t end);
void canned_overhead(struct canned *c, void *extra, uint64_t begin, uint64_t end);
void canned_compile(struct canned *c, uint64_t begin, uint64_t end);
void canned_launch(struct canned *c, uint32_t correlation, int32_t launch); /* a link to it */
void canned_run(struct canned *c, uint32_t correlation, int32_t run);

/* One of each kind that is known, in a fixed order. */
enum { CANNED_KINDS = 11 };
void canned_each(struct canned *c);

/* A trace with that many launches and runs of nothing. */
struct trace *canned_trace(int32_t launches, int32_t runs);

/* All buffers become activities; the trace counts records that are bad. */
void canned_join(const struct canned *c, size_t count, struct labels *labels, struct trace *t);

#endif
