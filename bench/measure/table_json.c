#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/table.h"

static void add_summary(cJSON *parent, const char *name, const struct summary *s)
{
    cJSON *object = cJSON_AddObjectToObject(parent, name);
    cJSON_AddNumberToObject(object, "count", s->n);
    if (!s->n)
        return;
    json_add_count(object, "median_ns", (uint64_t)s->median);
    json_add_count(object, "low_ns", (uint64_t)s->low);
    json_add_count(object, "high_ns", (uint64_t)s->high);
    json_add_count(object, "smallest_ns", (uint64_t)s->smallest);
    json_add_count(object, "largest_ns", (uint64_t)s->largest);
    json_add_count(object, "mad_ns", (uint64_t)s->mad);
    cJSON_AddStringToObject(object, "low_to_high", s->is_interval ? "95 % interval of the median" : "range");
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

/* "weight read" becomes weight_read_ns. */
static void add_phase(cJSON *object, const char *title, int64_t ns)
{
    char name[64];
    snprintf(name, sizeof name, "%s_ns", title);
    for (char *space = name; (space = strchr(space, ' '));)
        *space = '_';
    json_add_count(object, name, (uint64_t)ns);
}

static void add_phases(cJSON *state, const struct start_details *d)
{
    cJSON *object = cJSON_AddObjectToObject(state, "median_sample");
    json_add_count(object, "time_ns", (uint64_t)d->time_ns);
    for (int p = 0; p < PHASE_COUNT; p++)
        if (d->phase[p].entries)
            add_phase(object, phases[p].title, d->phase[p].time_ns);
    add_phase(object, "unaccounted", d->unaccounted_ns);
}

static struct err add_state(const struct variant_result *v, enum state_id state, cJSON *list)
{
    struct summary with, without;
    int disturbed, n = variant_count(v, state, &disturbed);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(list, object);
    cJSON_AddStringToObject(object, "state", state_rows[state].name);
    cJSON_AddStringToObject(object, "validity", n ? "valid" : "invalid");
    if (v->invalid_reason[state])
        cJSON_AddStringToObject(object, "reason", v->invalid_reason[state]);
    cJSON_AddNumberToObject(object, "samples", n);
    cJSON_AddNumberToObject(object, "disturbed_samples", disturbed);
    TRY(variant_summary(v, state, WITH_WRITE, &with));
    TRY(variant_summary(v, state, WITHOUT_WRITE, &without));
    add_summary(object, "with_write", &with);
    add_summary(object, "without_write", &without);
    const struct start_details *d = variant_median_start(v, state);
    if (d)
        add_phases(object, d);
    return OK;
}

static void add_known(cJSON *row, const char *name, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(row, name, value);
}

static void add_sensed(cJSON *row, const struct variant_sensed *s)
{
    add_known(row, "image_energy_mj", sensed_image_mj(s));
    add_known(row, "power_cap_share", arm_share(&s->arm));
    add_known(row, "clock_hz", sensed_clock_hz(s));
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
    add_summary(row, "cold", &figures.cold);
    add_summary(row, "warm", &figures.warm);
    if (figures.warm.n)
        json_add_count(row, "image_ns", (uint64_t)(figures.warm.median / r->job.workload.images));
    if (figures.speed_up > 0)
        cJSON_AddNumberToObject(row, "speed_up_ratio", figures.speed_up);
    add_error(row, &v->error);
    add_sensed(row, &v->sensed);
    json_add_count(row, "peak_resident_bytes", v->peak_bytes);
    cJSON *states = cJSON_AddArrayToObject(row, "states");
    for (int i = 0; i < STATE_COUNT; i++)
        if (r->schedule.count[i])
            TRY(add_state(v, (enum state_id)i, states));
    return OK;
}

static void add_lines(cJSON *out, const char *name, struct text *lines)
{
    cJSON *list = cJSON_AddArrayToObject(out, name);
    for (char *line = lines->bytes, *end; line && (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        cJSON_AddItemToArray(list, cJSON_CreateString(line));
    }
    text_free(lines);
}

struct err table_json(const struct bench_result *r, cJSON *out)
{
    struct text title = {0}, notes = {0};
    table_title(r, &title);
    struct err e = table_notes(r, &notes);
    cJSON_AddStringToObject(out, "workload", r->job.workload.name);
    cJSON_AddStringToObject(out, "folder", r->folder);
    add_lines(out, "title", &title);
    add_lines(out, "notes", &notes);
    if (r->harness_pairs)
        cJSON_AddNumberToObject(out, "harness_ns", (double)r->harness_ns); /* below 0 where noise is larger */
    cJSON *rows = cJSON_AddArrayToObject(out, "rows");
    for (int i = 0; i < r->variants && !e.code; i++)
        e = add_row(r, &r->variant[i], rows);
    return e;
}
