#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "bench/generate/generation.h"
#include "bench/generate/outputs.h"
#include "bench/generate/report.h"
#include "bench/json.h"
#include "bench/profile/traced.h"
#include "bench/verbs.h"
#include "pipeline/base/clock.h"

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
    TRY(generation_run(g, false));
    TRY(generation_write(g, true));
    phase_clock_stop(&g->clock, clock_now_ns());
    if (!g->o->quiet) {
        if (g->images.warning)
            fprintf(stderr, "sdbench: warning: %s\n", g->images.warning);
        print_times(g);
    }
    return g->o->json ? print_json(g) : print_files(g);
}

static struct err make_pictures(struct generation *g)
{
    const struct options *o = g->o;
    TRY(requests_make(o, &g->requests));
    TRY(outputs_check(o, g->requests.count));
    TRY(traced_open(o, &g->traced));
    TRY(generation_open(g));
    return o->phases ? generation_samples(g) : run_once(g);
}

/* Nothing is left behind by a measuring process that is killed. False where it was gone before: its end of the pipe is
 * closed. */
static bool end_with_parent(int fd)
{
    struct pollfd parent = {.fd = fd};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return poll(&parent, 1, 0) <= 0 || !(parent.revents & POLLERR);
}

struct err verb_generate(const struct options *o)
{
    struct generation g = {.o = o};
    phase_clock_start(&g.clock, clock_now_ns());
    if (o->phases && !end_with_parent(o->phases))
        return err_make(ERR_CANCELLED, "--phases %d: nobody reads it any more", o->phases);
    progress_open(&g.progress, o->quiet, o->phases);
    struct err e = o->phases && o->probe ? generation_probe(o) : make_pictures(&g);
    phase_clock_stop(&g.clock, clock_now_ns()); /* where an error came before */
    sd_images_free(&g.images);
    sd_close(g.sd);
    traced_close(g.traced);
    requests_free(&g.requests);
    if (!o->phases || !e.code)
        return e;
    report_error(o->phases, e);
    enum err_code code = e.code;
    err_free(&e);
    return (struct err){code, NULL}; /* the parent prints it */
}
