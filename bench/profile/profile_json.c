#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/profile/groups.h"
#include "bench/profile/print.h"

static void add_ratio(cJSON *object, const char *name, double of, double all)
{
    if (all > 0)
        cJSON_AddNumberToObject(object, name, of / all);
}

static void add_heading(const struct profile *p, cJSON *out)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"variant", p->variant},
                 {"backend", p->backend},
                 {"workload", p->workload},
                 {"run", p->run},
                 {"source", p->source},
                 {"source_description", p->description},
                 {"device_description", p->device},
                 {"trace", p->trace}};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (*texts[i].text)
            cJSON_AddStringToObject(out, texts[i].name, texts[i].text);
    cJSON_AddStringToObject(out, "validity", p->valid ? "valid" : "invalid");
    if (!p->valid)
        cJSON_AddStringToObject(out, "reason", p->reason);
    cJSON_AddBoolToObject(out, "relative_only", p->relative_only);
    if (p->has_overhead)
        cJSON_AddNumberToObject(out, "overhead_ratio", p->overhead);
    if (p->timing_ns > 0)
        json_add_ns(out, "timing_ns", p->timing_ns);
    if (p->traced_ns > 0)
        json_add_ns(out, "traced_ns", p->traced_ns);
    cJSON_AddNumberToObject(out, "damaged_records", p->ignored);
    cJSON_AddNumberToObject(out, "repetitions", p->repetitions);
}

static void add_account(const struct profile *p, cJSON *out)
{
    const struct profile_account *a = &p->account;
    cJSON *object = cJSON_AddObjectToObject(out, "account");
    cJSON_AddNumberToObject(object, "repetition", a->repetition);
    for (int i = 0; i < PART_COUNT; i++)
        json_add_ns(object, profile_parts[i].field, a->part_ns[i]);
    json_add_ns(object, "span_ns", a->span_ns);
    json_add_ns(object, "busy_ns", a->busy_ns);
    json_add_ns(object, "overlap_ns", a->overlap_ns);
}

static void add_costs(cJSON *row, const struct profile_group *g)
{
    if (g->flop > 0)
        cJSON_AddNumberToObject(row, "flop", g->flop);
    if (g->bytes > 0)
        cJSON_AddNumberToObject(row, "bytes", g->bytes);
    if (g->flop > 0)
        add_ratio(row, "flop_per_second", g->flop * 1e9, g->total_ns);
    if (g->bytes > 0)
        add_ratio(row, "bytes_per_second", g->bytes * 1e9, g->total_ns);
    if (g->flop > 0)
        add_ratio(row, "flop_per_byte", g->flop, g->bytes);
    if (g->roof_ns <= 0)
        return;
    json_add_ns(row, "roof_ns", g->roof_ns);
    add_ratio(row, "roof_ratio", g->roof_ns, g->total_ns);
    cJSON_AddStringToObject(row, "bound", g->bound == 'C' ? "compute" : "memory");
    cJSON_AddNumberToObject(row, "above_roof", g->above_roof);
}

static void add_three(cJSON *row, const char *name, const unsigned size[3])
{
    cJSON *list = cJSON_AddArrayToObject(row, name);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(size[i]));
}

static void add_shape(cJSON *row, const struct profile_kernel *k)
{
    if (!k->grid[0])
        return;
    add_three(row, "grid", k->grid);
    add_three(row, "block_threads", k->block_threads);
    cJSON_AddNumberToObject(row, "registers", k->registers);
    cJSON_AddNumberToObject(row, "shared_static_bytes", k->shared_static);
    cJSON_AddNumberToObject(row, "shared_dynamic_bytes", k->shared_dynamic);
    cJSON_AddNumberToObject(row, "local_bytes", k->local);
    if (k->waves >= 0)
        cJSON_AddNumberToObject(row, "waves", k->waves);
    if (k->occupancy >= 0)
        cJSON_AddNumberToObject(row, "occupancy_share", k->occupancy);
    if (*k->limiter)
        cJSON_AddStringToObject(row, "occupancy_limiter", k->limiter);
}

