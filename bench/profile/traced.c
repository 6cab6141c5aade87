#include "bench/profile/traced.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/generation.h"
#include "bench/generate/report.h"
#include "bench/json.h"
#include "bench/profile/trace_file.h"
#include "bench/profile/trace_json.h"
#include "pipeline/base/clock.h"
#include "pipeline/runtime/backend.h"
#include "profiler/find.h"
#include "profiler/sensors/sensors.h"
#include "profiler/trace/tracer.h"

enum { MOST_REPETITIONS = 1000 };

struct traced {
    const struct options *o;
    const struct trace_source *source; /* NULL: the host's clock */
    struct tracer *tracer;
    struct sensors *sensors; /* for the tracks of the trace; the timing run's are its parent's */
    int64_t untraced_ns[MOST_REPETITIONS];
    int untraced;
    bool warm;
};

struct err traced_open(const struct options *o, struct traced **out)
{
    *out = NULL;
    if (!o->trace)
        return OK;
    struct traced *t = calloc(1, sizeof *t);
    if (!t)
        return err_fail("out of memory for a trace");
    t->o = o;
    struct err e = strcmp(o->trace, "clock") ? trace_source_find(o->trace, &t->source) : OK;
    if (!e.code)
        e = tracer_open(t->source, &t->tracer);
    if (e.code) {
        traced_close(t);
        return e;
    }
    *out = t;
    return OK;
}

void traced_close(struct traced *t)
{
    if (!t)
        return;
    sensors_close(t->sensors);
    tracer_close(t->tracer);
    free(t);
}

static struct err run_untraced(struct traced *t, struct generation *g)
{
    if (t->source || t->untraced == MOST_REPETITIONS)
        return OK;
    tracer_pause(t->tracer, true);
    const int64_t begin_ns = clock_now_ns();
    struct err e = generation_run(g, false);
    t->untraced_ns[t->untraced++] = clock_now_ns() - begin_ns;
    tracer_pause(t->tracer, false);
    return e;
}

static struct err begin(struct traced *t, struct generation *g)
{
    struct device_facts facts;
    const bool on_device = sd_device(g->sd, &facts);
    t->sensors = sensors_open(&(struct sensors_options){.device = on_device ? facts.bus : NULL});
    return generation_run(g, false);
}

struct err traced_run(struct traced *t, struct generation *g)
{
    if (!t)
        return err_fail("--then T: nothing is traced without --trace");
    if (!t->warm)
        TRY(begin(t, g));
    t->warm = true;
    TRY(run_untraced(t, g));
    tracer_repetition(t->tracer, true);
    struct err e = generation_run(g, false);
    tracer_repetition(t->tracer, false);
    return e;
}

static struct err send(const struct traced *t, cJSON *record)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddItemToObject(line, "profile", record);
    return report_send(t->o->phases, line);
}

/* The device's limits are the driver's to tell; without them occupancy is not known. */
static struct occupancy_source find_occupancy(const struct trace *trace)
{
    struct occupancy_source o = {0};
    struct err e = trace->device < 0 ? err_make(ERR_ABSENT, "no device") : occupancy_calculator_find(&o.calculator);
    if (!e.code)
        e = o.calculator->device(trace->device, &o.device);
    if (e.code)
        o.calculator = NULL;
    err_free(&e);
    return o;
}

static struct err send_rows(const struct traced *t, const struct trace *trace)
{
    const struct occupancy_source occupancy = find_occupancy(trace);
    struct trace_rows rows;
    struct err e = trace_rows_make(trace, &rows);
    for (int32_t i = 0; i < rows.rows && !e.code; i++)
        e = send(t, kernel_json(trace, &rows.row[i], &occupancy));
    for (int32_t i = 0; i < rows.steps && !e.code; i++)
        e = send(t, step_json(trace, &rows.step[i]));
    trace_rows_free(&rows);
    return e;
}

static struct err send_host(const struct traced *t, const struct trace *trace)
{
    struct trace_host_row *row;
    int32_t rows;
    struct err e = trace_host_rows_make(trace, &row, &rows);
    for (int32_t i = 0; i < rows && !e.code; i++)
        e = send(t, host_json(trace, &row[i]));
    free(row);
    return e;
}

/* The first reason for which the trace is not to be believed stays in `reason`; "" where there is none. */
static struct err send_accounts(const struct traced *t, const struct trace *trace, char reason[256])
{
    bool same;
    TRY(account_compare_repetitions(trace, &same, reason));
    if (same)
        TRY(account_compare_recordings(trace, &same, reason));
    for (int32_t r = 0; r < trace->repetitions; r++) {
        struct account a;
        TRY(account_make(trace, r, &a));
        if (!a.valid && !*reason)
            snprintf(reason, 256, "repetition %d: %.230s", r, a.reason);
        TRY(send(t, account_json(trace, r, &a)));
    }
    return OK;
}

static int64_t launches_of(const struct trace *trace)
{
    int64_t launches = 0;
    for (int32_t i = 0; i < trace->runs; i++)
        if (trace->run[i].repetition == 0 && trace->run[i].how == RUN_LAUNCHED)
            for (int32_t k = 0, p = trace->run[i].plan; k < trace->plan[p].launches; k++)
                launches += trace->launch[trace->plan[p].first_launch + k].stage == trace->run[i].stage;
    return launches;
}

static struct err send_summary(const struct traced *t, struct generation *g, const struct trace *trace,
                               const char *reason)
{
    struct text description = {0};
    double launch_ns = 0;
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "profile");
    cJSON_AddStringToObject(record, "source", t->source ? t->source->name : "host clock");
    tracer_describe(t->tracer, &description);
    cJSON_AddStringToObject(record, "source_description", text_get(&description));
    text_free(&description);
    cJSON_AddNumberToObject(record, "repetitions", trace->repetitions);
    if (trace->repetitions) {
        json_add_count(record, "begin_ns", (uint64_t)trace->repetition[0].begin_ns);
        json_add_count(record, "end_ns", (uint64_t)trace->repetition[trace->repetitions - 1].end_ns);
    }
    cJSON *traced = cJSON_AddArrayToObject(record, "traced_ns"), *untraced = cJSON_CreateArray();
    for (int32_t r = 0; r < trace->repetitions; r++)
        cJSON_AddItemToArray(traced,
                             json_count((uint64_t)(trace->repetition[r].end_ns - trace->repetition[r].begin_ns)));
    for (int i = 0; i < t->untraced; i++)
        cJSON_AddItemToArray(untraced, json_count((uint64_t)t->untraced_ns[i]));
    cJSON_AddItemToObject(record, "timing_ns", untraced);
    cJSON_AddNumberToObject(record, "launches", (double)launches_of(trace));
    struct err e = t->source ? OK : tracer_launch_cost(&launch_ns);
    if (launch_ns > 0)
        cJSON_AddNumberToObject(record, "callback_ns", launch_ns);
    report_hashes(record, &g->images);
    cJSON_AddStringToObject(record, "validity", *reason ? "invalid" : "valid");
    if (*reason)
        cJSON_AddStringToObject(record, "reason", reason);
    return err_first(e, send(t, record));
}

struct err traced_report(struct traced *t, struct generation *g)
{
    char reason[256] = "";
    TRY(tracer_finish(t->tracer));
    const struct trace *trace = tracer_trace(t->tracer);
    TRY(send_rows(t, trace));
    TRY(send_host(t, trace));
    TRY(send_accounts(t, trace, reason));
    if (t->o->trace_file)
        TRY(trace_file_write(g, trace, t->sensors));
    return send_summary(t, g, trace, reason);
}
