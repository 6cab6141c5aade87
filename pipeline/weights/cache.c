#include "pipeline/weights/cache.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/base/phase.h"
#include "pipeline/weights/cache_entry.h"

/* Whether what lies there is the checkpoint asked for, as far as headers and sizes tell. */
static bool is_good(const struct weights_output *out, const char *seed)
{
    struct checkpoint *c;
    struct err e = checkpoint_open(out->path, out->spec, out->count, out->v1, &c);
    bool good = !e.code;
    const char *has = good ? checkpoint_metadata(c, "weights_seed") : NULL;
    good = good && has && !strcmp(has, seed);
    for (size_t i = 0; i < out->count && good; i++)
        good = checkpoint_find(c, out->spec[i].name)->dtype == out->dtype;
    err_free(&e);
    checkpoint_free(c);
    return good;
}

static bool go_on(void *progress)
{
    const struct weights_progress *p = progress;
    return !p->report || p->report(p->to, 0, 0);
}

static struct err make(struct weights_output *out, uint64_t seed, const char *seed_text)
{
    int lock;
    TRY(cache_lock(out->path, true, go_on, &out->progress, &lock));
    struct err e = OK;
    if (!is_good(out, seed_text)) { /* else another process made it while this one waited */
        cache_remove_leftovers(out->path);
        e = weights_make(out, seed);
    }
    close(lock);
    return e;
}

/* No part of a start that could be told from others: it happens once a machine. */
static struct err make_outside_phases(struct weights_output *out, uint64_t seed, const char *seed_text)
{
    enum phase before = phase_enter(PHASE_NONE);
    struct err e = make(out, seed, seed_text);
    phase_return(before);
    return e;
}

struct err weights_cache(const char *model_name, uint64_t seed, const struct tensor_spec *spec, size_t count,
                         const struct checkpoint_rules *v1, struct weights_progress progress, char **path)
{
    char *root, seed_text[24];
    *path = NULL;
    TRY(cache_root(&root));
    snprintf(seed_text, sizeof seed_text, "%" PRIu64, seed);
    int length = asprintf(path, "%s/%s-seed%s", root, model_name, seed_text);
    free(root);
    if (length < 0)
        return *path = NULL, err_fail("out of memory");
    struct weights_output out = {*path, WEIGHTS_DIFFUSERS, DTYPE_f32, spec, count, v1, progress};
    struct err e = is_good(&out, seed_text) ? OK : make_outside_phases(&out, seed, seed_text);
    if (e.code)
        free(*path), *path = NULL;
    return err_wrap(e, "synthetic weights");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct cache_entry *)a)->name, ((const struct cache_entry *)b)->name);
}

static bool is_entry(const char *root, const char *name, char **path)
{
    if (!strstr(name, "-seed") || asprintf(path, "%s/%s", root, name) < 0)
        return false;
    if (file_is_folder(*path))
        return true;
    free(*path);
    return false;
}

static struct err list(const char *root, struct cache_entry **entries, size_t *count)
{
    DIR *dir = opendir(root);
    if (!dir)
        return err_fail("%s: cannot be listed", root);
    struct err e = OK;
    char *path;
    for (struct dirent *d; !e.code && (d = readdir(dir));) {
        if (!is_entry(root, d->d_name, &path))
            continue;
        struct cache_entry *more = realloc(*entries, (*count + 1) * sizeof *more);
        if (more)
            *entries = more, more[(*count)++] = (struct cache_entry){strdup(d->d_name), path, cache_bytes(path)};
        else
            free(path);
        if (!more || !more[*count - 1].name)
            e = err_fail("out of memory");
    }
    closedir(dir);
    return e;
}

struct err weights_cache_list(struct cache_entry **entries, size_t *count)
{
    char *root;
    *entries = NULL;
    *count = 0;
    TRY(cache_root(&root));
    struct err e = list(root, entries, count);
    free(root);
    if (e.code)
        weights_cache_list_free(*entries, *count), *entries = NULL, *count = 0;
    else if (*count)
        qsort(*entries, *count, sizeof **entries, by_name);
    return e;
}

void weights_cache_list_free(struct cache_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(entries[i].name);
        free(entries[i].path);
    }
    free(entries);
}

struct err weights_cache_clean(const char *name, uint64_t *bytes)
{
    struct cache_entry *entries;
    size_t count, found = 0;
    *bytes = 0;
    TRY(weights_cache_list(&entries, &count));
    struct err e = OK;
    for (size_t i = 0; i < count && !e.code; i++) {
        int lock;
        if (name && strcmp(name, entries[i].name))
            continue;
        found++;
        e = cache_lock(entries[i].path, false, NULL, NULL, &lock);
        if (e.code)
            break;
        e = cache_remove(entries[i].path);
        close(lock);
        *bytes += e.code ? 0 : entries[i].bytes;
    }
    weights_cache_list_free(entries, count);
    return !e.code && name && !found ? err_fail("%s: no such entry in the cache of weights", name) : e;
}
