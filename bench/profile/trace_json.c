#include "bench/profile/trace_json.h"

#include <stdlib.h>

#include "bench/json.h"
#include "pipeline/base/dtype.h"
#include "profiler/layers/classes.h"
#include "profiler/layers/paths.h"

static void add_times(cJSON *record, const char *name, const int64_t *ns, int32_t n)
{
    cJSON *list = cJSON_AddArrayToObject(record, name);
    for (int32_t i = 0; i < n; i++)
        cJSON_AddItemToArray(list, json_count((uint64_t)ns[i]));
}

static void add_three(cJSON *record, const char *name, const uint32_t size[3])
{
    cJSON *list = cJSON_AddArrayToObject(record, name);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(size[i]));
}

static void add_shape(cJSON *record, const struct kernel_shape *s)
{
    add_three(record, "grid", s->grid);
    add_three(record, "block_threads", s->block);
    if (s->cluster[0])
        add_three(record, "cluster", s->cluster);
    cJSON_AddNumberToObject(record, "registers", s->registers);
    cJSON_AddNumberToObject(record, "shared_static_bytes", s->shared_static);
    cJSON_AddNumberToObject(record, "shared_dynamic_bytes", s->shared_dynamic);
    cJSON_AddNumberToObject(record, "local_bytes", s->local);
}

/* A shape that the calculator does not take is one without occupancy. */
static void add_occupancy(cJSON *record, const struct kernel_shape *s, const struct occupancy_source *source)
{
    struct occupancy o;
    if (!source->calculator)
        return;
    struct err e = source->calculator->of(s, &source->device, &o);
    if (!e.code) {
        cJSON_AddNumberToObject(record, "waves", o.waves);
        cJSON_AddNumberToObject(record, "occupancy_share", o.share);
        cJSON_AddStringToObject(record, "occupancy_limiter", o.limiter);
    }
    err_free(&e);
}

static void add_launch(cJSON *record, const struct trace *t, int32_t launch)
{
    const struct traced_launch *l = &t->launch[launch];
    const struct traced_plan *p = &t->plan[l->plan];
    char block[LAYER_BLOCK];
    cJSON_AddStringToObject(record, "plan", t->text[p->name]);
    cJSON_AddStringToObject(record, "stage", stage_names[l->stage]);
    cJSON_AddNumberToObject(record, "launch", l->index);
    cJSON_AddStringToObject(record, "op", ops[l->op].name);
    cJSON_AddStringToObject(record, "block", l->paths ? layer_block(t->text[l->path[0]], block) : "");
    cJSON *paths = cJSON_AddArrayToObject(record, "path");
    for (int32_t i = 0; i < l->paths; i++)
        cJSON_AddItemToArray(paths, cJSON_CreateString(t->text[l->path[i]]));
    cJSON_AddStringToObject(record, "dtype", dtypes[l->dtype].name);
    cJSON_AddStringToObject(record, "implementation", t->text[l->implementation]);
}

/* The launch's cost, of one call, stands where most of its time is. */
static void add_cost(cJSON *record, const struct cost *c)
{
    cJSON_AddNumberToObject(record, "product_flop", c->product_flop);
    cJSON_AddNumberToObject(record, "other_flop", c->other_flop);
    cJSON_AddNumberToObject(record, "model_bytes", c->bytes);
}

