#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/plan/cores_table.h"
#include "bench/plan/cost_table.h"
#include "bench/plan/subject.h"
#include "bench/verbs.h"
#include "pipeline/graph/print.h"
#include "pipeline/graph/verify.h"
#include "pipeline/open_backend.h"

/* One call of the verb. */
struct planning {
    const struct options *o;
    struct subject subject;
    struct pass_choice choice;
    struct pass_context context;
    const struct variant *variant;
    struct engine *engine; /* of --memory only */
    cJSON *json;           /* list of results, or NULL */
};

/* Graphs and costs need no backend, unless one is named. One that answers says what its 16-bit type is, and whether it
 * computes in it. */
static struct err choose_variant(struct planning *p)
{
    const struct engine_options options = options_engine(p->o);
    struct open_backend b = {0};
    bool native = false;
    if (p->o->variant)
        TRY(variant_find(p->o->variant, &p->variant));
    struct err e = open_backend(&options, p->variant && p->variant->tf32, &b);
    p->context = e.code ? (struct pass_context){.half = DTYPE_bf16, .residual_float32 = true} : backend_pass_context(b.backend);
    if (!e.code) {
        struct err half = b.backend->check_half(b.state);
        native = !half.code;
        err_free(&half);
        b.backend->close(b.state);
    } else if (e.code != ERR_ABSENT || (p->o->backend && strcmp(p->o->backend, "auto")))
        return e;
    err_free(&e);
    return p->variant ? OK : variant_find(native ? "fused-mixed" : "fused", &p->variant);
}

static void print_title(const struct planning *p, const struct graph_row *row, const struct graph *g)
{
    int64_t samples = row->samples(&p->subject);
    printf("%s of %s, %s, %dx%d, preset %s: %d nodes, %lld sample%s a pass\n", row->name, p->subject.config->title,
           p->variant->name, p->subject.width, p->subject.height, p->subject.preset->name, g->n_nodes,
           (long long)samples, samples == 1 ? "" : "s");
}

/* The passes that run, in order, and where each was measured to be faster. */
static void print_passes(const struct planning *p)
{
    printf("passes (and where each was measured to pay):");
    for (const struct pass *pass = passes; pass->name; pass++)
        if (variant_runs(p->variant, &p->choice, pass->name))
            printf(" %s (%s)", pass->name, *pass->pays ? pass->pays : "-");
    printf("\n");
}

static struct err print_text(struct planning *p, const struct graph_row *row)
{
    struct graph *g = row->make(&p->subject);
    struct text text = {0};
    print_title(p, row, g);
    print_passes(p);
    text_add(&text, "== as built\n");
    graph_print(g, &text);
    const struct pass_watch log = {&text, pass_log};
    struct err e = variant_apply(p->variant, &p->choice, &p->context, &g, &log);
    printf("%s\n", text_get(&text));
    text_free(&text);
    graph_free(g);
    return e;
}

static struct err print_dot(struct planning *p, const struct graph_row *row)
{
    struct graph *g = row->make(&p->subject);
    struct text text = {0};
    struct err e = variant_apply(p->variant, &p->choice, &p->context, &g, NULL);
    if (!e.code)
        graph_print_dot(g, &text);
    printf("%s", text_get(&text));
    text_free(&text);
    graph_free(g);
    return e;
}

static struct err print_cost(struct planning *p, const struct graph_row *row)
{
    struct cost_table table = {0};
    struct graph *g = row->make(&p->subject);
    struct err e = variant_apply(p->variant, &p->choice, &p->context, &g, NULL);
    if (!e.code)
        e = cost_table_make(g, row->samples(&p->subject), &table);
    if (!e.code && p->json) {
        cJSON *json = cost_table_json(&table);
        cJSON_AddStringToObject(json, "graph", row->name);
        cJSON_AddStringToObject(json, "variant", p->variant->name);
        cJSON_AddNumberToObject(json, "width", p->subject.width);
        cJSON_AddNumberToObject(json, "height", p->subject.height);
        cJSON_AddItemToArray(p->json, json);
    } else if (!e.code) {
        print_title(p, row, g);
        cost_table_print(&table);
        printf("\n");
    }
    cost_table_free(&table);
    graph_free(g);
    return e;
}

