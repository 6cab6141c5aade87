#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/outputs.h"
#include "bench/generate/report.h"
#include "bench/generate/requests.h"
#include "bench/json.h"
#include "bench/progress.h"
#include "bench/verbs.h"
#include "pipeline/base/clock.h"

struct generation {
    const struct options *o;
    struct usage main; /* when the program began */
    struct requests requests;
    struct progress progress;
    struct sd *sd;
    struct sd_images images;
    struct phase_clock clock; /* of the cold start: from main to the first picture on disk, or to all files */
};

static struct err run(struct generation *g, const struct sd_request *request)
{
    struct sd_progress hooks = progress_hooks(&g->progress);
    sd_images_free(&g->images);
    struct err e = sd_generate(g->sd, request, g->requests.count, &hooks, &g->images);
    progress_clear(&g->progress);
    return e;
}

static struct err write_pictures(const struct generation *g, int first)
{
    for (int i = first; i < g->images.count; i++)
        TRY(outputs_write_picture(g->o, &g->images, i));
    return OK;
}

/* All files; or the first picture alone. */
static struct err write_outputs(const struct generation *g, bool all)
{
    enum phase before = phase_enter(PHASE_write);
    struct err e = all ? write_pictures(g, 0) : outputs_write_picture(g->o, &g->images, 0);
    if (all && !e.code)
        e = outputs_write_others(g->o, g->requests.request, &g->images);
    phase_return(before);
    return e;
}

/* Repeats what was asked for, between two readings of the clock. */
static struct err run_warm(struct generation *g)
{
    struct sample_report warm = {.begin = usage_begin(), .images = &g->images};
    phase_clock_start(&warm.clock, warm.begin.time_ns);
    struct err e = run(g, g->requests.request);
    warm.end = usage_end();
    phase_clock_stop(&warm.clock, warm.end.time_ns);
    return e.code ? e : report_sample(g->o->phases, &warm);
}

/* For `bench`: the first pictures are the cold sample, each repetition is a warm one. */
static struct err run_samples(struct generation *g)
{
    const struct options *o = g->o;
    struct sd_request *first = malloc((size_t)g->requests.count * sizeof *first);
    if (!first)
        return err_fail("out of memory for requests");
    for (int i = 0; i < g->requests.count; i++) {
        first[i] = g->requests.request[i];
        first[i].prompt = o->first_prompt ? o->first_prompt : first[i].prompt;
    }
    struct err e = run(g, first);
    free(first);
    TRY(e);
    TRY(write_outputs(g, false));
    struct sample_report cold = {.cold = true, .begin = g->main, .end = usage_end(), .images = &g->images};
    phase_clock_stop(&g->clock, cold.end.time_ns);
    cold.clock = g->clock;
    TRY(report_sample(o->phases, &cold));
    TRY(report_pipeline(o->phases, g->sd));
    for (int i = 0; i < o->repeat; i++)
        TRY(run_warm(g));
    TRY(write_pictures(g, o->repeat ? 0 : 1));
    return outputs_write_others(o, g->requests.request, &g->images);
}

static void print_times(const struct generation *g)
{
    const struct phase_clock *c = &g->clock;
    fprintf(stderr, "%s, %s:", sd_backend(g->sd), sd_variant(g->sd));
    for (enum phase p = 0; p < PHASE_COUNT; p++)
        if (c->phase[p].entries)
            fprintf(stderr, " %s %.2f s,", phases[p].title, (double)c->phase[p].time_ns * 1e-9);
    fprintf(stderr, " all else %.2f s\n", (double)phase_clock_unaccounted_ns(c) * 1e-9);
}

