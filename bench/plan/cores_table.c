#include "bench/plan/cores_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/clock.h"
#include "pipeline/graph/rules.h"

enum { RUNS_OF_EACH = 4 /* the first is not measured: it touches the memory */ };

/* Keeps the shortest time of each launch. */
struct shortest {
    int64_t *ns, begin_ns;
};

static void watched(void *context, const struct watch_event *e)
{
    struct shortest *s = context;
    if (e->what == WATCH_launch_begin) {
        s->begin_ns = clock_now_ns();
    } else if (e->what == WATCH_launch_end) {
        int64_t took = clock_now_ns() - s->begin_ns;
        if (!s->ns[e->launch] || took < s->ns[e->launch])
            s->ns[e->launch] = took;
    }
}

static struct err add_rows(struct cores_table *t, const struct plan *p)
{
    t->count = plan_launches(p);
    t->row = calloc(t->count + 1, sizeof *t->row);
    for (size_t i = 0; t->row && i < t->count; i++) {
        const struct node *n = plan_launch_node(p, i);
        t->row[i] = (struct cores_row){.kernel = strdup(plan_launch_kernel(p, i)),
                                       .path = strdup(n->path[0]),
                                       .flop = node_cost(plan_graph(p), n).product_flop,
                                       .once = n->rate == RATE_RUN && plan_graph(p)->hoists_run};
        if (!t->row[i].kernel || !t->row[i].path)
            return err_fail("out of memory");
    }
    return t->row ? OK : err_fail("out of memory");
}

static struct err run_once(struct plan *p)
{
    if (graph_find(plan_graph(p), "counter") != NO_VALUE)
        TRY(plan_write(p, "counter", &(int32_t){0}));
    TRY(plan_begin(p));
    return plan_step(p);
}

static struct err time_launches(struct plan *p, int64_t *shortest_ns)
{
    struct shortest shortest = {shortest_ns, 0};
    const struct watch watch = {.context = &shortest, .event = watched, .one_by_one = true};
    struct err e = run_once(p);
    const struct watch *before = watch_attach(&watch);
    for (int run = 1; run < RUNS_OF_EACH && !e.code; run++)
        e = run_once(p);
    watch_attach(before);
    return e;
}

/* One engine with so many threads (0: all): its times into `shortest`, which is allocated. */
static struct err measure(const struct options *o, const struct graph_row *graph, const struct subject *s, int threads,
                          struct cores_table *t, int64_t **shortest)
{
    struct engine_options options = options_engine(o);
    struct engine *engine = NULL;
    struct plan *plan = NULL;
    struct text line = {0};
    options.no_weights = true;
    options.threads = threads;
    TRY(engine_open(&options, NULL, &engine));
    struct err e = engine_plan(engine, graph->make(s), &plan);
    if (!e.code)
        e = engine_check_memory(engine, &plan, 1, graph->name);
    if (!e.code)
        e = engine_load_made_up(engine, &plan, 1);
    if (!e.code && !t->row)
        e = add_rows(t, plan);
    *shortest = calloc(t->count + 1, sizeof **shortest);
    if (!e.code)
        e = *shortest ? time_launches(plan, *shortest) : err_fail("out of memory");
    engine_describe(engine, &line);
    free(t->backend);
    free(t->variant);
    t->backend = strdup(text_get(&line));
    t->variant = strdup(engine_variant(engine)->name);
    text_free(&line);
    plan_free(plan);
    engine_free(engine);
    return e;
}

static double share_of(int64_t one_ns, int64_t all_ns, int threads)
{
    return all_ns ? fmin(1, (double)one_ns / (double)all_ns / threads) : 1;
}

struct err cores_table_make(const struct options *o, const struct graph_row *graph, const struct subject *s,
                            struct cores_table *out)
{
    int64_t *one = NULL, *all = NULL;
    *out = (struct cores_table){.threads = o->threads ? o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN)};
    struct err e = measure(o, graph, s, 1, out, &one);
    if (!e.code)
        e = measure(o, graph, s, out->threads, out, &all);
    for (size_t i = 0; !e.code && i < out->count; i++) {
        struct cores_row *row = &out->row[i];
        row->one_ns = one[i];
        row->all_ns = all[i];
        row->share = share_of(one[i], all[i], out->threads);
        out->total.one_ns += row->once ? 0 : one[i];
        out->total.all_ns += row->once ? 0 : all[i];
        out->total.flop += row->once ? 0 : row->flop;
    }
    out->total.share = share_of(out->total.one_ns, out->total.all_ns, out->threads);
    free(one);
    free(all);
    if (e.code)
        cores_table_free(out);
    return e;
}

static void print_row(const struct cores_row *r, int number)
{
    char of[16] = "";
    if (number >= 0)
        snprintf(of, sizeof of, "%d", number);
    double rate = r->all_ns ? r->flop / (double)r->all_ns : 0; /* FLOP a nanosecond are GFLOP a second */
    printf("%5s %-4s %10.3f %10.3f %5.0f %% %9.1f  %-44s %s\n", of, r->once ? "run" : "step", (double)r->one_ns * 1e-6,
           (double)r->all_ns * 1e-6, 100 * r->share, rate, r->kernel ? r->kernel : "",
           r->path ? r->path : "all of a step");
}

void cores_table_print(const struct cores_table *t, const char *graph)
{
    printf("%s, %s, %s: milliseconds with 1 thread and with %d, share of the cores that is busy\n", graph, t->variant,
           t->backend, t->threads);
    printf("%5s %-4s %10s %10s %7s %9s\n", "", "", "1 thread", "all", "share", "GFLOP/s");
    for (size_t i = 0; i < t->count; i++)
        print_row(&t->row[i], (int)i);
    print_row(&t->total, -1);
    printf("\n");
}

static cJSON *row_json(const struct cores_row *r)
{
    cJSON *json = cJSON_CreateObject();
    if (r->path) {
        cJSON_AddStringToObject(json, "path", r->path);
        cJSON_AddStringToObject(json, "kernel", r->kernel);
        cJSON_AddStringToObject(json, "phase", r->once ? "run" : "step");
    }
    cJSON_AddNumberToObject(json, "one_thread_ns", (double)r->one_ns);
    cJSON_AddNumberToObject(json, "time_ns", (double)r->all_ns);
    cJSON_AddNumberToObject(json, "busy_share", r->share);
    cJSON_AddNumberToObject(json, "product_flop", r->flop);
    return json;
}

cJSON *cores_table_json(const struct cores_table *t)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "variant", t->variant);
    cJSON_AddStringToObject(json, "backend", t->backend);
    cJSON_AddNumberToObject(json, "threads", t->threads);
    cJSON *rows = cJSON_AddArrayToObject(json, "launches");
    for (size_t i = 0; i < t->count; i++)
        cJSON_AddItemToArray(rows, row_json(&t->row[i]));
    cJSON_AddItemToObject(json, "step", row_json(&t->total));
    return json;
}

void cores_table_free(struct cores_table *t)
{
    for (size_t i = 0; t->row && i < t->count; i++) {
        free(t->row[i].kernel);
        free(t->row[i].path);
    }
    free(t->row);
    free(t->backend);
    free(t->variant);
    *t = (struct cores_table){0};
}
