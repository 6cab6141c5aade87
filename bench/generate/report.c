#include "bench/generate/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "bench/device.h"
#include "bench/json.h"
#include "bench/phase_json.h"
#include "bench/state/mapped.h"
#include "pipeline/model/model.h"

struct err report_send(int fd, cJSON *line)
{
    char *text = cJSON_PrintUnformatted(line);
    cJSON_Delete(line);
    struct err e = OK;
    if (!text)
        e = err_fail("out of memory for a report");
    else if (dprintf(fd, "%s\n", text) < 0)
        e = err_fail("--phases %d: cannot be written: %s", fd, strerror(errno));
    cJSON_free(text);
    return e;
}

static void add_usage(cJSON *line, const char *name, const struct usage *u)
{
    cJSON *object = cJSON_AddObjectToObject(line, name);
    json_add_count(object, "time_ns", (uint64_t)u->time_ns);
    json_add_count(object, "own_ns", (uint64_t)u->own_ns);
    json_add_count(object, "busy_ticks", (uint64_t)u->machine.busy_ticks);
    json_add_count(object, "stolen_ticks", (uint64_t)u->machine.stolen_ticks);
    json_add_count(object, "processors", (uint64_t)u->machine.processors);
}

void report_phases(cJSON *to, const struct phase_clock *clock)
{
    phase_json_add(to, clock->phase, 0, phase_clock_unaccounted_ns(clock));
}

static void add_conditions(cJSON *line, const char *name, const struct conditions *c)
{
    conditions_add(cJSON_AddObjectToObject(line, name), c);
}

void report_hashes(cJSON *to, const struct sd_images *images)
{
    size_t pixels = 3 * (size_t)images->width * (size_t)images->height * (size_t)images->count;
    size_t latents = pixels / 3 * LATENT_CHANNELS / (LATENT_SCALE * LATENT_SCALE);
    json_add_hash(to, "pixels_hash", XXH3_64bits(images->pixels, pixels));
    json_add_hash(to, "latents_hash", XXH3_64bits(images->latents, latents * sizeof *images->latents));
}

struct err report_sample(int fd, const struct sample_report *r)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "sample", r->name);
    cJSON_AddBoolToObject(line, "settled", r->settled);
    add_usage(line, "begin", &r->begin);
    add_usage(line, "end", &r->end);
    json_add_count(line, "write_ns", (uint64_t)r->write_ns);
    report_phases(line, &r->clock);
    add_conditions(line, "before", &r->before);
    add_conditions(line, "after", &r->after);
    json_add_count(line, "peak_resident_bytes", usage_peak_resident_bytes());
    report_hashes(line, r->images);
    return report_send(fd, line);
}

struct err report_pipeline(int fd, const struct sd *sd)
{
    cJSON *line = cJSON_CreateObject(), *p = cJSON_AddObjectToObject(line, "pipeline");
    struct sd_memory memory = sd_memory(sd);
    struct sd_work work = sd_work(sd);
    cJSON_AddStringToObject(p, "backend", sd_backend(sd));
    cJSON_AddStringToObject(p, "variant", sd_variant(sd));
    cJSON_AddStringToObject(p, "description", sd_backend_description(sd));
    json_add_hash(p, "graph_hash", sd_graph_hash(sd));
    json_add_hash(p, "choice_hash", sd_choice_hash(sd));
    json_add_count(p, "launches", work.launches);
    json_add_count(p, "flop", (uint64_t)work.flop);
    json_add_count(p, "evaluations", (uint64_t)sd_evaluations(sd));
    json_add_count(p, "weights_bytes", memory.weights);
    json_add_count(p, "arena_bytes", memory.arena);
    struct device_facts device;
    if (sd_device(sd, &device)) {
        device_add_name(p, &device);
        device_add_more(p, &device);
    }
    return report_send(fd, line);
}

struct err report_mapped(int fd)
{
    struct file_list files = {0};
    struct err e = mapped_files(0, &files);
    cJSON *line = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(line, "mapped");
    for (size_t i = 0; i < files.count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(files.path[i]));
    file_list_free(&files);
    if (!e.code)
        return report_send(fd, line);
    cJSON_Delete(line);
    return e;
}

struct err report_cost(int fd, int64_t harness_ns, int pairs)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddNumberToObject(line, "harness_ns", (double)harness_ns);
    cJSON_AddNumberToObject(line, "pairs", pairs);
    return report_send(fd, line);
}

struct err report_probe(int fd, const struct engine *engine)
{
    const struct backend *b = engine_backend(engine);
    cJSON *line = cJSON_CreateObject(), *p = cJSON_AddObjectToObject(line, "probe");
    cJSON_AddStringToObject(p, "backend", b->name);
    cJSON_AddBoolToObject(p, "computes", b->computes);
    cJSON_AddBoolToObject(p, "synthetic", engine_is_synthetic(engine));
    cJSON_AddBoolToObject(p, "keeps_plans", b->keep_choices != NULL);
    cJSON_AddBoolToObject(p, "has_device", b->device != NULL);
    struct device_facts device;
    if (engine_device(engine, &device))
        cJSON_AddStringToObject(p, "device_bus", device.bus);
    return report_send(fd, line);
}

void report_error(int fd, struct err e)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "error", err_text(e));
    cJSON_AddNumberToObject(line, "code", e.code);
    struct err failed = report_send(fd, line); /* there is nobody else to tell */
    err_free(&failed);
}
