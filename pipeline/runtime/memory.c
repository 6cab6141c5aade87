#include "pipeline/runtime/memory.h"

#include <stdlib.h>

static int by_size_then_life(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a, *y = *(struct span *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : (x > y) - (x < y);
}

static int by_offset(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a, *y = *(struct span *const *)b;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Without memory for the two lists the spans simply follow each other: correct, only larger. */
static size_t in_a_row(struct span *span, size_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        span[i].offset = end;
        end += memory_aligned(span[i].bytes);
    }
    return end;
}

size_t memory_plan(struct span *span, size_t count)
{
    struct span **order = malloc((count + 1) * sizeof(struct span *));
    struct span **alive = malloc((count + 1) * sizeof(struct span *));
    size_t end = 0;
    if (!order || !alive)
        end = in_a_row(span, count);
    else {
        for (size_t i = 0; i < count; i++)
            order[i] = &span[i];
        qsort(order, count, sizeof(struct span *), by_size_then_life);
        for (size_t i = 0; i < count; i++) {
            size_t n = 0, at = 0;
            for (size_t j = 0; j < i; j++)
                if (order[j]->first <= order[i]->last && order[i]->first <= order[j]->last)
                    alive[n++] = order[j];
            qsort(alive, n, sizeof(struct span *), by_offset);
            for (size_t j = 0; j < n; j++) {
                if (alive[j]->offset >= at + memory_aligned(order[i]->bytes))
                    break;
                if (alive[j]->offset + memory_aligned(alive[j]->bytes) > at)
                    at = alive[j]->offset + memory_aligned(alive[j]->bytes);
            }
            order[i]->offset = at;
            if (at + memory_aligned(order[i]->bytes) > end)
                end = at + memory_aligned(order[i]->bytes);
        }
    }
    free(order);
    free(alive);
    return end;
}
