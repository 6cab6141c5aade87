/* The memory planner: offsets in one arena, from first and last use. */
#ifndef SDBENCH_RUNTIME_MEMORY_H
#define SDBENCH_RUNTIME_MEMORY_H

#include <stddef.h>

/* What every part of memory begins at a multiple of: a cache line of any processor, and what GPU libraries ask of a
 * workspace. */
enum { MEMORY_ALIGN = 256 };

static inline size_t memory_aligned(size_t bytes)
{
    return (bytes + MEMORY_ALIGN - 1) / MEMORY_ALIGN * MEMORY_ALIGN;
}

/* Something that must lie in memory from time `first` to time `last`, both included. */
struct span {
    size_t bytes;
    int first, last;
    size_t offset; /* the planner's answer, a multiple of MEMORY_ALIGN */
};

/* Gives every span an offset such that none that live at one time overlap; returns the arena's size. Largest first,
 * each at the lowest offset that is free over its life: within a few percent of the peak for these graphs. */
size_t memory_plan(struct span *span, size_t count);

#endif
