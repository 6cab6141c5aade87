#include <stdio.h>

#include "bench/json.h"
#include "bench/verbs.h"
#include "bench/workload.h"
#include "pipeline/base/name.h"

struct entry {
    const char *name, *summary;
};

/* Every table has rows with a name and a summary, and ends with a row without a name. */
#define ROWS(table)                                             \
    static struct entry table##_row(size_t i)                   \
    {                                                           \
        return (struct entry){table[i].name, table[i].summary}; \
    }
ROWS(variants)
ROWS(passes)
ROWS(samplers)
ROWS(presets)
ROWS(workloads)
ROWS(backend_rows)
#undef ROWS

static struct entry ops_row(size_t i)
{
    return i < OP_COUNT ? (struct entry){ops[i].name, ops[i].summary} : (struct entry){0};
}

static const struct list {
    const char *name;
    struct entry (*row)(size_t i);
} lists[] = {
    {"variants", variants_row},   {"passes", passes_row},         {"samplers", samplers_row}, {"presets", presets_row},
    {"workloads", workloads_row}, {"backends", backend_rows_row}, {"ops", ops_row},
};

static void print_list(const struct list *l, bool heading)
{
    if (heading)
        printf("%s\n", l->name);
    for (size_t i = 0; l->row(i).name; i++)
        printf("%s%-14s  %s\n", heading ? "  " : "", l->row(i).name, l->row(i).summary);
}

static void add_list(cJSON *json, const struct list *l)
{
    cJSON *rows = cJSON_AddArrayToObject(json, l->name);
    for (size_t i = 0; l->row(i).name; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", l->row(i).name);
        cJSON_AddStringToObject(row, "summary", l->row(i).summary);
        cJSON_AddItemToArray(rows, row);
    }
}

/* Without an argument: all lists. */
struct err verb_list(const struct options *o)
{
    const char *names[ARRAY_LEN(lists) + 1] = {0};
    bool chosen[ARRAY_LEN(lists)] = {0};
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        names[i] = lists[i].name;
    for (int i = 0; i < o->arguments; i++) {
        size_t index;
        TRY(name_find("list", o->argument[i], names, &index));
        chosen[index] = true;
    }
    cJSON *json = o->json ? cJSON_CreateObject() : NULL;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (o->arguments && !chosen[i])
            continue;
        else if (json)
            add_list(json, &lists[i]);
        else
            print_list(&lists[i], o->arguments != 1);
    return o->json ? json_print(json) : OK;
}
