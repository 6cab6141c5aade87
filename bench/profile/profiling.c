#include "bench/profile/profiling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/probe.h"
#include "bench/measure/records.h"
#include "bench/profile/overhead.h"
#include "bench/record/variables.h"
#include "pipeline/base/name.h"
#include "profiler/roof/chips.h"

static const char *const run_names[PROFILE_RUNS + 1] = {"timing", "trace", "metrics", NULL};

static struct err choose_runs(const char *list, bool does[PROFILE_RUNS])
{
    for (int i = 0; i < PROFILE_RUNS; i++)
        does[i] = !list;
    char *copy = strdup(list ? list : ""), *rest = copy;
    struct err e = copy ? OK : err_fail("out of memory");
    for (char *name; !e.code && list && (name = strsep(&rest, ","));) {
        size_t run = 0;
        e = err_wrap(name_find("run", name, run_names, &run), "--runs");
        if (!e.code)
            does[run] = true;
    }
    free(copy);
    return e;
}

struct err profiling_make(const struct options *o, struct profiling *p)
{
    const struct variant *named[MAX_VARIANTS];
    struct bench_result *r = &p->result;
    *p = (struct profiling){.repetitions = o->repetitions ? o->repetitions : 3};
    p->run = (struct bench_run){.result = r, .folder = &p->folder, .progress = &p->progress, .lock = {.fd = -1}};
    progress_open(&p->progress, o->quiet, 0);
    if (o->arguments)
        return err_fail("profile takes no argument, \"%.40s\" was given (sdbench profile --help)", o->argument[0]);
    TRY(choose_runs(o->runs, p->does));
    TRY(job_make(o, o->workload || !probe_device(o, &p->progress) ? "quick" : "article", &r->job));
    TRY(job_variants(o->variants ? o->variants : "all", named, &r->variants));
    for (int i = 0; i < r->variants; i++)
        r->variant[i].variant = named[i];
    if (o->save_plan && r->variants > 1)
        return err_fail("--save-plan: one file holds the choices of one variant (--variants NAME)");
    r->schedule = (struct schedule){.settle = r->job.workload.settle};
    r->schedule.count[STATE_C2] = p->does[PROFILE_timing];
    r->schedule.count[STATE_W1] = p->does[PROFILE_timing] ? p->repetitions : 0;
    return OK;
}

/* With the fields that all records have; the child's own are moved. */
static cJSON *whole_record(struct profiling *p, const struct variant_result *v, const cJSON *reported)
{
    cJSON *record = record_of(&p->folder, &p->result.job, json_string(reported, "kind"), v->variant->name, &v->facts);
    const cJSON *field;
    cJSON_ArrayForEach(field, reported) if (strcmp(field->string, "kind"))
        cJSON_AddItemToObject(record, field->string, cJSON_Duplicate(field, true));
    return record;
}

/* What the device could do in theory, at the clock that its timed runs had. Copies: its memory's bus is not known. */
static void add_theory(cJSON *record, const struct variant_result *v)
{
    const double clock_hz = sensed_clock_hz(&v->sensed);
    const bool product = !strcmp(json_string(record, "what"), "product"), tf32 = strstr(v->variant->name, "+tf32");
    if (!*v->facts.device.name || !isfinite(clock_hz) || !product)
        return;
    for (enum dtype d = 0; d < DTYPE_COUNT; d++) {
        const double rate = chip_product_rate(&v->facts.device, d, tf32, clock_hz);
        if (!strcmp(json_string(record, "dtype"), dtypes[d].name) && rate > 0) {
            cJSON_AddNumberToObject(record, "theoretical_rate", rate);
            cJSON_AddNumberToObject(record, "clock_hz", clock_hz);
        }
    }
}

static struct err keep_record(struct profiling *p, cJSON *record)
{
    struct err e = profile_take(&p->now->profile, record);
    if (e.code) {
        cJSON_Delete(record);
        return e;
    }
    return run_folder_append(&p->folder, record);
}

/* The summary waits for what all the processes told. */
struct err profiling_take(void *context, struct variant_result *v, const cJSON *reported)
{
    struct profiling *p = context;
    cJSON *record = whole_record(p, v, reported);
    if (!strcmp(json_string(reported, "kind"), "roof"))
        add_theory(record, v);
    if (strcmp(json_string(reported, "kind"), "profile"))
        return keep_record(p, record);
    cJSON_Delete(p->now->summary);
    p->now->summary = record;
    p->now->has_profile = true;
    return OK;
}

