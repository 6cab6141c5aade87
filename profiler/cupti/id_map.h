/* From a number to two small ones: graph nodes and correlation ids to launches and runs, addresses to texts. */
#ifndef SDBENCH_CUPTI_ID_MAP_H
#define SDBENCH_CUPTI_ID_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ID_NONE = -1 };

struct id_entry {
    uint64_t key; /* 0: free */
    int32_t first, second;
};

struct id_map { /* zeroed: empty */
    struct id_entry *entry;
    size_t capacity, count; /* capacity is a power of two */
};

/* The entry of that key, which is not 0; a new one is {ID_NONE, ID_NONE}. Good until the next one is added. NULL
 * without memory. */
struct id_entry *id_map_add(struct id_map *m, uint64_t key);

/* NULL where there is none. */
const struct id_entry *id_map_find(const struct id_map *m, uint64_t key);

void id_map_free(struct id_map *m);

#endif
