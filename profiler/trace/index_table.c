#include "profiler/trace/index_table.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

/* The first free slot on the way of that hash; the table is never full. */
static struct index_slot *free_slot(struct index_slot *slot, uint32_t capacity, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (capacity - 1);
    while (slot[at].entry)
        at = (at + 1) & (capacity - 1);
    return &slot[at];
}

bool index_table_reserve(struct index_table *t)
{
    if (t->used < t->capacity / 2) /* half full at most: short ways */
        return true;
    if (t->capacity > UINT32_MAX / 2)
        return false;
    const uint32_t capacity = t->capacity ? 2 * t->capacity : FIRST_CAPACITY;
    struct index_slot *slot = calloc(capacity, sizeof *slot);
    if (!slot)
        return false;
    for (uint32_t i = 0; i < t->capacity; i++)
        if (t->slot[i].entry)
            *free_slot(slot, capacity, t->slot[i].hash) = t->slot[i];
    free(t->slot);
    t->slot = slot;
    t->capacity = capacity;
    return true;
}

int64_t index_table_find(const struct index_table *t, uint64_t hash, bool (*equal)(const void *context, uint32_t index),
                         const void *context)
{
    if (!t->capacity)
        return -1;
    for (uint32_t at = (uint32_t)hash & (t->capacity - 1); t->slot[at].entry; at = (at + 1) & (t->capacity - 1))
        if (t->slot[at].hash == hash && equal(context, t->slot[at].entry - 1))
            return t->slot[at].entry - 1;
    return -1;
}

void index_table_add(struct index_table *t, uint64_t hash, uint32_t index)
{
    *free_slot(t->slot, t->capacity, hash) = (struct index_slot){hash, index + 1};
    t->used++;
}

void index_table_free(struct index_table *t)
{
    free(t->slot);
    *t = (struct index_table){0};
}
