#include "bench/measure/records.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/device.h"
#include "bench/json.h"
#include "bench/measure/foreign.h"
#include "bench/measure/sensors_json.h"
#include "bench/phase_json.h"
#include "bench/record/command_line.h"
#include "bench/record/environment.h"
#include "bench/record/record.h"
#include "bench/record/variables.h"

cJSON *record_of(const struct run_folder *f, const struct job *job, const char *kind, const char *variant,
                 const struct pipeline_facts *facts)
{
    const char *backend = facts && *facts->backend ? facts->backend : job->backend;
    cJSON *record = record_begin(kind, f->run, variant, backend, job->workload.name);
    if (facts)
        device_add_name(record, &facts->device);
    return record;
}

static cJSON *of_variant(const struct run_folder *f, const struct bench_result *r, const char *kind,
                         const struct variant_result *v)
{
    cJSON *record = record_of(f, &r->job, kind, v->variant->name, &v->facts);
    if (v->side)
        cJSON_AddStringToObject(record, "side", v->side);
    return record;
}

static void add_job(cJSON *record, const struct job *job)
{
    const struct workload *w = &job->workload;
    const struct options *o = job->options;
    cJSON *object = cJSON_AddObjectToObject(record, "job");
    cJSON_AddStringToObject(object, "model", model_config_find(w->model) ? w->model : "checkpoint");
    cJSON_AddBoolToObject(object, "synthetic_weights", job->synthetic);
    if (job->synthetic)
        json_add_count(object, "weights_seed", o->weights_seed);
    cJSON_AddStringToObject(object, "preset", job->preset->name);
    cJSON_AddStringToObject(object, "sampler", w->sampler);
    cJSON_AddStringToObject(object, "prompt", w->prompt);
    cJSON_AddNumberToObject(object, "steps", w->steps);
    cJSON_AddNumberToObject(object, "guidance", w->guidance);
    cJSON_AddNumberToObject(object, "width", w->width);
    cJSON_AddNumberToObject(object, "height", w->height);
    cJSON_AddNumberToObject(object, "images", w->images);
    cJSON_AddNumberToObject(object, "batch", job->batch);
    cJSON_AddNumberToObject(object, "threads", job->threads);
    json_add_count(object, "seed", o->seed);
    if (o->without)
        cJSON_AddStringToObject(object, "without", o->without);
    if (o->with)
        cJSON_AddStringToObject(object, "with", o->with);
}

static void add_schedule(cJSON *record, const struct schedule *s, const struct options *o)
{
    cJSON *object = cJSON_AddObjectToObject(record, "schedule"), *samples = cJSON_AddObjectToObject(object, "samples");
    for (int i = 0; i < STATE_COUNT; i++)
        if (s->count[i])
            cJSON_AddNumberToObject(samples, state_rows[i].name, s->count[i]);
    cJSON_AddBoolToObject(object, "workloads_own", !o->states && !o->samples);
    cJSON_AddNumberToObject(object, "burn_in_passes", s->burn_in);
    cJSON_AddBoolToObject(object, "settle", s->settle);
    json_add_count(object, "order_seed", s->seed);
    if (s->seconds > 0)
        json_add_count(object, "limit_ns", (uint64_t)(s->seconds * 1e9));
    if (s->precision > 0)
        cJSON_AddNumberToObject(object, "precision_ratio", s->precision);
}

cJSON *record_environment(const struct run_folder *f, const struct job *job, const char *names, const char *weights,
                          const struct driver *driver)
{
    cJSON *record = record_of(f, job, "environment", names, NULL);
    environment_add(record);
    environment_add_storage(record, "results", f->path);
    if (weights)
        environment_add_storage(record, "weights", weights);
    if (driver->devices)
        cJSON_AddStringToObject(record, "driver_persistence", driver_persistence_text(driver));
    else
        cJSON_AddStringToObject(record, "driver_not_held", driver->reason);
    cJSON_AddItemToObject(record, "command", command_line_words());
    add_job(record, job);
    return record;
}

void record_add_planned(cJSON *record, int samples)
{
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(record, "planned"), "samples", samples);
}

cJSON *record_bench(const struct run_folder *f, const struct bench_result *r, const char *weights,
                    const struct driver *driver)
{
    struct text names = {0};
    int able = 0;
    for (int i = 0; i < r->variants; i++) {
        text_add(&names, "%s%s", i ? "," : "", r->variant[i].variant->name);
        able += !r->variant[i].absent;
    }
    cJSON *record = record_environment(f, &r->job, text_get(&names), weights, driver);
    text_free(&names);
    add_schedule(record, &r->schedule, r->job.options);
    if (!r->schedule.seconds && !r->schedule.precision) /* then it is not known beforehand */
        record_add_planned(record, schedule_samples(&r->schedule, able));
    return record;
}

/* Words of a backend or the system may name a folder. */
static void add_redacted(cJSON *record, const char *name, const char *text)
{
    struct text plain = {0};
    words_redact(text, " ", &plain);
    cJSON_AddStringToObject(record, name, text_get(&plain));
    text_free(&plain);
}

