#include "profiler/cupti/id_map.h"

#include <stdlib.h>

enum { SMALLEST = 64 };

/* Multiplied by 2^64 over the golden ratio (Knuth): ids count up, and addresses are multiples of a power of two. */
static size_t home(const struct id_map *m, uint64_t key)
{
    const uint64_t mixed = key * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 32) & (m->capacity - 1);
}

/* Where the key is, or the free place where it belongs: there is one, since a map is at most half full. */
static struct id_entry *place(const struct id_map *m, uint64_t key)
{
    size_t i = home(m, key);
    while (m->entry[i].key && m->entry[i].key != key)
        i = (i + 1) & (m->capacity - 1);
    return &m->entry[i];
}

static bool grow(struct id_map *m)
{
    struct id_map larger = {.capacity = m->capacity ? 2 * m->capacity : SMALLEST, .count = m->count};
    larger.entry = calloc(larger.capacity, sizeof *larger.entry);
    if (!larger.entry)
        return false;
    for (size_t i = 0; i < m->capacity; i++)
        if (m->entry[i].key)
            *place(&larger, m->entry[i].key) = m->entry[i];
    free(m->entry);
    *m = larger;
    return true;
}

struct id_entry *id_map_add(struct id_map *m, uint64_t key)
{
    if (2 * m->count >= m->capacity && !grow(m))
        return NULL;
    struct id_entry *e = place(m, key);
    if (!e->key) {
        *e = (struct id_entry){.key = key, .first = ID_NONE, .second = ID_NONE};
        m->count++;
    }
    return e;
}

const struct id_entry *id_map_find(const struct id_map *m, uint64_t key)
{
    const struct id_entry *e = key && m->count ? place(m, key) : NULL;
    return e && e->key ? e : NULL;
}

void id_map_free(struct id_map *m)
{
    free(m->entry);
    *m = (struct id_map){0};
}
