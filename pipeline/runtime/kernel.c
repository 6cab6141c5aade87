#include "pipeline/runtime/kernel.h"

#include <stdio.h>
#include <stdlib.h>

struct err kernel_make(const struct node *n, const struct kernel_class *class, size_t bytes, struct kernel *out)
{
    *out = (struct kernel){.class = class, .own = calloc(1, bytes)};
    snprintf(out->name, sizeof out->name, "%s own", ops[n->op].name);
    return out->own ? OK : err_fail("out of memory");
}

void kernel_free_block(void *own)
{
    free(own);
}

struct err kernel_keep(struct err e, struct kernel *out)
{
    if (e.code) {
        out->class->free(out->own);
        *out = (struct kernel){0};
    }
    return e;
}
