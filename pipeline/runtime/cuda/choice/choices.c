#include "pipeline/runtime/cuda/choice/choices.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/file.h"
#include "pipeline/base/phase.h"
#include "pipeline/runtime/cuda/choice/tune.h"
#include "pipeline/runtime/cuda/device.h"

/* No operation may take more of the budget than this share, so that the last ones get some too. */
enum { LARGEST_SHARE = 8 };

struct choices {
    const struct backend_options *options;
    char *path, *key;      /* of the cache's file; path NULL: no cache */
    struct plan_file file; /* all that is known here */
    struct plan_file used; /* by the graphs of this process: what is saved */
    bool pinned, changed;
    int64_t budget_ns, left_ns;
    int known, chosen, tried, untried;
    char *ignored; /* why the cache's file is not used */
};

/* Another build may know other kernels: the object's own bytes. */
static uint64_t build_hash(void)
{
    Dl_info self;
    struct file_map map;
    uint64_t hash = 0;
    if (!dladdr((const void *)(uintptr_t)build_hash, &self) || !self.dli_fname)
        return 0;
    struct err e = file_map(self.dli_fname, &map);
    if (!e.code) {
        hash = XXH3_64bits(map.bytes, map.size);
        file_unmap(&map);
    }
    err_free(&e);
    return hash;
}

static char *make_key(const struct cuda_device *d, const char *libraries)
{
    struct text key = {0};
    const struct device_facts *f = &d->facts;
    text_add(&key, "%s|%s|sm_%d|%d SMs|driver %s|%s|build %016llx", f->name, *f->slice ? f->slice : "whole",
             f->capability, f->multiprocessors, *f->driver ? f->driver : "unknown", libraries,
             (unsigned long long)build_hash());
    return key.bytes;
}

/* A cache is a help, never a reason to fail. */
static void read_cache(struct choices *c)
{
    struct err e = plan_file_path(c->key, false, &c->path);
    if (!e.code)
        e = plan_file_read(c->path, c->key, &c->file);
    if (e.code && e.code != ERR_ABSENT)
        c->ignored = strdup(err_text(e));
    err_free(&e);
}

struct err choices_open(const struct backend_options *options, const struct cuda_device *device, const char *libraries,
                        struct choices **out)
{
    struct choices *c = calloc(1, sizeof *c);
    struct err e = OK;
    *out = NULL;
    if (!c)
        return err_fail("out of memory");
    c->options = options;
    c->pinned = options->plan_file != NULL;
    c->key = make_key(device, libraries);
    double seconds = options->tune_seconds < 0 ? DEFAULT_TUNE_SECONDS : options->tune_seconds;
    c->budget_ns = c->left_ns = (int64_t)(seconds * 1e9);
    if (!c->key)
        e = err_fail("out of memory");
    else if (c->pinned)
        e = err_wrap(plan_file_read(options->plan_file, c->key, &c->file), "--plan %s", options->plan_file);
    else if (!device->described)
        read_cache(c);
    if (!e.code && !c->file.key)
        e = plan_file_set_key(&c->file, c->key);
    if (!e.code)
        e = plan_file_set_key(&c->used, c->key);
    if (e.code == ERR_ABSENT)
        e.code = ERR_FAILED; /* a file that was named and is missing */
    if (e.code)
        choices_close(c);
    else
        *out = c;
    return e;
}

static struct err write_cache(struct choices *c)
{
    char *path;
    TRY(plan_file_path(c->key, true, &path));
    struct err e = plan_file_write(path, &c->file);
    free(path);
    return e;
}

struct err choices_keep(struct choices *c)
{
    if (c->changed && c->path && !c->pinned) {
        struct err e = write_cache(c);
        err_free(&e);
        c->changed = false;
    }
    const char *path = c->options->save_plan;
    return path ? err_wrap(plan_file_write(path, &c->used), "--save-plan %s", path) : OK;
}

void choices_close(struct choices *c)
{
    if (!c)
        return;
    plan_file_free(&c->file);
    plan_file_free(&c->used);
    free(c->path);
    free(c->key);
    free(c->ignored);
    free(c);
}

static int64_t now(void *context)
{
    (void)context;
    return clock_now_ns();
}

/* The first candidate that can be made. */
static struct err take_first(const struct candidates *set)
{
    struct err first = OK;
    for (int i = 0; i < set->count; i++) {
        struct err e = set->make(set->context, i);
        if (!e.code) {
            err_free(&first);
            return OK;
        }
        first = err_first(first, e);
    }
    return first.code ? first : err_fail("no library has an implementation");
}

static struct err choose_new(struct choices *c, const struct candidates *set)
{
    const int64_t begin = clock_now_ns(), share = c->budget_ns / LARGEST_SHARE;
    if (!set->can_be_timed || set->count < 2 || c->left_ns <= 0) {
        c->untried += set->count - 1;
        return take_first(set);
    }
    struct tune_job job = {.context = set->context,
                           .candidates = set->count,
                           .compiles = set->compiles,
                           .time = set->time,
                           .now = now,
                           .deadline = begin + (share < c->left_ns ? share : c->left_ns)};
    struct tune_result result;
    enum phase before = phase_enter(PHASE_tune);
    struct err e = tune(&job, &result);
    phase_return(before);
    c->left_ns -= clock_now_ns() - begin;
    if (e.code) { /* nothing could be timed, for want of memory perhaps: that is no reason not to run */
        err_free(&e);
        return take_first(set);
    }
    c->tried += result.tried;
    c->untried += result.untried;
    return set->make(set->context, result.chosen);
}

static struct err remember(struct choices *c, const char *signature, const struct candidates *set)
{
    char *choice = NULL, *detail = NULL;
    struct err e = set->tell(set->context, &choice, &detail);
    if (!e.code)
        e = plan_file_put(&c->file, signature, choice, detail);
    if (!e.code)
        e = plan_file_put(&c->used, signature, choice, detail);
    c->changed = true;
    c->chosen++;
    free(choice);
    free(detail);
    return e;
}

struct err choices_choose(struct choices *c, const char *signature, const struct candidates *set)
{
    const struct plan_entry *entry = plan_file_find(&c->file, signature);
    if (entry) {
        struct err e = set->recall(set->context, entry);
        c->known += !e.code;
        if (!e.code)
            return plan_file_put(&c->used, signature, entry->choice, entry->detail);
        if (c->pinned)
            return err_wrap(e, "--plan: %s", signature);
        err_free(&e); /* a library that does not take it back chooses anew */
    } else if (c->pinned)
        return err_fail("--plan %s holds no choice for \"%s\": it was saved for other graphs", c->options->plan_file,
                        signature);
    TRY(choose_new(c, set));
    return remember(c, signature, set);
}

void choices_describe(const struct choices *c, struct text *out)
{
    if (c->known + c->chosen == 0)
        return;
    text_add(out, ", choices: %d known%s, %d new", c->known, c->pinned ? " (pinned)" : "", c->chosen);
    if (c->tried)
        text_add(out, ", by timing %d candidates", c->tried);
    if (c->untried)
        text_add(out, "; %d candidates left untried", c->untried);
    if (c->ignored)
        text_add(out, "; the cache was not used: %s", c->ignored);
}
