/* CUPTI's records of all kinds and versions as records of one kind. Needs no library: buffers may be made by hand. */
#ifndef SDBENCH_CUPTI_DECODE_H
#define SDBENCH_CUPTI_DECODE_H

#include <stdbool.h>

#include "profiler/cupti/compat.h"
#include "profiler/trace/trace.h"

enum record_what {
    RECORD_kernel,
    RECORD_copy,
    RECORD_set,
    RECORD_call,
    RECORD_wait,
    RECORD_overhead,
    RECORD_compile,
    RECORD_link, /* a call was made while an id of ours was in force */
    RECORD_COUNT
};

/* 0 and NULL where a kind has nothing of the sort. No pointer is read through here. */
struct record {
    enum record_what what;
    uint64_t begin, end;                    /* ns */
    uint64_t bytes;                         /* copied or set */
    uint64_t node, source_node;             /* of the graph that was launched, and the one that it was made from */
    uint64_t id;                            /* link: the id that was in force */
    uint32_t correlation, call_correlation; /* call: a copy's other one, of the runtime's call */
    uint32_t stream;                        /* of device work; else the thread */
    uint32_t device;                        /* kernel: the driver's number of it */
    uint32_t kind, code;                    /* CUPTI's kind; which copy, call, wait, overhead, compilation, id */
    bool in_graph;
    const char *name; /* kernel */
    void *extra;      /* overhead: to be freed by who reads it last */
    struct kernel_shape shape;
};

/* A compilation's code: what is made, and what is done (CUpti_ActivityJitEntryType, CUpti_ActivityJitOperationType). */
enum { COMPILE_OPERATIONS = 16 };
#define COMPILE_CODE(entry, operation) \
    ((uint32_t)(entry)*COMPILE_OPERATIONS + (uint32_t)(operation) % COMPILE_OPERATIONS)

struct record_sink {
    void (*each)(void *context, const struct record *r);
    void *context;
};

/* cuptiActivityGetNextRecord of the library that wrote the bytes: its records may be larger than the header's. */
typedef CUptiResult (*record_next)(uint8_t *buffer, size_t valid, CUpti_Activity **record);

/* Hands each record of a buffer over. next NULL: they have the header's sizes. Returns how many could not be read: one
 * that is cut off, and one of a kind that is not known here, hide what follows (that one only where next is NULL). */
uint64_t decode(const uint8_t *bytes, size_t valid, record_next next, const struct record_sink *sink);

#endif
