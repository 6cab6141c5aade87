#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/device.h"
#include "bench/json.h"
#include "bench/machine.h"
#include "bench/measure/compare.h"
#include "bench/measure/measure.h"
#include "bench/measure/record.h"
#include "bench/measure/table.h"
#include "bench/verbs.h"
#include "pipeline/base/file.h"

static struct err add_variant(struct bench_result *r, const char *name)
{
    const struct variant *found;
    TRY(err_wrap(variant_find(name, &found), "--variants"));
    for (int i = 0; i < r->variants; i++)
        if (r->variant[i].variant == found)
            return err_fail("--variants %s: names %s twice", r->options->variants, name);
    if (r->variants == MAX_VARIANTS)
        return err_fail("--variants %s: more than %d", r->options->variants, MAX_VARIANTS);
    r->variant[r->variants++].variant = found;
    return OK;
}

/* "standard,mixed", or "all": those of the article's table in IEEE arithmetic. */
static struct err add_variants(struct bench_result *r, const char *list)
{
    if (!strcmp(list, "all")) {
        for (size_t i = 0; variants[i].name; i++)
            if (!variants[i].tf32)
                TRY(add_variant(r, variants[i].name));
        return OK;
    }
    char *copy = strdup(list), *rest = copy;
    struct err e = copy ? OK : err_fail("out of memory");
    for (char *name; !e.code && (name = strsep(&rest, ","));)
        e = add_variant(r, name);
    free(copy);
    return e;
}

/* The run's name is the time at which it began, and the folder's too where none is given: a new one each time. */
static struct err name_run(struct bench_result *r)
{
    char now[32];
    time_t seconds = time(NULL);
    struct tm utc;
    strftime(now, sizeof now, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
    snprintf(r->run, sizeof r->run, "%s-%s", now, r->workload.name);
    if (!r->options->out) {
        snprintf(r->folder, sizeof r->folder, "build/results/%s", r->run);
        for (int i = 2; file_exists(r->folder); i++)
            snprintf(r->folder, sizeof r->folder, "build/results/%s-%d", r->run, i);
        return OK;
    }
    return snprintf(r->folder, sizeof r->folder, "%s", r->options->out) < (int)sizeof r->folder
               ? OK
               : err_fail("--out: the name of the folder is too long");
}

static struct err set_up(const struct options *o, struct bench_result *r)
{
    *r = (struct bench_result){.options = o, .warm_samples = o->samples ? o->samples : 3};
    if (o->arguments)
        return err_fail("bench takes no argument, \"%.40s\" was given (sdbench bench --help)", o->argument[0]);
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &r->preset));
    TRY(workload_from_options(o, o->workload || !device_answers(o) ? "quick" : "article", &r->workload));
    TRY(add_variants(r, o->variants ? o->variants : "all"));
    if (o->save_plan && r->variants > 1)
        return err_fail("--save-plan: one file holds the choices of one variant (--variants NAME)");
    r->batch = o->batch && o->batch < r->workload.images ? o->batch : r->workload.images;
    r->threads = o->threads ? o->threads : machine_describe().cores;
    return name_run(r);
}

static struct err write_records(const struct bench_result *r, const struct staging *s)
{
    char *path = staging_path(s, "records.jsonl");
    struct err e = path ? records_write(r, path) : err_fail("out of memory");
    free(path);
    return e;
}

static struct err print(const struct bench_result *r)
{
    if (!r->options->json)
        return table_print(r);
    cJSON *json = cJSON_CreateObject();
    struct err e = table_json(r, json);
    if (!e.code)
        return json_print(json);
    cJSON_Delete(json);
    return e;
}

struct err verb_bench(const struct options *o)
{
    struct bench_result r;
    struct staging staging = {0};
    struct progress progress;
    struct err e = set_up(o, &r);
    progress_open(&progress, o->quiet, 0);
    if (!e.code)
        e = staging_open(r.folder, &staging);
    if (!e.code)
        e = measure_prepare(&r, &progress);
    if (!e.code)
        e = measure_run(&r, &staging, &progress);
    if (!e.code)
        e = compare_variants(&r, &staging);
    if (!e.code)
        e = write_records(&r, &staging);
    if (!e.code)
        e = staging_commit(&staging);
    if (!e.code)
        e = print(&r);
    staging_abandon(&staging);
    bench_result_free(&r);
    return e;
}
