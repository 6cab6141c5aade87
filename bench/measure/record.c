#include "bench/measure/record.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/device.h"
#include "bench/json.h"
#include "bench/machine.h"
#include "bench/measure/foreign.h"
#include "bench/version.h"
#include "pipeline/base/file.h"

/* Where the next record goes. */
struct writing {
    const struct bench_result *r;
    struct text lines;
    bool failed;
};

static cJSON *record_begin(const struct writing *w, const char *kind, const char *variant, const char *backend)
{
    cJSON *record = cJSON_CreateObject();
    cJSON_AddNumberToObject(record, "schema", RECORD_SCHEMA);
    cJSON_AddStringToObject(record, "kind", kind);
    cJSON_AddStringToObject(record, "run", w->r->run);
    cJSON_AddStringToObject(record, "variant", variant);
    cJSON_AddStringToObject(record, "backend", backend);
    cJSON_AddStringToObject(record, "workload", w->r->workload.name);
    return record;
}

/* Of one variant, with what it ran on. */
static cJSON *record_of(const struct writing *w, const char *kind, const struct variant_result *v)
{
    cJSON *record = record_begin(w, kind, v->variant->name, v->backend);
    device_add_name(record, &v->device);
    return record;
}

static void record_end(struct writing *w, cJSON *record)
{
    char *line = cJSON_PrintUnformatted(record);
    w->failed |= !line;
    text_add(&w->lines, "%s\n", line ? line : "");
    cJSON_free(line);
    cJSON_Delete(record);
}

static void add_word(cJSON *list, const char *word)
{
    char *kept = device_redact(word);
    cJSON_AddItemToArray(list, cJSON_CreateString(kept ? kept : ""));
    free(kept);
}

/* The command line of this process, as it was typed but for paths and UUIDs. */
static void add_command(cJSON *record)
{
    cJSON *list = cJSON_AddArrayToObject(record, "command");
    FILE *f = fopen("/proc/self/cmdline", "r");
    char *word = NULL;
    size_t size = 0;
    while (f && getdelim(&word, &size, 0, f) > 0)
        add_word(list, word);
    free(word);
    if (f)
        fclose(f);
}

static void add_job(cJSON *record, const struct bench_result *r)
{
    const struct workload *w = &r->workload;
    cJSON *job = cJSON_AddObjectToObject(record, "job");
    cJSON_AddStringToObject(job, "model", w->model);
    cJSON_AddBoolToObject(job, "synthetic_weights", r->synthetic);
    if (r->synthetic)
        json_add_count(job, "weights_seed", r->options->weights_seed);
    cJSON_AddStringToObject(job, "preset", r->preset->name);
    cJSON_AddStringToObject(job, "sampler", w->sampler);
    cJSON_AddStringToObject(job, "prompt", w->prompt);
    cJSON_AddNumberToObject(job, "steps", w->steps);
    cJSON_AddNumberToObject(job, "guidance", w->guidance);
    cJSON_AddNumberToObject(job, "width", w->width);
    cJSON_AddNumberToObject(job, "height", w->height);
    cJSON_AddNumberToObject(job, "images", w->images);
    cJSON_AddNumberToObject(job, "batch", r->batch);
    json_add_count(job, "seed", r->options->seed);
    if (r->options->without)
        cJSON_AddStringToObject(job, "without", r->options->without);
    if (r->options->with)
        cJSON_AddStringToObject(job, "with", r->options->with);
}

static void add_environment(struct writing *w)
{
    const struct bench_result *r = w->r;
    struct machine m = machine_describe();
    struct text names = {0};
    struct arena arena = {0};
    const char *backend = r->options->backend ? r->options->backend : "auto";
    const struct device_facts *device = NULL;
    for (int i = 0; i < r->variants; i++) {
        text_add(&names, "%s%s", i ? "," : "", r->variant[i].variant->name);
        backend = *r->variant[i].backend ? r->variant[i].backend : backend;
        device = !device && *r->variant[i].device.name ? &r->variant[i].device : device;
    }
    cJSON *record = record_begin(w, "environment", text_get(&names), backend);
    cJSON_AddStringToObject(record, "sdbench", SDBENCH_VERSION);
    cJSON_AddStringToObject(record, "libraries", version_libraries(&arena));
    add_command(record);
    add_job(record, r);
    if (*m.cpu)
        cJSON_AddStringToObject(record, "cpu", m.cpu);
    cJSON_AddStringToObject(record, "kernel", m.kernel);
    cJSON_AddNumberToObject(record, "cores", m.cores);
    cJSON_AddNumberToObject(record, "cores_online", m.cores_online);
    json_add_count(record, "memory_bytes", m.memory_bytes);
    if (device) {
        device_add_name(record, device);
        device_add_more(record, device);
    }
    if (r->weights_resident >= 0)
        cJSON_AddNumberToObject(record, "weights_resident_ratio", r->weights_resident);
    record_end(w, record);
    text_free(&names);
    arena_free(&arena);
}

