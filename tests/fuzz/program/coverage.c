/* Compiled without the option that makes the compiler call this: it would call itself. */
#include "tests/fuzz/program/coverage.h"

#include <stdint.h>

enum { SLOTS = 1 << 16 }; /* a few times the steps of all targets; two that share one count as one */

static struct {
    uint8_t count[SLOTS]; /* since coverage_begin */
    uint8_t seen[SLOTS];  /* a bit for each order of magnitude of a count */
    uint32_t touched[SLOTS];
    size_t touched_count, edges;
    uintptr_t previous;
} map;

void __sanitizer_cov_trace_pc(void);

/* Counted from here, addresses are the same in every process. */
void __sanitizer_cov_trace_pc(void)
{
    uintptr_t at = (uintptr_t)__builtin_return_address(0) - (uintptr_t)__sanitizer_cov_trace_pc;
    uint32_t slot = (uint32_t)((at * 0x9e3779b97f4a7c15) >> 40 ^ map.previous) % SLOTS;
    map.previous = slot >> 1;
    if (!map.count[slot])
        map.touched[map.touched_count++] = slot;
    map.count[slot] += map.count[slot] < UINT8_MAX;
}

void coverage_begin(void)
{
    for (size_t i = 0; i < map.touched_count; i++)
        map.count[map.touched[i]] = 0;
    map.touched_count = 0;
    map.previous = 0;
}

size_t coverage_new(void)
{
    size_t found = 0;
    for (size_t i = 0; i < map.touched_count; i++) {
        uint32_t slot = map.touched[i];
        uint8_t order = (uint8_t)(1u << (31 - __builtin_clz(map.count[slot])));
        map.edges += !map.seen[slot];
        found += !(map.seen[slot] & order);
        map.seen[slot] |= order;
    }
    return found;
}

size_t coverage_edges(void)
{
    return map.edges;
}
