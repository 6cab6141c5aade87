#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/table.h"

static void add_summary(cJSON *row, const char *name, const struct summary *s, const struct foreign_summary *f)
{
    cJSON *object = cJSON_AddObjectToObject(row, name);
    cJSON_AddNumberToObject(object, "samples", s->n);
    if (!s->n)
        return;
    json_add_count(object, "median_ns", (uint64_t)s->median);
    json_add_count(object, "low_ns", (uint64_t)s->low);
    json_add_count(object, "high_ns", (uint64_t)s->high);
    cJSON_AddStringToObject(object, "low_to_high", s->is_interval ? "95 % interval" : "range");
    cJSON_AddNumberToObject(object, "disturbed_samples", f->disturbed);
    cJSON_AddNumberToObject(object, "unjudged_samples", f->unknown);
    if (f->unknown < f->samples)
        cJSON_AddNumberToObject(object, "largest_foreign_share", f->largest);
}

static void add_error(cJSON *row, const struct variant_error *e)
{
    if (!e->known)
        return;
    cJSON *object = cJSON_AddObjectToObject(row, "error");
    cJSON_AddStringToObject(object, "reference", "standard");
    cJSON_AddBoolToObject(object, "equal", e->equal);
    if (isfinite(e->latent_l2))
        cJSON_AddNumberToObject(object, "latent_relative_l2", e->latent_l2);
    if (isfinite(e->psnr_db))
        cJSON_AddNumberToObject(object, "pixels_psnr_db", e->psnr_db);
    cJSON_AddNumberToObject(object, "pixels_differ_ratio", e->share);
    cJSON_AddNumberToObject(object, "pixels_largest_difference", e->largest);
}

static void add_phases(cJSON *row, const struct sample *s)
{
    cJSON *phases = cJSON_AddObjectToObject(row, "cold_phases");
    for (int i = 0; i < s->phases; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_ns", s->phase[i].name);
        for (char *space = name; (space = strchr(space, ' '));)
            *space = '_';
        json_add_count(phases, name, (uint64_t)s->phase[i].time_ns);
    }
    cJSON_AddNumberToObject(phases, "unaccounted_ns", (double)sample_unaccounted_ns(s));
}

static struct err add_row(const struct bench_result *r, const struct variant_result *v, cJSON *rows)
{
    struct table_row figures;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddItemToArray(rows, row);
    cJSON_AddStringToObject(row, "variant", v->variant->name);
    if (v->absent) {
        cJSON_AddStringToObject(row, "absent", v->absent);
        return OK;
    }
    TRY(table_row_of(r, v, &figures));
    add_summary(row, "cold", &figures.cold, &figures.cold_foreign);
    add_summary(row, "warm", &figures.warm, &figures.warm_foreign);
    json_add_count(row, "image_ns", (uint64_t)(figures.warm.median / r->workload.images));
    if (figures.speed_up > 0)
        cJSON_AddNumberToObject(row, "speed_up_ratio", figures.speed_up);
    add_error(row, &v->error);
    const struct sample *cold = variant_result_median_cold(v);
    if (cold)
        add_phases(row, cold);
    json_add_count(row, "peak_resident_bytes", variant_result_peak_bytes(v));
    return OK;
}

struct err table_json(const struct bench_result *r, cJSON *out)
{
    struct text title = {0}, notes = {0};
    table_title(r, &title);
    table_marks(r, &notes);
    table_notes(r, &notes);
    cJSON_AddStringToObject(out, "workload", r->workload.name);
    cJSON_AddStringToObject(out, "title", text_get(&title));
    cJSON_AddStringToObject(out, "folder", r->folder);
    cJSON *rows = cJSON_AddArrayToObject(out, "rows"), *list = cJSON_AddArrayToObject(out, "notes");
    for (char *line = notes.bytes, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        cJSON_AddItemToArray(list, cJSON_CreateString(line));
    }
    text_free(&title);
    text_free(&notes);
    for (int i = 0; i < r->variants; i++)
        TRY(add_row(r, &r->variant[i], rows));
    return OK;
}
