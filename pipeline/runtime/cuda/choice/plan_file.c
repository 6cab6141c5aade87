#include "pipeline/runtime/cuda/choice/plan_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"
#include "pipeline/runtime/cuda/choice/plan_file_text.h"

static void free_entry(struct plan_entry *e)
{
    free(e->signature);
    free(e->choice);
    free(e->detail);
}

void plan_file_free(struct plan_file *f)
{
    for (size_t i = 0; i < f->count; i++)
        free_entry(&f->entry[i]);
    free(f->entry);
    free(f->key);
    *f = (struct plan_file){0};
}

bool plan_file_is_name(const char *text)
{
    size_t n = strnlen(text, PLAN_FILE_LONGEST_NAME + 1);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return n && n <= PLAN_FILE_LONGEST_NAME && text_is_utf8(text, n);
}

struct err plan_file_set_key(struct plan_file *f, const char *key)
{
    if (!plan_file_is_name(key))
        return err_fail("the key of a plan file is empty, too long, or no line of UTF-8");
    char *copy = strdup(key);
    if (!copy)
        return err_fail("plan file: out of memory");
    free(f->key);
    f->key = copy;
    return OK;
}

/* The place of a signature: of its entry, or of the first one behind it. */
static size_t place_of(const struct plan_file *f, const char *signature)
{
    size_t from = 0, to = f->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(f->entry[middle].signature, signature) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool is_at(const struct plan_file *f, size_t place, const char *signature)
{
    return place < f->count && !strcmp(f->entry[place].signature, signature);
}

const struct plan_entry *plan_file_find(const struct plan_file *f, const char *signature)
{
    size_t place = place_of(f, signature);
    return is_at(f, place, signature) ? &f->entry[place] : NULL;
}

/* Room for one more: the capacity is the power of two that holds the entries. */
static bool grow(struct plan_file *f)
{
    if (f->count & (f->count - 1))
        return true;
    struct plan_entry *more = realloc(f->entry, (f->count ? 2 * f->count : 1) * sizeof *more);
    if (more)
        f->entry = more;
    return more != NULL;
}

struct err plan_file_put(struct plan_file *f, const char *signature, const char *choice, const char *detail)
{
    if (!plan_file_is_name(signature) || !plan_file_is_name(choice))
        return err_fail("a plan's signature or choice is empty, too long, or no line of UTF-8");
    if (!text_is_utf8(detail, strlen(detail)))
        return err_fail("plan of %.200s: its detail is not UTF-8", signature);
    size_t place = place_of(f, signature);
    bool there = is_at(f, place, signature);
    if (!there && f->count == PLAN_FILE_ENTRIES)
        return err_fail("plan of %.200s: a plan file has at most %d entries", signature, (int)PLAN_FILE_ENTRIES);
    struct plan_entry new = {strdup(signature), strdup(choice), strdup(detail)};
    if (!new.signature || !new.choice || !new.detail || (!there && !grow(f))) {
        free_entry(&new);
        return err_fail("plan of %.200s: out of memory", signature);
    }
    if (there)
        free_entry(&f->entry[place]);
    else
        memmove(&f->entry[place + 1], &f->entry[place], (f->count++ - place) * sizeof *f->entry);
    f->entry[place] = new;
    return OK;
}

/* Malloc'ed. */
static struct err folder_of_plans(char **folder)
{
    const char *own = getenv("SDBENCH_PLANS");
    char *cache = NULL;
    int length;
    if (own && *own) {
        length = asprintf(folder, "%s", own);
    } else {
        TRY(file_cache_folder(&cache));
        length = asprintf(folder, "%s/plans", cache);
    }
    free(cache);
    if (length >= 0)
        return OK;
    *folder = NULL;
    return err_fail("plan file: out of memory");
}

/* For this user alone; those above it as usual. */
static struct err make_folder(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    char *above = slash && slash != folder ? strndup(folder, (size_t)(slash - folder)) : NULL;
    struct err e = above ? file_make_folder(above) : OK;
    free(above);
    if (!e.code && mkdir(folder, 0700) && errno != EEXIST)
        e = err_fail("%s: folder cannot be made: %s", folder, strerror(errno));
    return e;
}

struct err plan_file_path(const char *key, bool make, char **out)
{
    char *folder = NULL;
    *out = NULL;
    struct err e = folder_of_plans(&folder);
    if (!e.code && make)
        e = make_folder(folder);
    if (!e.code && asprintf(out, "%s/%016" PRIx64, folder, (uint64_t)XXH3_64bits(key, strlen(key))) < 0) {
        *out = NULL;
        e = err_fail("plan file: out of memory");
    }
    free(folder);
    return e;
}
