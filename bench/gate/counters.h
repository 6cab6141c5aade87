/* Exact counters: what a plan is made of, which no noise touches. They are compared with those that someone has looked
 * at and blessed, in a file of the repository: a change is explained in the pull request that blesses it, or is a
 * mistake.
 *
 * graph_hash and flop are of the graph alone; launches and bytes are a library's as well, so an entry names the library
 * and instruction set (counters_library). */
#ifndef SDBENCH_BENCH_GATE_COUNTERS_H
#define SDBENCH_BENCH_GATE_COUNTERS_H

#include "bench/options.h"

#include <cjson/cJSON.h>
#include <stdint.h>

#define COUNTERS_FILE "reports/blessed/counters.json"

enum { COUNTER_FIELDS = 5, COUNTERS_LIBRARY = 512 };

struct counters {
    char workload[64], variant[128], backend[32], library[COUNTERS_LIBRARY]; /* the key */
    uint64_t threads;                                                        /* that the plan is for; 0 on a device */
    uint64_t graph_hash, launches, arena_bytes, weights_bytes, flop;
};

/* The library's part of the key. From a backend's line, "oneDNN 2.6.3, avx512_core_bf16, 2 threads, OpenMP", what
 * stands ahead of the threads; for a device (facts with a name) its kind and libraries, without driver and choices. */
void counters_library(const char *description, const struct device_facts *device, char out[COUNTERS_LIBRARY]);

cJSON *counters_json(const struct counters *c); /* NULL without memory */
struct err counters_parse(const cJSON *object, struct counters *out);

/* The blessed entries, sorted by their keys. Zeroed: none. */
struct blessed {
    struct counters *entry;
    size_t count;
};
struct err blessed_read(const char *path, struct blessed *out);      /* none where there is no file */
struct err blessed_put(struct blessed *b, const struct counters *c); /* in place of the one with its key */
struct err blessed_write(const struct blessed *b, const char *path);
void blessed_free(struct blessed *b);

/* Puts those that were measured into the file and keeps its other entries. */
struct err blessed_bless(const char *path, const struct counters *measured, size_t count);

enum counters_state {
    COUNTERS_EQUAL,
    COUNTERS_CHANGED, /* some field differs from the blessed one: explain or bless */
    COUNTERS_NEW,     /* nothing is blessed for this key: said, no error */
};

struct counter_change {
    const char *field;
    char before[24], after[24];
};

struct counters_verdict {
    enum counters_state state;
    const struct counters *blessed; /* that it was compared with; NULL where there is none */
    bool other_library;             /* it is another library's: graph_hash and flop alone were compared */
    bool other_threads;             /* it was planned for another number of threads: arena_bytes was not compared */
    int changes;
    struct counter_change change[COUNTER_FIELDS];
};

/* With the entry of its key. Where there is none, with those of other libraries: CHANGED where its graph is none of
 * theirs, else NEW. */
struct counters_verdict counters_compare(const struct blessed *b, const struct counters *now);

#endif
