#include "bench/state/files.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

void file_list_free(struct file_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->path[i]);
    free(l->path);
    *l = (struct file_list){0};
}

struct err file_list_add(struct file_list *l, const char *path)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? 2 * l->capacity : 16;
        char **more = realloc(l->path, capacity * sizeof *more);
        if (!more)
            return err_fail("out of memory for a list of files");
        l->path = more;
        l->capacity = capacity;
    }
    char *copy = strdup(path);
    if (!copy)
        return err_fail("out of memory for a list of files");
    l->path[l->count++] = copy;
    return OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void file_list_sort(struct file_list *l)
{
    size_t kept = 0;
    if (l->count)
        qsort(l->path, l->count, sizeof *l->path, by_path);
    for (size_t i = 0; i < l->count; i++)
        if (kept && !strcmp(l->path[kept - 1], l->path[i]))
            free(l->path[i]);
        else
            l->path[kept++] = l->path[i];
    l->count = kept;
}

bool file_list_has(const struct file_list *l, const char *path)
{
    return l->count && bsearch(&path, l->path, l->count, sizeof *l->path, by_path);
}

struct err file_list_add_others(struct file_list *l, const struct file_list *all, const struct file_list *without)
{
    for (size_t i = 0; i < all->count; i++)
        if (!file_list_has(without, all->path[i]))
            TRY(file_list_add(l, all->path[i]));
    return OK;
}

static bool is_weights(const char *path)
{
    size_t length = strlen(path), ending = strlen(".safetensors");
    return length > ending && !strcmp(path + length - ending, ".safetensors");
}

static struct err add_resolved(struct file_list *l, const char *path)
{
    char *resolved = realpath(path, NULL);
    struct err e = resolved ? file_list_add(l, resolved) : err_fail("%s: %s", path, strerror(errno));
    free(resolved);
    return e;
}

struct err files_of_checkpoint(const char *path, struct file_list *out)
{
    size_t before = out->count;
    FTS *files = fts_open((char *const[]){(char *)path, NULL}, FTS_COMFOLLOW | FTS_LOGICAL | FTS_NOCHDIR, NULL);
    struct err e = files ? OK : err_fail("%s: %s", path, strerror(errno));
    for (FTSENT *f; !e.code && files && (f = fts_read(files));)
        if (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || (f->fts_info == FTS_NS && !f->fts_level))
            e = err_fail("%s: %s", f->fts_path, strerror(f->fts_errno));
        else if (f->fts_info == FTS_F && (!f->fts_level || is_weights(f->fts_path)))
            e = add_resolved(out, f->fts_path);
    if (files)
        fts_close(files);
    if (!e.code && out->count == before)
        e = err_fail("%s: there is no .safetensors file", path);
    file_list_sort(out);
    return e;
}

const char *file_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
