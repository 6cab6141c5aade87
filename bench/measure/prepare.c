#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/measure.h"
#include "bench/measure/probe.h"
#include "bench/state/mapped.h"
#include "pipeline/base/file.h"
#include "pipeline/model/manifest.h"
#include "pipeline/weights/cache.h"

static struct err look_at(struct bench_run *run, struct variant_result *v)
{
    struct job *job = &run->result->job;
    struct probe p;
    struct err e = probe_variant(job, v->program, v->variant->name, run->progress, &p);
    v->mapped = p.mapped;
    if (e.code)
        return e;
    probe_tell(&p, job);
    return OK;
}

/* A variant that the machine lacks is a row with the reason; without any, that reason is the error. */
static struct err look_at_all(struct bench_run *run)
{
    struct bench_result *r = run->result;
    struct err absent = OK;
    int able = 0;
    for (int i = 0; i < r->variants; i++) {
        struct variant_result *v = &r->variant[i];
        struct err e = look_at(run, v);
        if (e.code && e.code != ERR_ABSENT) {
            err_free(&absent);
            return e;
        }
        able += !e.code;
        v->absent = e.code ? strdup(err_text(e)) : NULL;
        absent = err_first(absent, e);
    }
    if (!able)
        return absent;
    err_free(&absent);
    return OK;
}

static bool report_making(void *to, uint64_t done, uint64_t total)
{
    return progress_report(to, "make weights", done, total);
}

static struct err make_synthetic(struct bench_run *run)
{
    const struct job *job = &run->result->job;
    const struct model_config *config = model_config_find(job->workload.model);
    struct arena arena = {0};
    struct manifest m = manifest_make(config, &arena);
    struct checkpoint_rules rules = {config->text_width, config->text_heads, config->unet_heads};
    struct err e = weights_cache(config->name, job->options->weights_seed, m.spec, m.count, &rules,
                                 (struct weights_progress){report_making, run->progress}, &run->weights);
    arena_free(&arena);
    progress_clear(run->progress);
    return e;
}

/* Where a backend keeps its plans, and the driver what it compiled: CUDA's default. */
static struct err find_caches(struct bench_run *run)
{
    const char *plans = getenv(PLANS_VARIABLE), *jit = getenv(JIT_VARIABLE), *home = getenv("HOME");
    char *cache = NULL;
    if (plans && *plans)
        run->plan_folder = strdup(plans);
    else {
        TRY(file_cache_folder(&cache));
        if (asprintf(&run->plan_folder, "%s/plans", cache) < 0)
            run->plan_folder = NULL;
        free(cache);
    }
    if (jit && *jit)
        run->jit_folder = strdup(jit);
    else if (!home || asprintf(&run->jit_folder, "%s/.nv/ComputeCache", home) < 0)
        run->jit_folder = NULL;
    run->subject.plan_folder = run->plan_folder;
    run->subject.jit_folder = run->jit_folder;
    return OK;
}

/* States that tell nothing of their own here are left out, with the reason. Where plans are kept, a pass before those
 * that count is what makes them. */
static void fit_schedule(struct bench_run *run)
{
    struct bench_result *r = run->result;
    for (int i = 0; i < STATE_COUNT; i++)
        if (r->schedule.count[i] &&
            !state_applies(&state_rows[i], &run->subject, r->left_out[i], sizeof r->left_out[i]))
            r->schedule.count[i] = 0;
    if (run->subject.has_plan_cache && !r->schedule.burn_in)
        r->schedule.burn_in = 1;
}

struct err bench_find_files(struct bench_run *run)
{
    const struct job *job = &run->result->job;
    if (job->synthetic)
        TRY(make_synthetic(run));
    else if (!(run->weights = strdup(job->workload.model)))
        return err_fail("out of memory");
    run->subject.backend = job->backend;
    run->subject.is_pinned = job->options->plan;
    run->subject.has_jit_cache = job->keeps_plans;
    run->subject.has_plan_cache = job->keeps_plans && !job->options->plan;
    run->subject.scratch = run->folder->path;
    TRY(files_of_checkpoint(run->weights, &run->subject.weights));
    return job->keeps_plans ? find_caches(run) : OK;
}

/* This process's own files are listed before anything else: it opens no backend, and what it maps is never evicted. */
struct err bench_run_begin(struct bench_run *run)
{
    lock_open(&run->lock);
    driver_hold(&run->driver);
    return mapped_files(0, &run->subject.ignored);
}

struct err bench_prepare(struct bench_run *run)
{
    TRY(look_at_all(run));
    TRY(bench_find_files(run));
    TRY(bench_sense(run));
    fit_schedule(run);
    return OK;
}

struct err bench_sense(struct bench_run *run)
{
    struct bench_result *r = run->result;
    struct text known = {0}, unknown = {0};
    run->sensors = sensors_open(&(struct sensors_options){.device = r->job.sensed});
    sensors_describe(run->sensors, &known, &unknown);
    r->sensors_unknown = unknown.length ? strdup(text_get(&unknown)) : NULL;
    bool failed = unknown.length && !r->sensors_unknown;
    text_free(&known);
    text_free(&unknown);
    return failed ? err_fail("out of memory") : OK;
}

void bench_run_free(struct bench_run *run)
{
    sensors_close(run->sensors);
    run->sensors = NULL;
    file_list_free(&run->subject.weights);
    file_list_free(&run->subject.libraries);
    file_list_free(&run->subject.ignored);
    lock_close(&run->lock);
    driver_release(&run->driver);
    free(run->weights);
    free(run->plan_folder);
    free(run->jit_folder);
}