static struct err print_json(const struct generation *g)
{
    const struct options *o = g->o;
    struct sd_memory memory = sd_memory(g->sd);
    cJSON *json = cJSON_CreateObject(), *pictures = cJSON_AddArrayToObject(json, "pictures");
    for (int i = 0; i < g->images.count; i++) {
        char *path = outputs_path(o, i, g->images.count);
        cJSON *picture = cJSON_CreateObject();
        cJSON_AddStringToObject(picture, "file", path ? path : "");
        if (!g->requests.request[i].noise)
            json_add_count(picture, "seed", g->requests.request[i].seed);
        cJSON_AddStringToObject(picture, "parameters", g->images.parameters[i]);
        cJSON_AddItemToArray(pictures, picture);
        free(path);
    }
    if (o->grid)
        cJSON_AddStringToObject(json, "grid", o->grid);
    if (o->save_latents)
        cJSON_AddStringToObject(json, "latents", o->save_latents);
    cJSON_AddNumberToObject(json, "width", g->images.width);
    cJSON_AddNumberToObject(json, "height", g->images.height);
    cJSON_AddStringToObject(json, "backend", sd_backend(g->sd));
    cJSON_AddStringToObject(json, "variant", sd_variant(g->sd));
    cJSON_AddStringToObject(json, "description", sd_backend_description(g->sd));
    cJSON_AddBoolToObject(json, "synthetic_weights", sd_is_synthetic(g->sd));
    cJSON_AddNumberToObject(json, "evaluations", sd_evaluations(g->sd));
    json_add_hash(json, "graph_hash", sd_graph_hash(g->sd));
    json_add_hash(json, "choice_hash", sd_choice_hash(g->sd));
    json_add_count(json, "time_ns", (uint64_t)(g->clock.stop_ns - g->clock.start_ns));
    report_phases(json, &g->clock);
    json_add_count(json, "weights_bytes", memory.weights);
    json_add_count(json, "arena_bytes", memory.arena);
    json_add_count(json, "peak_resident_bytes", usage_peak_resident_bytes());
    if (g->images.warning)
        cJSON_AddStringToObject(json, "warning", g->images.warning);
    return json_print(json);
}

static struct err print_files(const struct generation *g)
{
    for (int i = 0; i < g->images.count; i++) {
        char *path = outputs_path(g->o, i, g->images.count);
        printf("%s\n", path ? path : "");
        free(path);
    }
    if (g->o->grid)
        printf("%s\n", g->o->grid);
    if (g->o->save_latents)
        printf("%s\n", g->o->save_latents);
    return OK;
}

/* Nothing is written before all pictures are there. */
static struct err run_once(struct generation *g)
{
    TRY(run(g, g->requests.request));
    TRY(write_outputs(g, true));
    phase_clock_stop(&g->clock, clock_now_ns());
    if (!g->o->quiet) {
        if (g->images.warning)
            fprintf(stderr, "sdbench: warning: %s\n", g->images.warning);
        print_times(g);
    }
    return g->o->json ? print_json(g) : print_files(g);
}

static struct err open_pipeline(struct generation *g)
{
    struct sd_options options = options_pipeline(g->o);
    struct sd_progress hooks = progress_hooks(&g->progress);
    if (!options.batch || options.batch > g->requests.count)
        options.batch = g->requests.count;
    struct err e = sd_open(&options, &hooks, &g->sd);
    progress_clear(&g->progress);
    return e;
}

struct err verb_generate(const struct options *o)
{
    struct generation g = {.o = o, .main = usage_begin()};
    phase_clock_start(&g.clock, g.main.time_ns);
    progress_open(&g.progress, o->quiet, o->phases);
    struct err e = requests_make(o, &g.requests);
    if (!e.code)
        e = outputs_check(o, g.requests.count);
    if (!e.code)
        e = open_pipeline(&g);
    if (!e.code)
        e = o->phases ? run_samples(&g) : run_once(&g);
    phase_clock_stop(&g.clock, clock_now_ns()); /* where an error came before */
    sd_images_free(&g.images);
    sd_close(g.sd);
    requests_free(&g.requests);
    if (!o->phases || !e.code)
        return e;
    report_error(o->phases, e);
    enum err_code code = e.code;
    err_free(&e);
    return (struct err){code, NULL}; /* the parent prints it */
}