static int by_value(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t median_gap(const struct trace_row *row)
{
    int64_t *copy = malloc((size_t)row->calls * sizeof *copy + 1), median = 0;
    for (int32_t i = 0; copy && i < row->calls; i++)
        copy[i] = row->gap_ns[i];
    if (copy && row->calls) {
        qsort(copy, (size_t)row->calls, sizeof *copy, by_value);
        median = copy[row->calls / 2];
    }
    free(copy);
    return median;
}

cJSON *kernel_json(const struct trace *t, const struct trace_row *row, const struct occupancy_source *occupancy)
{
    cJSON *record = cJSON_CreateObject();
    const int repetitions = t->repetitions ? t->repetitions : 1;
    cJSON_AddStringToObject(record, "kind", "kernel");
    cJSON_AddStringToObject(record, "activity", activity_rows[row->kind].name);
    if (row->launch >= 0)
        add_launch(record, t, row->launch);
    cJSON_AddStringToObject(record, "class", layer_classes[layer_class_of_work(t, row->kind, row->launch)].name);
    cJSON_AddStringToObject(record, "kernel", t->text[row->name]);
    cJSON_AddBoolToObject(record, "main", row->main);
    cJSON_AddBoolToObject(record, "in_graph", row->in_graph);
    cJSON_AddNumberToObject(record, "calls", (double)row->calls / repetitions);
    cJSON_AddNumberToObject(record, "repetitions", repetitions);
    add_times(record, "times_ns", row->time_ns, row->calls);
    json_add_count(record, "gap_before_ns", (uint64_t)median_gap(row));
    if (row->bytes && row->calls)
        cJSON_AddNumberToObject(record, "bytes", (double)row->bytes / row->calls);
    if (row->main && row->launch >= 0)
        add_cost(record, &t->launch[row->launch].cost);
    if (row->shape >= 0) {
        add_shape(record, &t->shape[row->shape]);
        add_occupancy(record, &t->shape[row->shape], occupancy);
    }
    return record;
}

cJSON *host_json(const struct trace *t, const struct trace_host_row *row)
{
    const int repetitions = t->repetitions ? t->repetitions : 1;
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "host");
    cJSON_AddStringToObject(record, "activity", activity_rows[row->kind].name);
    cJSON_AddStringToObject(record, "name", t->text[row->name]);
    cJSON_AddNumberToObject(record, "calls", (double)row->calls / repetitions);
    json_add_count(record, "total_ns", (uint64_t)(row->total_ns / repetitions));
    json_add_count(record, "outside_calls", (uint64_t)row->outside_calls);
    json_add_count(record, "outside_total_ns", (uint64_t)row->outside_total_ns);
    return record;
}

cJSON *step_json(const struct trace *t, const struct trace_step *step)
{
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "step");
    cJSON_AddStringToObject(record, "plan", t->text[t->plan[step->plan].name]);
    cJSON_AddStringToObject(record, "stage", stage_names[step->stage]);
    cJSON_AddNumberToObject(record, "step", step->step);
    add_times(record, "busy_ns", step->busy_ns, t->repetitions);
    add_times(record, "span_ns", step->span_ns, t->repetitions);
    return record;
}

cJSON *account_json(const struct trace *t, int32_t repetition, const struct account *a)
{
    const struct {
        const char *name;
        int64_t ns;
    } part[] = {{"span_ns", a->span_ns},
                {"named_ns", a->named_ns},
                {"copy_ns", a->copy_ns},
                {"set_ns", a->set_ns},
                {"unattributed_ns", a->unattributed_ns},
                {"unclassified_ns", a->unclassified_ns},
                {"idle_in_graph_ns", a->idle_in_graph_ns},
                {"host_gap_ns", a->host_gap_ns},
                {"busy_ns", a->busy_ns},
                {"overlap_ns", a->overlap_ns}};
    const struct {
        const char *name;
        uint64_t n;
    } count[] = {{"kernels", a->kernels},         {"dropped", t->dropped}, {"bad_times", t->bad_times},
                 {"bad_records", t->bad_records}, {"outside", a->outside}, {"label_conflicts", t->label_conflicts}};
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "account");
    cJSON_AddNumberToObject(record, "repetition", repetition);
    for (size_t i = 0; i < ARRAY_LEN(part); i++)
        json_add_count(record, part[i].name, (uint64_t)part[i].ns);
    for (size_t i = 0; i < ARRAY_LEN(count); i++)
        json_add_count(record, count[i].name, count[i].n);
    if (a->has_replays)
        json_add_count(record, "expected_kernels", a->expected_kernels);
    cJSON_AddStringToObject(record, "validity", a->valid ? "valid" : "invalid");
    if (!a->valid)
        cJSON_AddStringToObject(record, "reason", a->reason);
    return record;
}
