/* Finds an equal entry of a list by hash: open addressing over the entries' indices. The entries stay in their list. */
#ifndef SDBENCH_PROFILER_TRACE_INDEX_TABLE_H
#define SDBENCH_PROFILER_TRACE_INDEX_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct index_slot {
    uint64_t hash;
    uint32_t entry; /* index + 1; 0: nothing here */
};

struct index_table {
    struct index_slot *slot;
    uint32_t capacity, used; /* capacity: a power of 2, or 0 */
};

/* Makes room for one more entry; false without memory. */
bool index_table_reserve(struct index_table *t);

/* The index of the entry of that hash for which equal(context, index) holds; -1 where there is none. */
int64_t index_table_find(const struct index_table *t, uint64_t hash, bool (*equal)(const void *context, uint32_t index),
                         const void *context);

/* Adds an entry that is not in it yet, after index_table_reserve. */
void index_table_add(struct index_table *t, uint64_t hash, uint32_t index);
void index_table_free(struct index_table *t);

#endif
