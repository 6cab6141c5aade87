#include "pipeline/weights/checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/base/arena.h"
#include "pipeline/base/file.h"
#include "pipeline/weights/checkpoint_fit.h"

struct checkpoint {
    struct checkpoint_files files;
    struct arena arena;           /* owns the tensors and their names */
    struct stored_tensor *tensor; /* by name */
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stored_tensor *)a)->name, ((const struct stored_tensor *)b)->name);
}

struct err checkpoint_open(const char *path, const struct tensor_spec *spec, size_t count,
                           const struct checkpoint_rules *v1, struct checkpoint **out)
{
    *out = NULL;
    struct checkpoint *c = calloc(1, sizeof *c);
    if (!c)
        return err_fail("%s: out of memory", path);
    c->tensor = arena_alloc(&c->arena, count * sizeof *c->tensor);
    c->count = count;
    struct err e = checkpoint_files_open(path, &c->files);
    if (!e.code && c->files.layout == WEIGHTS_DIFFUSERS)
        e = checkpoint_config_check(path, v1);
    if (!e.code)
        e = err_wrap(checkpoint_fit(&c->files, spec, count, c->tensor), "%s", path);
    if (e.code) {
        checkpoint_free(c);
        return e;
    }
    for (size_t i = 0; i < count; i++)
        c->tensor[i].name = arena_strdup(&c->arena, spec[i].name);
    qsort(c->tensor, count, sizeof *c->tensor, by_name);
    *out = c;
    return OK;
}

void checkpoint_free(struct checkpoint *c)
{
    if (!c)
        return;
    checkpoint_files_close(&c->files);
    arena_free(&c->arena);
    free(c);
}

const struct stored_tensor *checkpoint_find(const struct checkpoint *c, const char *name)
{
    struct stored_tensor key = {.name = name};
    return c->count ? bsearch(&key, c->tensor, c->count, sizeof key, by_name) : NULL;
}

const char *checkpoint_metadata(const struct checkpoint *c, const char *key)
{
    return safetensors_metadata(c->files.file[0], key);
}

enum weights_layout checkpoint_layout(const struct checkpoint *c)
{
    return c->files.layout;
}

uint64_t checkpoint_bytes(const struct checkpoint *c)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < c->files.count; i++)
        bytes += safetensors_bytes(c->files.file[i]);
    return bytes;
}
