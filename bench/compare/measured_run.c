#include "bench/compare/measured_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/measure/sensors_json.h"
#include "bench/statistics/by_process.h"

/* A file may hold anything: what would steer a terminal becomes '?'. */
static void copy_text(char *out, size_t size, const cJSON *record, const char *name)
{
    snprintf(out, size, "%s", json_string(record, name));
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

static struct measured_variant *variant_of(struct measured_run *r, const cJSON *record)
{
    struct measured_variant own = {0};
    copy_text(own.name, sizeof own.name, record, "variant");
    copy_text(own.side, sizeof own.side, record, "side");
    snprintf(own.title, sizeof own.title, "%s%s%s", own.name, *own.side ? " " : "", own.side);
    for (int i = 0; i < r->variants; i++)
        if (!strcmp(r->variant[i].name, own.name) && !strcmp(r->variant[i].side, own.side))
            return &r->variant[i];
    if (r->variants == MAX_MEASURED)
        return NULL;
    r->variant[r->variants] = own;
    return &r->variant[r->variants++];
}

/* What has to be equal for times to be comparable, in a fixed order. */
static struct err read_environment(struct measured_run *r, const cJSON *record)
{
    static const char *const machine[] = {"cpu", "cores", "memory_bytes"};
    const cJSON *job = cJSON_GetObjectItemCaseSensitive(record, "job");
    cJSON *facts = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(machine); i++)
        if (cJSON_HasObjectItem(record, machine[i]))
            cJSON_AddItemToObject(facts, machine[i],
                                  cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(record, machine[i]), true));
    copy_text(r->run, sizeof r->run, record, "run");
    copy_text(r->workload, sizeof r->workload, record, "workload");
    free(r->job);
    free(r->environment);
    r->job = cJSON_PrintUnformatted(job);
    r->environment = cJSON_PrintUnformatted(facts);
    cJSON_Delete(facts);
    return OK;
}

static void read_plan(struct measured_run *r, const cJSON *record)
{
    struct measured_variant *v = strcmp(json_string(record, "validity"), "valid") ? NULL : variant_of(r, record);
    if (!v)
        return;
    copy_text(v->device, sizeof v->device, record, "device");
    copy_text(v->slice, sizeof v->slice, record, "device_slice");
    copy_text(v->description, sizeof v->description, record, "description");
    copy_text(v->graph_hash, sizeof v->graph_hash, record, "graph_hash");
    copy_text(v->choice_hash, sizeof v->choice_hash, record, "choice_hash");
}

static struct err add_value(struct measured_series *s, double ns, int process, int round)
{
    if (s->n == s->room) {
        int room = s->room ? 2 * s->room : 16;
        double *more = realloc(s->ns, (size_t)room * sizeof *more);
        s->ns = more ? more : s->ns;
        int *processes = realloc(s->process, (size_t)room * sizeof *processes);
        s->process = processes ? processes : s->process;
        int *rounds = realloc(s->round, (size_t)room * sizeof *rounds);
        s->round = rounds ? rounds : s->round;
        if (!more || !processes || !rounds)
            return err_fail("out of memory for samples");
        s->room = room;
    }
    s->ns[s->n] = ns;
    s->process[s->n] = process;
    s->round[s->n++] = round;
    return OK;
}

/* False where it is no index that a run could reach. */
static bool read_index(const cJSON *record, const char *name, int *out)
{
    double value = json_number(record, name);
    bool is_one = value >= 0 && value < MOST_PROCESSES && value == floor(value);
    *out = is_one ? (int)value : 0;
    return is_one;
}

static void read_sensed(struct measured_sensed *to, const cJSON *record)
{
    struct sensor_summary s = sensors_json_read(record);
    arm_add(&to->arm, s.throttle_share[THROTTLE_power_cap]);
    if (s.median_clock_hz > 0) {
        to->clock_hz_sum += s.median_clock_hz;
        to->clocks++;
    }
}

/* Of a process. */
static void read_energy(struct measured_run *r, const cJSON *record)
{
    struct measured_variant *v = variant_of(r, record);
    double mj = json_number(record, "image_energy_mj");
    if (v && mj > 0 && mj < 1e18) {
        v->sensed[STATE_W1].energy_mj_sum += mj;
        v->sensed[STATE_W1].energies++;
    }
}

static struct err read_sample(struct measured_run *r, const cJSON *record)
{
    const char *validity = json_string(record, "validity");
    const struct state_row *state;
    struct err e = state_find(json_string(record, "state"), &state);
    struct measured_variant *v = e.code ? NULL : variant_of(r, record);
    err_free(&e);
    if (!v || cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(record, "burn_in")))
        return OK;
    v->invalid += !strcmp(validity, "invalid");
    v->disturbed += !strcmp(validity, "disturbed");
    if (!strcmp(validity, "invalid"))
        return OK;
    if (!state->cold) {
        copy_text(v->latents_hash, sizeof v->latents_hash, record, "latents_hash");
        copy_text(v->pixels_hash, sizeof v->pixels_hash, record, "pixels_hash");
    }
    int process, round;
    double time_ns = json_number(record, "time_ns");
    if (!(time_ns > 0) || time_ns > 1e18 || !read_index(record, "process", &process) ||
        !read_index(record, "round", &round))
        return OK; /* a damaged record */
    read_sensed(&v->sensed[state - state_rows], record);
    return add_value(&v->state[state - state_rows], time_ns, process, round);
}

static struct err take(void *context, const cJSON *record)
{
    struct measured_run *r = context;
    const char *kind = json_string(record, "kind");
    if (!strcmp(kind, "environment"))
        return read_environment(r, record);
    if (!strcmp(kind, "plan"))
        read_plan(r, record);
    if (!strcmp(kind, "sensors"))
        read_energy(r, record);
    if (!strcmp(kind, "profile"))
        r->has_profile |= variant_of(r, record) != NULL;
    return strcmp(kind, "sample") ? OK : read_sample(r, record);
}

static void keep_medians(struct measured_series *s)
{
    s->n = medians_by_process(s->ns, s->process, s->round, s->n);
}

struct err measured_run_read(const char *path, struct measured_run *out)
{
    *out = (struct measured_run){0};
    struct err e = records_read(path, (struct records_visitor){out, take}, &out->summary);
    if (!e.code && out->summary.records && out->summary.newest_schema < 2)
        e = err_fail("%s: its records are of schema 1, which has no cache states: measure again", path);
    if (!e.code && (!out->summary.has_environment || !out->job || !out->environment))
        e = err_fail("%s: holds no records of a run", path);
    for (int i = 0; i < out->variants && !e.code; i++)
        keep_medians(&out->variant[i].state[STATE_W1]);
    if (e.code)
        measured_run_free(out);
    return e;
}

void measured_run_free(struct measured_run *r)
{
    for (int i = 0; i < r->variants; i++)
        for (int s = 0; s < STATE_COUNT; s++) {
            free(r->variant[i].state[s].ns);
            free(r->variant[i].state[s].process);
            free(r->variant[i].state[s].round);
        }
    free(r->job);
    free(r->environment);
    *r = (struct measured_run){0};
}

const struct measured_variant *measured_find(const struct measured_run *r, const char *variant, const char *side)
{
    for (int i = 0; i < r->variants; i++)
        if (!strcmp(r->variant[i].name, variant) && (!side || !strcmp(r->variant[i].side, side)))
            return &r->variant[i];
    return NULL;
}
