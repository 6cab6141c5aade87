#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/outputs.h"
#include "bench/generate/report.h"
#include "bench/generate/requests.h"
#include "bench/json.h"
#include "bench/progress.h"
#include "bench/verbs.h"

struct generation {
    const struct options *o;
    struct usage main; /* when the program began */
    struct requests requests;
    struct progress progress;
    struct sd *sd;
    struct sd_images images;
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
    struct sample_report cold = {
        .cold = true, .begin = g->main, .write_ns = usage_begin().time_ns, .images = &g->images};
    TRY(outputs_write_picture(o, &g->images, 0));
    cold.end = usage_end();
    TRY(report_sample(o->phases, g->sd, &cold));
    TRY(report_pipeline(o->phases, g->sd));
    for (int i = 0; i < o->repeat; i++) {
        struct sample_report warm = {.begin = usage_begin(), .images = &g->images};
        TRY(run(g, g->requests.request));
        warm.end = usage_end();
        TRY(report_sample(o->phases, g->sd, &warm));
    }
    TRY(write_pictures(g, o->repeat ? 0 : 1));
    return outputs_write_others(o, g->requests.request, &g->images);
}

static void print_times(const struct generation *g)
{
    size_t count;
    const struct sd_phase *phase = sd_phases(g->sd, &count);
    fprintf(stderr, "%s, %s:", sd_backend(g->sd), sd_variant(g->sd));
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "%s %s %.2f s", i ? "," : "", phase[i].name,
                (double)(phase[i].end_ns - phase[i].begin_ns) * 1e-9);
    fprintf(stderr, "\n");
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
    cJSON_AddItemToObject(json, "phases", report_phases(g->sd, 0));
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
    TRY(write_pictures(g, 0));
    TRY(outputs_write_others(g->o, g->requests.request, &g->images));
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
    progress_open(&g.progress, o->quiet, o->phases);
    struct err e = requests_make(o, &g.requests);
    if (!e.code)
        e = outputs_check(o, g.requests.count);
    if (!e.code)
        e = open_pipeline(&g);
    if (!e.code)
        e = o->phases ? run_samples(&g) : run_once(&g);
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
