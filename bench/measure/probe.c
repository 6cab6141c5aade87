#include "bench/measure/probe.h"

#include <stdio.h>

#include "bench/json.h"
#include "bench/measure/process.h"

/* What is being filled in. */
struct looking {
    struct probe *out;
    struct err error;
};

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static void take(void *context, const cJSON *report)
{
    struct looking *l = context;
    const cJSON *p = cJSON_GetObjectItemCaseSensitive(report, "probe");
    const cJSON *mapped = cJSON_GetObjectItemCaseSensitive(report, "mapped");
    if (p) {
        snprintf(l->out->backend, sizeof l->out->backend, "%s", json_string(p, "backend"));
        l->out->computes = is_true(p, "computes");
        l->out->synthetic = is_true(p, "synthetic");
        l->out->keeps_plans = is_true(p, "keeps_plans");
        l->out->has_device = is_true(p, "has_device");
        snprintf(l->out->device_bus, sizeof l->out->device_bus, "%s", json_string(p, "device_bus"));
    }
    if (mapped)
        l->error = err_first(l->error, process_read_mapped(mapped, &l->out->mapped));
}

static struct err run(struct arguments *a, const char *program, const char *prompt, struct progress *progress,
                      struct probe *out)
{
    *out = (struct probe){0};
    struct looking l = {out, OK};
    struct child_listener listener = {progress, take, &l};
    struct usage begin;
    ARGUMENTS_ADD(a, "--phases", "%d", CHILD_FD);
    a->list[a->count++] = "--probe";
    a->list[a->count++] = "--";
    a->list[a->count++] = prompt;
    struct err e = child_run(&(struct child){.program = program, .argument = a->list}, &listener, &begin);
    return err_first(l.error, e);
}

struct err probe_variant(const struct job *job, const char *program, const char *variant, struct progress *progress,
                         struct probe *out)
{
    struct arguments a = {0};
    job_arguments(job, variant, &a);
    arguments_add(&a, "--plan", job->options->plan);
    struct err e = run(&a, program, job->workload.prompt, progress, out);
    arguments_free(&a);
    return e;
}

void probe_tell(const struct probe *p, struct job *job)
{
    snprintf(job->backend, sizeof job->backend, "%s", p->backend);
    job->computes = p->computes;
    job->synthetic = p->synthetic;
    job->keeps_plans = p->keeps_plans;
    job->on_device = p->has_device;
    snprintf(job->sensed, sizeof job->sensed, "%s", *p->device_bus ? p->device_bus : p->has_device ? "unknown" : "");
}

bool probe_device(const struct options *o, struct progress *progress)
{
    struct arguments a = {.list = {"generate", "--model", "tiny"}, .count = 3};
    struct probe p;
    if (!backend_has_driver("cuda") && !o->backend) /* nothing needs to be started to know */
        return false;
    arguments_add(&a, "--backend", o->backend);
    arguments_add(&a, "--device", o->device);
    struct err e = run(&a, NULL, "a prompt", progress, &p);
    bool answers = !e.code && p.has_device;
    file_list_free(&p.mapped);
    arguments_free(&a);
    err_free(&e);
    return answers;
}