static struct err print_memory(struct planning *p, const struct graph_row *row)
{
    struct plan *plan;
    TRY(engine_plan(p->engine, row->make(&p->subject), &plan));
    struct plan_memory m = plan_memory(plan);
    struct text text = {0};
    if (p->json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "graph", row->name);
        cJSON_AddStringToObject(json, "variant", p->variant->name);
        cJSON_AddStringToObject(json, "backend", engine_backend(p->engine)->name);
        cJSON_AddNumberToObject(json, "launches", (double)plan_launches(plan));
        cJSON_AddNumberToObject(json, "arena_bytes", (double)m.arena);
        cJSON_AddNumberToObject(json, "unshared_bytes", (double)m.activations);
        cJSON_AddNumberToObject(json, "scratch_bytes", (double)m.scratch);
        cJSON_AddNumberToObject(json, "weight_bytes", (double)m.weights);
        cJSON_AddItemToArray(p->json, json);
    } else {
        print_title(p, row, plan_graph(plan));
        plan_print(plan, &text);
        printf("%s\n", text_get(&text));
    }
    text_free(&text);
    plan_free(plan);
    return OK;
}

static struct err print_cores(struct planning *p, const struct graph_row *row)
{
    struct cores_table table;
    TRY(cores_table_make(p->o, row, &p->subject, &table));
    if (p->json) {
        cJSON *json = cores_table_json(&table);
        cJSON_AddStringToObject(json, "graph", row->name);
        cJSON_AddItemToArray(p->json, json);
    } else
        cores_table_print(&table, row->name);
    cores_table_free(&table);
    return OK;
}

static struct err open_engine(struct planning *p)
{
    struct engine_options options = options_engine(p->o);
    options.no_weights = true;
    TRY(engine_open(&options, NULL, &p->engine));
    p->variant = engine_variant(p->engine);
    return OK;
}

static struct err print_graphs(struct planning *p)
{
    const struct options *o = p->o;
    const struct graph_row *only = NULL;
    if (o->graph)
        TRY(graph_row_find(o->graph, &only));
    TRY(pass_choice_check(&p->choice));
    TRY(subject_make(o, &p->subject));
    TRY(o->memory ? open_engine(p) : choose_variant(p));
    for (const struct graph_row *row = graph_rows; row->name; row++)
        if (only ? row == only : row->shown)
            TRY((o->memory ? print_memory : o->cores ? print_cores : o->cost ? print_cost : o->dot ? print_dot : print_text)(p, row));
    return OK;
}

struct err verb_plan(const struct options *o)
{
    if (o->arguments)
        return err_fail("plan takes no argument \"%s\" (sdbench plan --help)", o->argument[0]);
    if (o->cost + o->memory + o->cores + o->dot > 1)
        return err_fail("plan prints one thing at a time: choose --cost, --memory, --cores or --dot");
    if (o->cores && device_is_described(o->device))
        return err_fail("--device %s: nothing runs on a described device, so --cores has nothing to time", o->device);
    if (o->json && !o->cost && !o->memory && !o->cores)
        return err_fail("plan has JSON of costs, memory and cores: add --cost, --memory or --cores");
    struct planning p = {.o = o, .choice = {o->without, o->with}, .json = o->json ? cJSON_CreateArray() : NULL};
    struct err e = print_graphs(&p);
    engine_free(p.engine);
    subject_free(&p.subject);
    if (e.code || !p.json) {
        cJSON_Delete(p.json);
        return e;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddItemToObject(json, "graphs", p.json);
    return json_print(json);
}
