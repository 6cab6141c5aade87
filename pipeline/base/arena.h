/* An arena: many small allocations with one lifetime, freed together. Memory comes zeroed. */
#ifndef SDBENCH_BASE_ARENA_H
#define SDBENCH_BASE_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *last;
};

/* Zeroed memory, aligned for any type, that lives until arena_free. Ends the program with a line on stderr and
 * exit code 3 when memory runs out: arenas hold descriptions (names, graphs), never tensors. */
void *arena_alloc(struct arena *a, size_t bytes);
char *arena_strdup(struct arena *a, const char *text);
__attribute__((format(printf, 2, 3))) char *arena_printf(struct arena *a, const char *format, ...);

void arena_free(struct arena *a);

#endif
