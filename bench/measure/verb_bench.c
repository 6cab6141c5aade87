#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/measure.h"
#include "bench/measure/pictures.h"
#include "bench/measure/probe.h"
#include "bench/measure/records.h"
#include "bench/measure/sensors_json.h"
#include "bench/measure/table.h"
#include "bench/verbs.h"

static struct err set_up(const struct options *o, struct progress *p, struct bench_result *r)
{
    const struct variant *named[MAX_VARIANTS];
    *r = (struct bench_result){0};
    if (o->arguments)
        return err_fail("bench takes no argument, \"%.40s\" was given (sdbench bench --help)", o->argument[0]);
    TRY(job_make(o, o->workload || !probe_device(o, p) ? "quick" : "article", &r->job));
    TRY(schedule_make(o, &r->job.workload, &r->schedule));
    TRY(job_variants(o->variants ? o->variants : "all", named, &r->variants));
    for (int i = 0; i < r->variants; i++)
        r->variant[i].variant = named[i];
    if (o->save_plan && r->variants > 1)
        return err_fail("--save-plan: one file holds the choices of one variant (--variants NAME)");
    return OK;
}

static struct err print(const struct bench_result *r)
{
    if (!r->job.options->json)
        return table_print(r);
    cJSON *json = cJSON_CreateObject();
    struct err e = table_json(r, json);
    if (!e.code)
        return json_print(json);
    cJSON_Delete(json);
    return e;
}

/* Each sample is in the records once it was taken: whatever ends the run, what it measured stays. */
static struct err measure(struct bench_run *run)
{
    struct bench_result *r = run->result;
    struct run_folder *f = run->folder;
    cJSON *record = record_bench(f, r, run->weights, &run->driver);
    sensors_json_describe(record, run->sensors);
    TRY(run_folder_append(f, record));
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].absent)
            TRY(run_folder_append(f, record_plan(f, r, &r->variant[i])));
    TRY(bench_measure(run));
    TRY(pictures_compare(r, f));
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].error.known)
            TRY(run_folder_append(f, record_equivalence(f, r, &r->variant[i])));
    return OK;
}

static struct err run_in_folder(struct bench_run *run)
{
    struct err e = bench_run_begin(run);
    if (!e.code)
        e = bench_prepare(run);
    if (!e.code)
        e = measure(run);
    bench_run_free(run);
    if (e.code) {
        run_folder_fail(run->folder, e.code == ERR_CANCELLED ? RUN_CANCELLED : RUN_FAILED, err_text(e));
        return e;
    }
    return run_folder_end(run->folder, RUN_COMPLETE, run->result->stopped);
}

struct err verb_bench(const struct options *o)
{
    struct bench_result r;
    struct run_folder folder = {0};
    struct progress progress;
    struct bench_run run = {.result = &r, .folder = &folder, .progress = &progress, .lock = {.fd = -1}};
    progress_open(&progress, o->quiet, 0);
    struct err e = set_up(o, &progress, &r);
    if (!e.code)
        e = run_folder_open(o->out, r.job.workload.name, &folder);
    if (!e.code) {
        snprintf(r.folder, sizeof r.folder, "%s", folder.path);
        e = run_in_folder(&run);
    }
    if (!e.code)
        e = print(&r);
    if (!e.code)
        e = table_verdict(&r);
    run_folder_close(&folder);
    bench_result_free(&r);
    return e;
}
