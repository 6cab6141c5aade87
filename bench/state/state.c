#include "bench/state/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/state/folder.h"
#include "bench/state/residency.h"

/* The first reason stays. */
__attribute__((format(printf, 2, 3))) static void miss(struct state_evidence *e, const char *format, ...)
{
    va_list list;
    if (!e->reached)
        return;
    va_start(list, format);
    vsnprintf(e->reason, sizeof e->reason, format, list);
    va_end(list);
    e->reached = false;
}

enum { ATTEMPTS = 3 };

/* What a state asks of the disk: how it is reached, when it holds, and which file is to blame where it does not. */
static bool is_evicted(double share)
{
    return share < EVICTED_LIMIT;
}

static bool is_resident(double share)
{
    return share >= RESIDENT_LIMIT;
}

static struct err look(const struct file_list *files, struct progress *progress, struct residency *after)
{
    (void)progress;
    *after = residency_of(files);
    return OK;
}

static const struct {
    struct err (*reach)(const struct file_list *files, struct progress *progress, struct residency *after);
    bool (*holds)(double share); /* NULL: any share will do, also one that is not known */
    const char *means;
} disks[] = {
    [DISK_ANY] = {look, NULL, ""},
    [DISK_EVICTED] = {residency_evict, is_evicted, "evicted means below 1 %"},
    [DISK_RESIDENT] = {residency_load, is_resident, "resident means at least 99 %"},
};

static void judge(enum state_disk disk, const char *which, const struct residency *r, struct state_evidence *e)
{
    char why[192] = "";
    const char *file = disk == DISK_EVICTED ? r->most : r->least;
    double share = disk == DISK_EVICTED ? r->most_share : r->least_share;
    if (!disks[disk].holds || !e->reached)
        return;
    if (*r->reason) {
        miss(e, "%s: %s", which, r->reason);
    } else if (r->pages && !disks[disk].holds(r->share)) {
        if (disk == DISK_EVICTED)
            residency_why(file, why, sizeof why);
        miss(e, "%s are %.1f %% in the page cache (%s): %s (%.1f %%)%s", which, 100 * r->share, disks[disk].means,
             file_base_name(file), 100 * share, *why ? why : " was pushed out again; is memory short?");
    }
}

static bool both_hold(enum state_disk disk, const struct residency *a, const struct residency *b)
{
    bool (*holds)(double share) = disks[disk].holds;
    return !holds || ((!a->pages || holds(a->share)) && (!b->pages || holds(b->share)));
}

/* Both lists are brought there, then both are looked at, and again where one did not last: reading the one may push out
 * the other, and a kernel takes back what nobody used for a while. */
static struct err prepare_disk(const struct state_row *row, const struct state_subject *what, struct progress *progress,
                               struct state_evidence *e)
{
    struct residency libraries, weights;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        TRY(disks[row->disk].reach(&what->weights, progress, &weights));
        TRY(disks[row->disk].reach(&what->libraries, progress, &libraries));
        weights = residency_of(&what->weights);
        if (both_hold(row->disk, &libraries, &weights))
            break;
    }
    e->weights_resident = weights.share;
    e->libraries_resident = libraries.share;
    judge(row->disk, "weights", &weights, e);
    judge(row->disk, "libraries", &libraries, e);
    return OK;
}

/* One cache on disk: a fresh empty folder, the warm one, or wherever it usually is. */
struct cache {
    const char *variable, *warm;
    bool there, empty;
};

static struct cache plan_cache(const struct state_row *row, const struct state_subject *what)
{
    return (struct cache){PLANS_VARIABLE, what->plan_folder, what->has_plan_cache, row->plans == PLANS_ABSENT};
}

static struct cache jit_cache(const struct state_row *row, const struct state_subject *what)
{
    return (struct cache){JIT_VARIABLE, what->jit_folder, what->has_jit_cache, row->jit == JIT_EMPTY};
}