/* For whoever reads the folder later. */
static struct err record_not_traced(struct profiling *p, const struct variant_result *v, const char *reason)
{
    struct text plain = {0};
    cJSON *record = record_of(&p->folder, &p->result.job, "profile", v->variant->name, &v->facts);
    words_redact(reason, " ", &plain);
    cJSON_AddStringToObject(record, "validity", "invalid");
    cJSON_AddStringToObject(record, "reason", text_get(&plain));
    text_free(&plain);
    return run_folder_append(&p->folder, record);
}

/* What a machine lacks for one of the runs, or what makes one of them worthless, does not end the others. */
static struct err do_run(struct profiling *p, struct variant_result *v, enum profile_run run)
{
    if (!p->does[run] || v->absent)
        return OK;
    struct err e = profile_runs[run](p, v);
    if (e.code != ERR_ABSENT && (e.code != ERR_INVALID || run == PROFILE_timing))
        return e;
    progress_clear(&p->progress);
    if (!p->result.job.options->quiet)
        fprintf(stderr, "%s: no %s: %s\n", v->variant->name, run_names[run], err_text(e));
    p->now->not_done[run] = strdup(err_text(e));
    struct err kept = run == PROFILE_trace ? record_not_traced(p, v, err_text(e)) : OK;
    err_free(&e);
    return kept;
}

/* The untraced times of a source's trace are another process's; the host's clock has its own. */
static struct err end_variant(struct profiling *p, struct variant_result *v)
{
    struct variant_profile *now = p->now;
    if (now->summary) {
        cJSON *summary = now->summary;
        now->summary = NULL;
        overhead_add(summary, v);
        TRY(keep_record(p, summary));
    }
    return profile_finish(&now->profile);
}

static struct err profile_variant(struct profiling *p, int i)
{
    struct variant_result *v = &p->result.variant[i];
    p->now = &p->variant[i];
    for (enum profile_run run = 0; run < PROFILE_RUNS; run++)
        TRY(do_run(p, v, run));
    return end_variant(p, v);
}

static struct err profile_all(struct profiling *p)
{
    struct bench_result *r = &p->result;
    TRY(run_folder_append(&p->folder, record_bench(&p->folder, r, p->run.weights, &p->run.driver)));
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].absent)
            TRY(run_folder_append(&p->folder, record_plan(&p->folder, r, &r->variant[i])));
        else
            TRY(profile_variant(p, i));
    return OK;
}

static struct err share_roofs(struct profiling *p)
{
    struct profile *all[MAX_VARIANTS];
    for (int i = 0; i < p->result.variants; i++)
        all[i] = &p->variant[i].profile;
    return profiles_share_roofs(all, p->result.variants);
}

static struct err run_in_folder(struct profiling *p)
{
    p->run.profile = profiling_take;
    p->run.profile_context = p;
    struct err e = bench_run_begin(&p->run);
    if (!e.code)
        e = bench_prepare(&p->run);
    if (!e.code)
        e = profile_all(p);
    if (!e.code)
        e = share_roofs(p);
    bench_run_free(&p->run);
    return e;
}

struct err profiling_run(struct profiling *p)
{
    struct bench_result *r = &p->result;
    TRY(run_folder_open(r->job.options->out, r->job.workload.name, &p->folder));
    snprintf(r->folder, sizeof r->folder, "%s", p->folder.path);
    struct err e = run_in_folder(p);
    if (!e.code)
        return run_folder_end(&p->folder, RUN_COMPLETE, NULL);
    run_folder_fail(&p->folder, e.code == ERR_CANCELLED ? RUN_CANCELLED : RUN_FAILED, err_text(e));
    return e;
}

void profiling_free(struct profiling *p)
{
    for (int i = 0; i < MAX_VARIANTS; i++) {
        profile_free(&p->variant[i].profile);
        cJSON_Delete(p->variant[i].summary);
        for (int k = 0; k < PROFILE_RUNS; k++)
            free(p->variant[i].not_done[k]);
    }
    run_folder_close(&p->folder);
    bench_result_free(&p->result);
}
