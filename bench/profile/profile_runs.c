/* The processes of a profile: each is for one purpose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/sensors_json.h"
#include "bench/measure/validity.h"
#include "bench/profile/profiling.h"

static struct err run_timing(struct profiling *p, struct variant_result *v)
{
    char then[SERIES_TEXT + 8];
    schedule_series(&p->result.schedule, 0, then);
    strcat(then, ",roofs");
    return bench_measure_process(&p->run, v, STATE_C2, 0, then);
}

/* Of a traced process. Its samples are no measurement of the variant. */
struct tracing {
    struct profiling *profiling;
    struct variant_result *v;
};

static struct err ignore_sample(void *context, struct sample *s)
{
    (void)context, (void)s;
    return OK;
}

static void take_pipeline(void *context, const struct pipeline_facts *f)
{
    struct tracing *t = context;
    t->v->facts = *f;
    t->v->told = true;
}

static struct err take_traced(void *context, const cJSON *record)
{
    struct tracing *t = context;
    return profiling_take(t->profiling, t->v, record);
}

/* A process whose reports are a profile's; its trace goes to a file of that name, unless NULL. */
static struct err run_process(struct profiling *p, struct variant_result *v, const char *then, const char *trace_name)
{
    const struct job *job = &p->result.job;
    struct tracing tracing = {p, v};
    char *file = trace_name ? run_folder_file(&p->folder, trace_name) : NULL;
    const struct process process = {.job = job,
                                    .variant = v->variant->name,
                                    .then = then,
                                    .folder = p->folder.path,
                                    .plan = job->options->plan,
                                    .watched = true,
                                    .trace = !trace_name      ? NULL
                                             : job->on_device ? "cupti"
                                                              : "clock",
                                    .trace_file = file};
    const struct process_listener listener = {.progress = &p->progress,
                                              .context = &tracing,
                                              .sample = ignore_sample,
                                              .pipeline = take_pipeline,
                                              .profile = take_traced};
    p->progress.label = v->variant->name;
    sensors_run_begins(p->run.sensors);
    struct err e =
        file || !trace_name ? process_run(&process, &state_rows[STATE_C2], &listener) : err_fail("out of memory");
    sensors_run_ended(p->run.sensors);
    p->progress.label = NULL;
    free(file);
    return e;
}

/* Whatever held the device back while it was traced made its times others than they are. */
static void add_sensed(struct profiling *p)
{
    cJSON *summary = p->now->summary;
    char reason[256];
    const struct sensor_summary sensed = sensors_window(p->run.sensors, (int64_t)json_number(summary, "begin_ns"),
                                                        (int64_t)json_number(summary, "end_ns"));
    sensors_json_add(summary, &sensed);
    if (validity_of_device(&sensed, reason) || strcmp(json_string(summary, "validity"), "valid"))
        return;
    cJSON_ReplaceItemInObjectCaseSensitive(summary, "validity", cJSON_CreateString("invalid"));
    cJSON_AddStringToObject(summary, "reason", reason);
}

static struct err run_traced(struct profiling *p, struct variant_result *v)
{
    char then[SERIES_TEXT], name[128];
    snprintf(then, sizeof then, "T:%d", p->repetitions);
    snprintf(name, sizeof name, "trace-%s.json.gz", v->variant->name);
    TRY(run_process(p, v, then, name));
    if (!p->now->summary)
        return err_fail("the traced process told nothing");
    cJSON_AddStringToObject(p->now->summary, "trace", name);
    add_sensed(p);
    return OK;
}

/* Only a device has counters of its own. */
static struct err run_counted(struct profiling *p, struct variant_result *v)
{
    return p->result.job.on_device ? run_process(p, v, "M", NULL) : OK;
}

struct err (*const profile_runs[PROFILE_RUNS])(struct profiling *p, struct variant_result *v) = {
    [PROFILE_timing] = run_timing, [PROFILE_trace] = run_traced, [PROFILE_metrics] = run_counted};