static void add_plan(struct writing *w, const struct variant_result *v)
{
    cJSON *record = record_of(w, "plan", v);
    cJSON_AddStringToObject(record, "validity", v->absent ? "absent" : "valid");
    if (v->absent) {
        cJSON_AddStringToObject(record, "reason", v->absent);
    } else {
        if (*v->device.name)
            device_add_more(record, &v->device);
        cJSON_AddStringToObject(record, "description", v->description ? v->description : "");
        cJSON_AddStringToObject(record, "first_prompt", workload_first_prompt(&w->r->workload, v->variant->name));
        cJSON_AddNumberToObject(record, "threads", w->r->threads);
        cJSON_AddNumberToObject(record, "evaluations", v->evaluations);
        json_add_hash(record, "graph_hash", v->graph_hash);
        json_add_hash(record, "choice_hash", v->choice_hash);
        json_add_count(record, "weights_bytes", v->weights_bytes);
        json_add_count(record, "arena_bytes", v->arena_bytes);
    }
    record_end(w, record);
}

/* What others did meanwhile, and so whether the sample can be believed. */
static void add_foreign(cJSON *record, const struct sample *s)
{
    struct foreign f = foreign_of(&s->begin, &s->end);
    if (f.known) {
        cJSON_AddNumberToObject(record, "foreign_share", f.share);
        cJSON_AddNumberToObject(record, "stolen_share", f.stolen_share);
    } else {
        cJSON_AddStringToObject(record, "foreign_share_unknown", f.reason);
    }
    cJSON_AddStringToObject(record, "validity", f.disturbed ? "disturbed" : "valid");
    if (f.disturbed)
        cJSON_AddStringToObject(record, "reason", f.reason);
}

static void add_sample(struct writing *w, const struct variant_result *v, int index)
{
    const struct sample *s = &v->sample[index];
    cJSON *record = record_of(w, "sample", v);
    cJSON_AddNumberToObject(record, "sample", index);
    cJSON_AddStringToObject(record, "start", s->cold ? "cold" : "warm");
    cJSON_AddNumberToObject(record, "process", s->process);
    json_add_count(record, "time_ns", (uint64_t)sample_time_ns(s));
    json_add_count(record, "processor_time_ns", (uint64_t)(s->end.own_ns - s->begin.own_ns));
    cJSON_AddNumberToObject(record, "threads", w->r->threads);
    json_add_count(record, "unaccounted_ns", (uint64_t)sample_unaccounted_ns(s));
    json_add_count(record, "peak_resident_bytes", s->peak_resident_bytes);
    json_add_hash(record, "latents_hash", s->latents_hash);
    json_add_hash(record, "pixels_hash", s->pixels_hash);
    add_foreign(record, s);
    record_end(w, record);
    for (int i = 0; i < s->phases; i++) {
        record = record_of(w, "phase", v);
        cJSON_AddNumberToObject(record, "sample", index);
        cJSON_AddStringToObject(record, "start", s->cold ? "cold" : "warm");
        cJSON_AddStringToObject(record, "phase", s->phase[i].name);
        cJSON_AddNumberToObject(record, "begin_ns", (double)(s->phase[i].begin_ns - s->begin.time_ns));
        cJSON_AddNumberToObject(record, "time_ns", (double)s->phase[i].time_ns);
        record_end(w, record);
    }
}

static void add_equivalence(struct writing *w, const struct variant_result *v)
{
    const struct variant_error *e = &v->error;
    cJSON *record = record_of(w, "equivalence", v);
    cJSON_AddStringToObject(record, "reference_variant", "standard");
    cJSON_AddBoolToObject(record, "equal", e->equal);
    if (isfinite(e->latent_l2))
        cJSON_AddNumberToObject(record, "latent_relative_l2_ratio", e->latent_l2);
    if (isfinite(e->psnr_db)) /* absent: infinite, all pixels are equal */
        cJSON_AddNumberToObject(record, "pixels_psnr_db", e->psnr_db);
    cJSON_AddNumberToObject(record, "pixels_differ_ratio", e->share);
    cJSON_AddNumberToObject(record, "pixels_largest_difference", e->largest);
    record_end(w, record);
}

struct err records_write(const struct bench_result *r, const char *path)
{
    struct writing w = {.r = r};
    add_environment(&w);
    for (int i = 0; i < r->variants; i++) {
        const struct variant_result *v = &r->variant[i];
        add_plan(&w, v);
        for (int k = 0; k < v->samples; k++)
            add_sample(&w, v, k);
        if (v->error.known)
            add_equivalence(&w, v);
    }
    struct file_writer file = {0};
    struct err e = w.failed ? err_fail("%s: out of memory", path) : file_create(path, &file);
    if (!e.code)
        e = file_write(&file, text_get(&w.lines), w.lines.length);
    if (!e.code)
        e = file_commit(&file);
    text_free(&w.lines);
    return e;
}
