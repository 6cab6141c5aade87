#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/validity.h"
#include "bench/plan/savings.h"
#include "bench/verbs.h"
#include "bench/workload.h"
#include "pipeline/base/name.h"
#include "profiler/account/account.h"

struct entry {
    const char *name, *summary;
};

/* Of the list of passes: what each saves, and where it pays. */
static struct savings savings;

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
ROWS(validity_checks)
ROWS(account_checks)
#undef ROWS

/* The text lives until the next call. */
static struct entry states_row(size_t i)
{
    static char text[160];
    if (!state_rows[i].name)
        return (struct entry){0};
    snprintf(text, sizeof text, "%s: %s", state_rows[i].title, state_rows[i].answers);
    return (struct entry){state_rows[i].name, text};
}

static struct entry ops_row(size_t i)
{
    return i < OP_COUNT ? (struct entry){ops[i].name, ops[i].summary} : (struct entry){0};
}

static const struct saving *saving_of(const char *pass)
{
    for (size_t i = 0; i < savings.count; i++)
        if (!strcmp(savings.row[i].pass->name, pass))
            return &savings.row[i];
    return NULL;
}

static double gflop(const struct cost *c)
{
    return (c->product_flop + c->other_flop) * 1e-9;
}

static void print_passes_heading(const char *indent)
{
    printf("%ssaved at 512x512, one guided image, in the order in which passes run; pays: where one was measured to be "
           "faster\n",
           indent);
    printf("%s%-17s  %-21s  %-21s  %-4s\n", indent, "", "a step, GFLOP and GB", "a decoding", "pays");
}

static void print_pass(const char *indent, const struct entry *e)
{
    const struct saving *s = saving_of(e->name);
    const char *pays = s && *s->pass->pays ? s->pass->pays : "-";
    printf("%s%-17s", indent, e->name);
    for (int i = 0; i < SAVINGS_GRAPHS; i++)
        printf("  %10.1f %10.2f", s ? gflop(&s->saved[i]) : 0, s ? s->saved[i].bytes * 1e-9 : 0);
    printf("  %-4s  %s\n", pays, e->summary);
}

static void add_pass(cJSON *row, const struct entry *e)
{
    const struct saving *s = saving_of(e->name);
    for (int i = 0; s && i < SAVINGS_GRAPHS; i++) {
        cJSON *saved = cJSON_AddObjectToObject(row, savings_graphs[i]);
        cJSON_AddNumberToObject(saved, "flop_saved", s->saved[i].product_flop + s->saved[i].other_flop);
        cJSON_AddNumberToObject(saved, "bytes_saved", s->saved[i].bytes);
    }
    cJSON_AddStringToObject(row, "pays", s ? s->pass->pays : "");
}

static const struct list {
    const char *name;
    struct entry (*row)(size_t i);
    void (*heading)(const char *indent);                    /* these three or none: lists with columns of their own */
    void (*print)(const char *indent, const struct entry *e);
    void (*add)(cJSON *row, const struct entry *e);
} lists[] = {
    {"variants", variants_row, NULL, NULL, NULL},
    {"passes", passes_row, print_passes_heading, print_pass, add_pass},
    {"samplers", samplers_row, NULL, NULL, NULL},
    {"presets", presets_row, NULL, NULL, NULL},
    {"workloads", workloads_row, NULL, NULL, NULL},
    {"states", states_row, NULL, NULL, NULL},
    {"checks", validity_checks_row, NULL, NULL, NULL},
    {"trace-checks", account_checks_row, NULL, NULL, NULL},
    {"backends", backend_rows_row, NULL, NULL, NULL},
    {"ops", ops_row, NULL, NULL, NULL},
};

static void print_list(const struct list *l, bool heading)
{
    const char *indent = heading ? "  " : "";
    if (heading)
        printf("%s\n", l->name);
    if (l->heading)
        l->heading(indent);
    for (size_t i = 0; l->row(i).name; i++) {
        const struct entry e = l->row(i);
        if (l->print)
            l->print(indent, &e);
        else
            printf("%s%-14s  %s\n", indent, e.name, e.summary);
    }
}

static void add_list(cJSON *json, const struct list *l)
{
    cJSON *rows = cJSON_AddArrayToObject(json, l->name);
    for (size_t i = 0; l->row(i).name; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", l->row(i).name);
        cJSON_AddStringToObject(row, "summary", l->row(i).summary);
        if (l->add)
            l->add(row, &(struct entry){l->row(i).name, l->row(i).summary});
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
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (lists[i].add && (!o->arguments || chosen[i]))
            TRY(savings_make(&savings));
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
