#include "bench/generate/generation.h"

#include <stdlib.h>

#include "bench/generate/outputs.h"

struct err generation_open(struct generation *g)
{
    struct sd_options options = options_pipeline(g->o);
    struct sd_progress hooks = progress_hooks(&g->progress);
    if (!options.batch || options.batch > g->requests.count)
        options.batch = g->requests.count;
    struct err e = sd_open(&options, &hooks, &g->sd);
    progress_clear(&g->progress);
    return e;
}

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
struct err generation_write(const struct generation *g, bool all)
{
    enum phase before = phase_enter(PHASE_write);
    struct err e = all ? write_pictures(g, 0) : outputs_write_picture(g->o, &g->images, 0);
    if (all && !e.code)
        e = outputs_write_others(g->o, g->requests.request, &g->images);
    phase_return(before);
    return e;
}

/* The requests with another prompt, for the first run. */
static struct err run_first(struct generation *g)
{
    struct sd_request *first = malloc((size_t)g->requests.count * sizeof *first);
    if (!first)
        return err_fail("out of memory for requests");
    for (int i = 0; i < g->requests.count; i++) {
        first[i] = g->requests.request[i];
        first[i].prompt = g->o->first_prompt;
    }
    struct err e = run(g, first);
    free(first);
    return e;
}

struct err generation_run(struct generation *g, bool first)
{
    return first && g->o->first_prompt ? run_first(g) : run(g, g->requests.request);
}
