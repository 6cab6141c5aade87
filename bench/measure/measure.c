#include "bench/measure/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/device.h"
#include "bench/json.h"
#include "bench/measure/child.h"
#include "bench/measure/foreign.h"
#include "bench/measure/time_text.h"
#include "pipeline/base/phase.h"

char *measure_latent_name(const struct variant_result *v)
{
    char *name;
    return asprintf(&name, "%s.safetensors", v->variant->name) < 0 ? NULL : name;
}

char *measure_picture_name(const struct bench_result *r, const struct variant_result *v, int image)
{
    char *name;
    int length = r->workload.images == 1 ? asprintf(&name, "%s.png", v->variant->name)
                                         : asprintf(&name, "%s-%02d.png", v->variant->name, image);
    return length < 0 ? NULL : name;
}

/* One process being measured. */
struct measuring {
    const struct bench_result *result;
    struct variant_result *v;
    struct progress *progress;
    int process;
    struct usage begin; /* of the process */
    struct err error;
};

static struct usage read_usage(const cJSON *report, const char *name)
{
    const cJSON *u = cJSON_GetObjectItemCaseSensitive(report, name);
    return (struct usage){.time_ns = (int64_t)json_number(u, "time_ns"),
                          .own_ns = (int64_t)json_number(u, "own_ns"),
                          .machine = {(int64_t)json_number(u, "busy_ticks"), (int64_t)json_number(u, "stolen_ticks"),
                                      (int)json_number(u, "processors")}};
}

static void add_phase(struct sample *s, const char *name, int64_t begin_ns, int64_t time_ns)
{
    if (s->phases == MAX_SAMPLE_PHASES)
        return;
    struct sample_phase *phase = &s->phase[s->phases++];
    *phase = (struct sample_phase){.begin_ns = begin_ns, .time_ns = time_ns};
    snprintf(phase->name, sizeof phase->name, "%s", name);
}

static void read_sample(struct measuring *m, const cJSON *report)
{
    struct variant_result *v = m->v;
    struct sample *more = realloc(v->sample, ((size_t)v->samples + 1) * sizeof *more);
    if (!more) {
        m->error = err_first(m->error, err_fail("out of memory for samples"));
        return;
    }
    v->sample = more;
    struct sample *s = &more[v->samples++];
    *s = (struct sample){.cold = !strcmp(json_string(report, "sample"), "cold"),
                         .process = m->process,
                         .begin = read_usage(report, "begin"),
                         .end = read_usage(report, "end"),
                         .peak_resident_bytes = (uint64_t)json_number(report, "peak_resident_bytes"),
                         .pixels_hash = json_hash(report, "pixels_hash"),
                         .latents_hash = json_hash(report, "latents_hash")};
    if (s->cold) { /* it began when its process did, with no CPU time used */
        add_phase(s, phases[PHASE_spawn].title, m->begin.time_ns, s->begin.time_ns - m->begin.time_ns);
        s->begin = (struct usage){.time_ns = m->begin.time_ns, .machine = m->begin.machine};
    }
    const cJSON *phase;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(report, "phases")) add_phase(
        s, json_string(phase, "name"), (int64_t)json_number(phase, "begin_ns"), (int64_t)json_number(phase, "time_ns"));
    progress_clear(m->progress);
    char time[TIME_TEXT];
    struct foreign f = foreign_of(&s->begin, &s->end);
    if (!m->result->options->quiet)
        fprintf(stderr, "%s: %s start %s%s%s\n", v->variant->name, s->cold ? "cold" : "warm",
                time_text((double)sample_time_ns(s), time), f.disturbed ? " ! " : "", f.disturbed ? f.reason : "");
}

static void read_pipeline(struct variant_result *v, const cJSON *p)
{
    snprintf(v->backend, sizeof v->backend, "%s", json_string(p, "backend"));
    free(v->description);
    v->description = strdup(json_string(p, "description"));
    v->graph_hash = json_hash(p, "graph_hash");
    v->choice_hash = json_hash(p, "choice_hash");
    v->weights_bytes = (uint64_t)json_number(p, "weights_bytes");
    v->arena_bytes = (uint64_t)json_number(p, "arena_bytes");
    v->evaluations = (int)json_number(p, "evaluations");
    v->device = device_read(p);
}

static void read_report(void *context, const cJSON *report)
{
    struct measuring *m = context;
    if (cJSON_HasObjectItem(report, "pipeline"))
        read_pipeline(m->v, cJSON_GetObjectItemCaseSensitive(report, "pipeline"));
    else if (cJSON_HasObjectItem(report, "sample"))
        read_sample(m, report);
}