/* Of a launch, or of the longest of several. */
static void add_names(cJSON *row, const struct grouping *by, const struct profile_group *g)
{
    const struct profile_kernel *k = g->member[0];
    cJSON_AddStringToObject(row, "name", by->key ? by->key(k) : profile_layer(k));
    cJSON_AddNumberToObject(row, "launches", g->members);
    if (by->key)
        return;
    cJSON_AddStringToObject(row, "plan", k->plan);
    cJSON_AddStringToObject(row, "stage", k->stage);
    cJSON_AddNumberToObject(row, "launch", k->launch);
    cJSON_AddStringToObject(row, "op", k->op);
    cJSON_AddStringToObject(row, "kernel", k->kernel);
    cJSON_AddBoolToObject(row, "in_graph", k->in_graph);
    json_add_ns(row, "gap_before_ns", k->gap_before_ns);
}

static cJSON *group_json(const struct profile_groups *all, const struct profile_group *g)
{
    cJSON *row = cJSON_CreateObject();
    add_names(row, all->by, g);
    cJSON_AddNumberToObject(row, "calls", g->calls);
    json_add_ns(row, "total_ns", g->total_ns);
    json_add_ns(row, "typical_ns", g->typical_ns);
    cJSON_AddNumberToObject(row, "share_ratio", g->share);
    cJSON_AddNumberToObject(row, "cumulative_ratio", g->cumulative);
    json_add_ns(row, "median_ns", g->call.median);
    json_add_ns(row, "mad_ns", g->call.mad);
    json_add_ns(row, "smallest_ns", g->call.smallest);
    json_add_ns(row, "p95_ns", g->p95_ns);
    add_costs(row, g);
    add_shape(row, g->member[0]);
    return row;
}

static void add_left_out(cJSON *table, const struct profile_groups *g, int from)
{
    double ns = 0;
    for (int i = from; i < g->groups; i++)
        ns += g->group[i].total_ns;
    cJSON *more = cJSON_AddObjectToObject(table, "left_out");
    cJSON_AddNumberToObject(more, "rows", g->groups > from ? g->groups - from : 0);
    json_add_ns(more, "total_ns", ns);
    cJSON *rest = cJSON_AddObjectToObject(table, "other_work");
    for (int i = 0; i < RESTS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_ns", profile_rests[i].class);
        json_add_ns(rest, name, g->rest_ns[i]);
    }
    json_add_ns(table, "work_ns", g->work_ns);
}

static struct err add_table(const struct profile *p, const char *by, int top, cJSON *tables)
{
    struct profile_groups g;
    cJSON *table = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(table, "rows");
    struct err e = profile_groups_make(p, grouping_find(by), &g);
    cJSON_AddItemToArray(tables, table);
    cJSON_AddStringToObject(table, "by", by);
    for (int i = 0; i < g.groups && i < top && !e.code; i++)
        cJSON_AddItemToArray(rows, group_json(&g, &g.group[i]));
    if (!e.code)
        add_left_out(table, &g, top);
    profile_groups_free(&g);
    return e;
}

static void add_steps(const struct profile *p, int top, cJSON *tables)
{
    cJSON *table = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(table, "rows");
    cJSON_AddItemToArray(tables, table);
    cJSON_AddStringToObject(table, "by", "step");
    for (int i = 0; i < p->steps && i < top; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(rows, row);
        cJSON_AddStringToObject(row, "plan", p->step[i].plan);
        cJSON_AddStringToObject(row, "stage", p->step[i].stage);
        cJSON_AddNumberToObject(row, "step", p->step[i].step);
        json_add_ns(row, "busy_ns", p->step[i].busy_ns);
        json_add_ns(row, "span_ns", p->step[i].span_ns);
    }
    cJSON *more = cJSON_AddObjectToObject(table, "left_out");
    cJSON_AddNumberToObject(more, "rows", p->steps > top ? p->steps - top : 0);
}

struct err profile_json(const struct profile *p, const char *by, int top, cJSON **out)
{
    static const char *const usual[] = {"class", "layer", "kernel"};
    const int rows = top > 0 ? top : PROFILE_TOP;
    struct err e = OK;
    *out = NULL;
    TRY(profile_by_check(by));
    *out = cJSON_CreateObject();
    add_heading(p, *out);
    add_account(p, *out);
    cJSON *tables = cJSON_AddArrayToObject(*out, "tables");
    if (by && !strcmp(by, "step"))
        add_steps(p, rows, tables);
    else if (by)
        e = add_table(p, by, rows, tables);
    for (size_t i = 0; i < ARRAY_LEN(usual) && !by && !e.code; i++)
        e = add_table(p, usual[i], rows, tables);
    return e;
}