static struct err prepare_cache(struct cache c, const char *scratch, struct state_environment *env)
{
    if (!c.there)
        return OK;
    if (c.empty)
        return state_environment_set_empty(env, c.variable, scratch);
    return c.warm ? state_environment_set(env, c.variable, c.warm) : OK;
}

static struct folder_mark mark_of(const struct state_environment *env, const char *variable)
{
    const char *folder = state_environment_get(env, variable);
    return folder ? folder_mark(folder) : (struct folder_mark){.files = -1};
}

/* The driver keeps no code where everything was compiled for this GPU already: an empty cache can be a warm one. */
static struct err prepare_caches(const struct state_row *row, const struct state_subject *what,
                                 struct state_evidence *e, struct state_environment *env)
{
    TRY(prepare_cache(plan_cache(row, what), what->scratch, env));
    TRY(prepare_cache(jit_cache(row, what), what->scratch, env));
    struct folder_mark plans = mark_of(env, PLANS_VARIABLE);
    e->plan_files = plans.files;
    e->plan_hash = plans.hash;
    e->jit_files = mark_of(env, JIT_VARIABLE).files;
    if (what->has_plan_cache && row->plans == PLANS_PRESENT && plans.files <= 0)
        miss(e, plans.files ? "whether backend %s keeps plans already cannot be seen" : "backend %s keeps no plans yet",
             what->backend);
    return OK;
}

struct err state_prepare(const struct state_row *row, const struct state_subject *what, struct progress *progress,
                         struct state_evidence *evidence, struct state_environment *env)
{
    *evidence = (struct state_evidence){
        .weights_resident = -1, .libraries_resident = -1, .plan_files = -1, .jit_files = -1, .reached = true};
    *env = (struct state_environment){0};
    struct err e = prepare_caches(row, what, evidence, env);
    if (!e.code)
        e = prepare_disk(row, what, progress, evidence);
    if (e.code)
        state_environment_end(env);
    return err_wrap(e, "state %s", row->name);
}

static void check_mapped(const struct state_subject *what, const struct file_list *mapped, struct state_evidence *e)
{
    for (size_t i = 0; i < mapped->count; i++) {
        const char *path = mapped->path[i];
        if (!file_list_has(&what->weights, path) && !file_list_has(&what->libraries, path) &&
            !file_list_has(&what->ignored, path))
            miss(e, "the process also mapped %s, which was not evicted before", file_base_name(path));
    }
}

void state_check_after(const struct state_row *row, const struct state_subject *what,
                       const struct state_environment *env, const struct file_list *mapped,
                       struct state_evidence *evidence)
{
    struct folder_mark plans = mark_of(env, PLANS_VARIABLE), jit = mark_of(env, JIT_VARIABLE);
    if (row->disk == DISK_EVICTED)
        check_mapped(what, mapped, evidence);
    if (row->plans == PLANS_PRESENT && evidence->plan_files >= 0 &&
        (plans.files != evidence->plan_files || plans.hash != evidence->plan_hash))
        miss(evidence, "the plan cache was not warm: the process wrote plans (%d files before, %d after)",
             evidence->plan_files, plans.files);
    if (row->jit == JIT_WARM && evidence->jit_files >= 0 && jit.files > evidence->jit_files)
        miss(evidence, "the JIT cache was not warm: the driver compiled code (%d files before, %d after)",
             evidence->jit_files, jit.files);
}

bool state_applies(const struct state_row *row, const struct state_subject *what, char *reason, size_t size)
{
    *reason = 0;
    for (const struct state_row *other = state_rows; other != row && other->name && !row->live; other++) {
        bool plans = other->plans != row->plans, jit = other->jit != row->jit;
        if (other->live || other->disk != row->disk || (plans && what->has_plan_cache) || (jit && what->has_jit_cache))
            continue;
        snprintf(reason, size, "the same as %s: backend %s %s", other->name, what->backend,
                 plans && what->is_pinned ? "has pinned choices"
                 : plans && jit           ? "keeps no plans and no compiled code"
                 : plans                  ? "keeps no plans"
                                          : "keeps no compiled code");
        return false;
    }
    return true;
}
