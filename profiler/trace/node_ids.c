#include "profiler/trace/node_ids.h"

static bool always(const void *context, uint32_t index)
{
    (void)context, (void)index;
    return true;
}

size_t node_ids_keep_new(struct index_table *seen, uint64_t *id, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        /* by 2^64 over the golden ratio (Knuth): an odd factor loses nothing, so that equal hashes are equal ids */
        const uint64_t hash = id[i] * 0x9e3779b97f4a7c15u;
        if (index_table_find(seen, hash, always, NULL) >= 0 || !index_table_reserve(seen))
            continue;
        index_table_add(seen, hash, 0);
        id[kept++] = id[i];
    }
    return kept;
}