/* Arguments of a child: names and values, which live in the arena. */
struct arguments {
    const char *list[64];
    int count;
    struct arena arena;
};

static void add(struct arguments *a, const char *name, const char *value)
{
    if (!value)
        return;
    a->list[a->count++] = name;
    a->list[a->count++] = value;
}

#define ADD_FORMATTED(a, name, ...) add(a, name, arena_printf(&(a)->arena, __VA_ARGS__))

/* The job in full: a child takes no default of its own. */
static void add_job(struct arguments *a, const struct bench_result *r, const char *variant)
{
    const struct options *o = r->options;
    const struct workload *w = &r->workload;
    a->list[a->count++] = "generate";
    add(a, "--variant", variant);
    add(a, "--model", w->model);
    add(a, "--preset", r->preset->name);
    add(a, "--backend", o->backend);
    add(a, "--without", o->without);
    add(a, "--with", o->with);
    add(a, "--sampler", w->sampler);
    ADD_FORMATTED(a, "--weights-seed", "%" PRIu64, o->weights_seed);
    ADD_FORMATTED(a, "--steps", "%d", w->steps);
    ADD_FORMATTED(a, "--guidance", "%.17g", w->guidance);
    ADD_FORMATTED(a, "--size", "%dx%d", w->width, w->height);
    ADD_FORMATTED(a, "--images", "%d", w->images);
    ADD_FORMATTED(a, "--batch", "%d", r->batch);
    ADD_FORMATTED(a, "--seed", "%" PRIu64, o->seed);
    add(a, "--device", o->device);
    add(a, "--plan", o->plan);
    add(a, "--save-plan", o->save_plan);
    if (o->given[OPTION_tune_seconds])
        ADD_FORMATTED(a, "--tune-seconds", "%.17g", o->tune_seconds);
    if (o->threads)
        ADD_FORMATTED(a, "--threads", "%d", o->threads);
    if (o->force)
        a->list[a->count++] = "--force";
}

static struct err measure_process(struct measuring *m, const struct staging *s, int repeat)
{
    const struct workload *w = &m->result->workload;
    const char *variant = m->v->variant->name;
    struct arguments a = {0};
    char *latents = measure_latent_name(m->v);
    add_job(&a, m->result, variant);
    ADD_FORMATTED(&a, "--output", "%s/%s.png", s->hidden, variant);
    ADD_FORMATTED(&a, "--save-latents", "%s/%s", s->hidden, latents ? latents : "");
    ADD_FORMATTED(&a, "--phases", "%d", CHILD_FD);
    add(&a, "--first-prompt", workload_first_prompt(w, variant));
    if (repeat)
        ADD_FORMATTED(&a, "--repeat", "%d", repeat);
    a.list[a.count++] = "--quiet";
    a.list[a.count++] = "--";
    a.list[a.count++] = w->prompt;
    struct child_listener listener = {m->progress, read_report, m};
    struct err e = child_run(a.list, &listener, &m->begin);
    arena_free(&a.arena);
    free(latents);
    return err_first(e, m->error);
}

/* A variant that this machine lacks, or that does not fit its memory, is a row with the reason. What it measured before
 * that stays recorded. */
static bool becomes_a_row(struct measuring *m, struct err e)
{
    if (e.code != ERR_ABSENT && e.code != ERR_MEMORY)
        return false;
    m->v->absent = strdup(err_text(e));
    if (!m->result->options->quiet)
        fprintf(stderr, "%s: not here: %s\n", m->v->variant->name, err_text(e));
    return m->v->absent != NULL;
}

static bool any_able(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (!r->variant[i].absent)
            return true;
    return false;
}

struct err measure_run(struct bench_result *r, const struct staging *s, struct progress *p)
{
    int processes = r->workload.cold_samples;
    for (int process = 0; process < processes; process++)
        for (int i = 0; i < r->variants; i++) {
            struct variant_result *v = &r->variant[i];
            if (v->absent)
                continue;
            struct measuring m = {.result = r, .v = v, .progress = p, .process = process};
            p->label = v->variant->name;
            struct err e = measure_process(&m, s, process == processes - 1 ? r->warm_samples : 0);
            if (e.code && (!becomes_a_row(&m, e) || !any_able(r)))
                return err_wrap(e, "variant %s", v->variant->name);
            err_free(&e);
        }
    p->label = NULL;
    return OK;
}
