#include "bench/measure/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/device.h"
#include "bench/json.h"

char *process_latent_name(const char *variant)
{
    char *name;
    return asprintf(&name, "%s.safetensors", variant) < 0 ? NULL : name;
}

char *process_picture_name(const struct job *job, const char *variant, int image)
{
    char *name;
    int length =
        job->workload.images == 1 ? asprintf(&name, "%s.png", variant) : asprintf(&name, "%s-%02d.png", variant, image);
    return length < 0 ? NULL : name;
}

/* A process on its way. */
struct running {
    const struct process *process;
    const struct state_row *cold;
    const struct process_listener *listener;
    struct usage begin; /* of the process */
    struct conditions before;
    struct pipeline_facts facts;
    struct err error;
};

/* It began when its process did, with no CPU time used. */
static void begin_with_process(struct sample *s, const struct usage *begin, const struct conditions *before)
{
    s->before = *before;
    s->phase[PHASE_spawn] =
        (struct phase_time){.begin_ns = begin->time_ns, .time_ns = s->begin.time_ns - begin->time_ns, .entries = 1};
    s->begin = (struct usage){.time_ns = begin->time_ns, .machine = begin->machine};
}

static void take_sample(struct running *r, const cJSON *report)
{
    const char *name = json_string(report, "sample");
    struct sample s = {0};
    sample_read(&s, report);
    if (!strcmp(name, "cold")) {
        s.state = r->cold;
        begin_with_process(&s, &r->begin, &r->before);
    } else if (!strcmp(name, "warm-up")) {
        s.warm_up = true;
        s.state = &state_rows[STATE_W1];
    } else {
        r->error = err_first(r->error, state_find(name, &s.state));
    }
    s.choice_hash = r->facts.choice_hash;
    if (s.state && !r->error.code)
        r->error = r->listener->sample(r->listener->context, &s);
}

static void take_pipeline(struct running *r, const cJSON *p)
{
    struct pipeline_facts *f = &r->facts;
    snprintf(f->backend, sizeof f->backend, "%s", json_string(p, "backend"));
    snprintf(f->description, sizeof f->description, "%s", json_string(p, "description"));
    f->graph_hash = json_hash(p, "graph_hash");
    f->choice_hash = json_hash(p, "choice_hash");
    f->weights_bytes = (uint64_t)json_number(p, "weights_bytes");
    f->arena_bytes = (uint64_t)json_number(p, "arena_bytes");
    f->launches = (uint64_t)json_number(p, "launches");
    f->flop = (uint64_t)json_number(p, "flop");
    f->evaluations = (int)json_number(p, "evaluations");
    f->device = device_read(p);
    r->listener->pipeline(r->listener->context, f);
}

struct err process_read_mapped(const cJSON *list, struct file_list *out)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, list) if (cJSON_IsString(item)) TRY(file_list_add(out, item->valuestring));
    file_list_sort(out);
    return OK;
}

static struct err take_mapped(struct running *r, const cJSON *list)
{
    struct file_list files = {0};
    struct err e = process_read_mapped(list, &files);
    if (!e.code)
        e = r->listener->mapped(r->listener->context, &files);
    file_list_free(&files);
    return e;
}

static void take_report(void *context, const cJSON *report)
{
    struct running *r = context;
    if (cJSON_HasObjectItem(report, "pipeline"))
        take_pipeline(r, cJSON_GetObjectItemCaseSensitive(report, "pipeline"));
    else if (cJSON_HasObjectItem(report, "sample"))
        take_sample(r, report);
    else if (cJSON_HasObjectItem(report, "mapped") && r->listener->mapped)
        r->error = err_first(r->error, take_mapped(r, cJSON_GetObjectItemCaseSensitive(report, "mapped")));
    else if (cJSON_HasObjectItem(report, "profile") && r->listener->profile)
        r->error = err_first(r->error, r->listener->profile(r->listener->context,
                                                            cJSON_GetObjectItemCaseSensitive(report, "profile")));
    else if (cJSON_HasObjectItem(report, "harness_ns") && r->listener->cost)
        r->listener->cost(r->listener->context, (int64_t)json_number(report, "harness_ns"),
                          (int)json_number(report, "pairs"));
}

static const char *picture_suffix(const struct process *p)
{
    return p->watched ? "-watched" : p->then && strstr(p->then, "W1") ? "" : "-cold";
}

/* What a process without warm samples writes is the picture of another prompt, perhaps: it has another name. */
static void add_arguments(const struct process *p, struct arguments *a)
{
    const struct workload *w = &p->job->workload;
    char *latents = process_latent_name(p->variant);
    job_arguments(p->job, p->variant, a);
    bool warm = p->then && strstr(p->then, "W1");
    ARGUMENTS_ADD(a, "--output", "%s/%s%s.png", p->folder, p->variant, picture_suffix(p));
    if (warm && latents)
        ARGUMENTS_ADD(a, "--save-latents", "%s/%s", p->folder, latents);
    ARGUMENTS_ADD(a, "--phases", "%d", CHILD_FD);
    arguments_add(a, "--first-prompt", workload_first_prompt(w, p->variant));
    arguments_add(a, "--then", p->then);
    arguments_add(a, "--trace", p->trace);
    arguments_add(a, "--trace-file", p->trace_file);
    if (p->trace && p->job->options->trace_steps)
        ARGUMENTS_ADD(a, "--trace-steps", "%d", p->job->options->trace_steps);
    arguments_add(a, "--plan", p->plan);
    arguments_add(a, "--save-plan", p->save_plan);
    if (p->slow_down > 0)
        ARGUMENTS_ADD(a, "--slow-down", "%.17g", p->slow_down);
    if (p->job->options->given[OPTION_idle])
        ARGUMENTS_ADD(a, "--idle", "%.17g", p->job->options->idle);
    a->list[a->count++] = "--quiet";
    a->list[a->count++] = "--";
    a->list[a->count++] = w->prompt;
    free(latents);
}

/* Pictures of a process that is watched are evidence of nothing that its hash does not tell. */
static void remove_pictures(const struct process *p)
{
    for (int i = 0; p->watched && i < p->job->workload.images; i++) {
        char *variant = NULL, *name = NULL, *path = NULL;
        if (asprintf(&variant, "%s%s", p->variant, picture_suffix(p)) >= 0 &&
            (name = process_picture_name(p->job, variant, i)) && asprintf(&path, "%s/%s", p->folder, name) >= 0)
            unlink(path);
        free(variant);
        free(name);
        free(path);
    }
}

struct err process_run(const struct process *p, const struct state_row *cold, const struct process_listener *l)
{
    struct running r = {.process = p, .cold = cold, .listener = l, .before = conditions_now()};
    r.before.disk_read_bytes = r.before.major_faults = r.before.minor_faults = 0; /* the process's own begin there */
    struct arguments a = {0};
    add_arguments(p, &a);
    struct child_listener listener = {l->progress, take_report, &r};
    struct err e = child_run(&(struct child){p->program, a.list, p->environment}, &listener, &r.begin);
    arguments_free(&a);
    remove_pictures(p);
    return err_first(r.error, e);
}
