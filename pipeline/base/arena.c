#include "pipeline/base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 16 };

struct arena_block {
    struct arena_block *previous;
    size_t used, size;
    alignas(max_align_t) char bytes[];
};

void *arena_alloc(struct arena *a, size_t bytes)
{
    size_t need = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!a->last || a->last->size - a->last->used < need) {
        size_t size = need > BLOCK ? need : BLOCK;
        struct arena_block *block = calloc(1, sizeof *block + size);
        if (!block) {
            fprintf(stderr, "sdbench: out of memory (%zu bytes for a description)\n", bytes);
            exit(3);
        }
        block->previous = a->last;
        block->size = size;
        a->last = block;
    }
    void *p = a->last->bytes + a->last->used;
    a->last->used += need;
    return p;
}

char *arena_strdup(struct arena *a, const char *text)
{
    size_t bytes = strlen(text) + 1;
    return memcpy(arena_alloc(a, bytes), text, bytes);
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(a, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void arena_free(struct arena *a)
{
    for (struct arena_block *block = a->last, *previous; block; block = previous) {
        previous = block->previous;
        free(block);
    }
    a->last = NULL;
}