cJSON *record_plan(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v)
{
    cJSON *record = of_variant(f, r, "plan", v);
    cJSON_AddStringToObject(record, "validity", v->absent ? "absent" : "valid");
    if (v->absent) {
        add_redacted(record, "reason", v->absent);
        return record;
    }
    if (*v->facts.device.name)
        device_add_more(record, &v->facts.device);
    add_redacted(record, "description", v->facts.description);
    cJSON_AddStringToObject(record, "first_prompt", workload_first_prompt(&r->job.workload, v->variant->name));
    cJSON_AddNumberToObject(record, "threads", r->job.threads);
    cJSON_AddNumberToObject(record, "evaluations", v->facts.evaluations);
    json_add_hash(record, "graph_hash", v->facts.graph_hash);
    json_add_hash(record, "choice_hash", v->facts.choice_hash);
    json_add_count(record, "launches", v->facts.launches);
    json_add_count(record, "flop", v->facts.flop);
    json_add_count(record, "weights_bytes", v->facts.weights_bytes);
    json_add_count(record, "arena_bytes", v->facts.arena_bytes);
    return record;
}

/* What others did meanwhile. */
static void add_foreign(cJSON *record, const struct sample *s)
{
    struct foreign f = foreign_of(&s->begin, &s->end);
    if (f.known) {
        cJSON_AddNumberToObject(record, "foreign_share", f.share);
        cJSON_AddNumberToObject(record, "stolen_share", f.stolen_share);
    } else {
        cJSON_AddStringToObject(record, "foreign_share_unknown", f.reason);
    }
}

static void add_share(cJSON *record, const char *name, double share)
{
    if (share >= 0)
        cJSON_AddNumberToObject(record, name, share);
}

static void add_evidence(cJSON *record, const struct state_evidence *e)
{
    add_share(record, "weights_resident_share", e->weights_resident);
    add_share(record, "libraries_resident_share", e->libraries_resident);
    if (e->plan_files >= 0)
        cJSON_AddNumberToObject(record, "plan_files", e->plan_files);
    if (e->jit_files >= 0)
        cJSON_AddNumberToObject(record, "jit_files", e->jit_files);
}

static int64_t part(int64_t before, int64_t after)
{
    return before == CONDITION_UNKNOWN || after == CONDITION_UNKNOWN ? CONDITION_UNKNOWN : after - before;
}

/* As they were at its end, but for what is counted: that is the sample's own part. */
static void add_conditions(cJSON *record, const struct sample *s)
{
    struct conditions c = s->after;
    c.disk_read_bytes = part(s->before.disk_read_bytes, c.disk_read_bytes);
    c.major_faults = part(s->before.major_faults, c.major_faults);
    c.minor_faults = part(s->before.minor_faults, c.minor_faults);
    c.throttle_events = part(s->before.throttle_events, c.throttle_events);
    conditions_add(record, &c);
}

cJSON *record_sample(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v,
                     const struct sample *s)
{
    cJSON *record = of_variant(f, r, s->warm_up ? "warm_up" : "sample", v);
    cJSON_AddStringToObject(record, "state", s->state->name);
    cJSON_AddNumberToObject(record, "process", s->process);
    if (s->round < 0)
        cJSON_AddBoolToObject(record, "burn_in", true);
    else
        cJSON_AddNumberToObject(record, "round", s->round);
    json_add_count(record, "at_ns", (uint64_t)s->begin.time_ns);
    json_add_count(record, "time_ns", (uint64_t)sample_time_ns(s));
    json_add_count(record, "write_ns", (uint64_t)s->write_ns);
    cJSON_AddStringToObject(record, "validity", validity_names[s->validity]);
    if (s->validity)
        add_redacted(record, "reason", s->reason);
    phase_json_add(record, s->phase, s->begin.time_ns, s->unaccounted_ns);
    if (!s->state->live)
        add_evidence(record, &s->evidence);
    add_foreign(record, s);
    json_add_count(record, "processor_time_ns", (uint64_t)(s->end.own_ns - s->begin.own_ns));
    json_add_count(record, "peak_resident_bytes", s->peak_resident_bytes);
    json_add_hash(record, "choice_hash", s->choice_hash);
    json_add_hash(record, "latents_hash", s->latents_hash);
    json_add_hash(record, "pixels_hash", s->pixels_hash);
    add_conditions(record, s);
    sensors_json_add(record, &s->sensors);
    return record;
}

cJSON *record_sensors(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v,
                      const struct sensor_summary *s, int64_t images)
{
    cJSON *record = of_variant(f, r, "sensors", v);
    sensors_json_add(record, s);
    if (!cJSON_HasObjectItem(record, "sensors")) {
        cJSON_Delete(record);
        return NULL;
    }
    json_add_count(record, "images", (uint64_t)images);
    if (isfinite(s->energy_mj) && images > 0)
        cJSON_AddNumberToObject(record, "image_energy_mj", s->energy_mj / (double)images);
    return record;
}

cJSON *record_equivalence(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v)
{
    const struct variant_error *e = &v->error;
    cJSON *record = of_variant(f, r, "equivalence", v);
    cJSON_AddStringToObject(record, "reference_variant", "standard");
    cJSON_AddBoolToObject(record, "equal", e->equal);
    if (isfinite(e->latent_l2))
        cJSON_AddNumberToObject(record, "latent_relative_l2_ratio", e->latent_l2);
    if (isfinite(e->psnr_db)) /* absent: infinite, all pixels are equal */
        cJSON_AddNumberToObject(record, "pixels_psnr_db", e->psnr_db);
    cJSON_AddNumberToObject(record, "pixels_differ_ratio", e->share);
    cJSON_AddNumberToObject(record, "pixels_largest_difference", e->largest);
    return record;
}
