#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/gate/command.h"
#include "bench/gate/gate.h"
#include "bench/measure/probe.h"
#include "bench/measure/sensors_json.h"
#include "pipeline/base/file.h"

static const char *const side_names[SIDES] = {"base", "new", "control"};

struct floor_key gate_floor_key(const struct gate *g, const struct gated *v)
{
    struct floor_key key = {.row = "warm"};
    struct machine machine = machine_describe();
    const struct device_facts *device = &v->row[SIDE_NEW].facts.device;
    floor_machine(&machine, *device->name ? device : NULL, key.machine);
    snprintf(key.backend, sizeof key.backend, "%s", g->result.job.backend);
    snprintf(key.workload, sizeof key.workload, "%s", g->result.job.workload.name);
    snprintf(key.variant, sizeof key.variant, "%s", v->variant->name);
    return key;
}

/* Whether a program knows a variant by name: an older one may not. */
static struct err knows(const char *program, const char *variant, bool *known)
{
    const char *argv[] = {program ? program : "/proc/self/exe", "list", "variants", "--json", NULL};
    char *text = NULL;
    int code;
    TRY(command_text(argv, &text, &code));
    cJSON *list = code ? NULL : cJSON_Parse(text);
    const cJSON *row;
    *known = false;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(list, "variants"))
    {
        const cJSON *own = cJSON_GetObjectItemCaseSensitive(row, "name");
        *known |= cJSON_IsString(own) && !strcmp(own->valuestring, variant);
    }
    cJSON_Delete(list);
    free(text);
    return code ? err_fail("it does not say which variants it has (sdbench list variants --json ended with code %d)",
                           code)
                : OK;
}

/* *here: it can be measured; else *why (malloc'ed) says why not. */
static struct err look_at_side(struct gate *g, struct variant_result *row, const char *title, bool *here, char **why)
{
    struct job *job = &g->result.job;
    struct probe p;
    bool known = false;
    TRY(err_wrap(knows(row->program, row->variant->name, &known), "%s", title));
    *here = false;
    if (!known) {
        *why = strdup("it does not know this variant");
        return OK;
    }
    struct err e = probe_variant(job, row->program, row->variant->name, &g->progress, &p);
    row->mapped = p.mapped;
    if (e.code == ERR_ABSENT) {
        *why = strdup(err_text(e));
        err_free(&e);
        return OK;
    }
    if (e.code)
        return err_wrap(e, "%s cannot be measured (a build from before this gate cannot be)", title);
    probe_tell(&p, job);
    *here = true;
    return OK;
}

static struct err look_at(struct gate *g, struct gated *v)
{
    bool base = false, new = false;
    char *why_base = NULL, *why_new = NULL;
    struct err e = look_at_side(g, &v->row[SIDE_BASE], "the base", &base, &why_base);
    if (!e.code)
        e = look_at_side(g, &v->row[SIDE_NEW], "the new side", &new, &why_new);
    if (!e.code) {
        v->only_new = new && !base;
        v->only_base = base && !new;
        if (!base && !new)
            v->absent = strdup(why_new ? why_new : "");
        snprintf(v->verdict_text, sizeof v->verdict_text, "%s", !base && why_base ? why_base : why_new ? why_new : "");
    }
    free(why_base);
    free(why_new);
    return e;
}

static struct err choose_variants(struct gate *g, const struct variant *out[MAX_VARIANTS], int *count)
{
    struct probe p;
    if (g->o->variants)
        return job_variants(g->o->variants, out, count);
    struct err e = probe_variant(&g->result.job, g->new.program, "fused-mixed", &g->progress, &p);
    file_list_free(&p.mapped);
    if (e.code && e.code != ERR_ABSENT)
        return e;
    const char *usual = e.code ? "fused" : "fused-mixed";
    err_free(&e);
    return job_variants(usual, out, count);
}

static struct err make_rows(struct gate *g)
{
    const struct variant *named[MAX_VARIANTS];
    struct bench_result *r = &g->result;
    TRY(choose_variants(g, named, &g->variants));
    if (g->variants > MAX_GATED)
        return err_fail("--variants: a gate takes %d at once", MAX_GATED);
    r->variants = SIDES * g->variants;
    for (int i = 0; i < g->variants; i++) {
        struct gated *v = &g->gated[i];
        v->variant = named[i];
        v->row = &r->variant[SIDES * i];
        for (int side = 0; side < SIDES; side++) {
            v->row[side].variant = named[i];
            v->row[side].side = side_names[side];
            v->row[side].program = side == SIDE_NEW ? g->new.program : g->base.program;
        }
        TRY(look_at(g, v));
    }
    return OK;
}

/* A floor that was measured on this machine, where it is above the margin. */
static struct err set_floors(struct gate *g)
{
    double share = g->o->given[OPTION_margin] ? g->o->margin / 100 : 0.01;
    double ns = g->o->given[OPTION_least_ms] ? g->o->least_ms * 1e6 : 2e6;
    struct floor_file file = {0};
    char *path = NULL;
    TRY(floors_path(&path));
    struct err e = floors_read(path, &file);
    for (int i = 0; i < g->variants && !e.code; i++) {
        struct floor_key key = gate_floor_key(g, &g->gated[i]);
        const struct noise_floor *own = floors_find(&file, &key);
        g->gated[i].calibrated = own && own->floor > share;
        g->gated[i].floors = (struct floors){own && own->floor > share ? own->floor : share, ns};
    }
    floors_free(&file);
    free(path);
    return e;
}

/* Where a backend chooses by timing, each side chooses once: all its processes then take the same. */
static struct err tune_once(struct gate *g, struct gated *v)
{
    for (int side = SIDE_BASE; side <= SIDE_NEW && g->result.job.keeps_plans; side++) {
        char name[96];
        snprintf(name, sizeof name, "plan-%s-%s", v->variant->name, side_names[side]);
        if (!(v->plan[side] = run_folder_file(&g->folder, name)))
            return err_fail("out of memory");
        v->row[side].save_plan = v->plan[side];
        TRY(bench_measure_process(&g->run, &v->row[side], STATE_C2, -1, ""));
        v->row[side].save_plan = NULL;
        v->row[side].plan = v->plan[side];
    }
    v->row[SIDE_CONTROL].plan = v->plan[SIDE_BASE];
    return OK;
}

/* Whether some side can be measured: only then it is known which weights that takes. */
static bool any_here(const struct gate *g)
{
    for (int i = 0; i < g->variants; i++)
        if (!g->gated[i].absent)
            return true;
    return false;
}

struct err gate_prepare(struct gate *g)
{
    TRY(make_rows(g));
    if (any_here(g)) {
        TRY(bench_find_files(&g->run));
        TRY(bench_sense(&g->run));
    }
    cJSON *record =
        record_environment(&g->folder, &g->result.job, g->gated[0].variant->name, g->run.weights, &g->run.driver);
    sensors_json_describe(record, g->run.sensors);
    cJSON_AddStringToObject(record, "base", g->base.title);
    cJSON_AddStringToObject(record, "base_revision", g->base.revision);
    cJSON_AddStringToObject(record, "new", g->new.title);
    cJSON_AddStringToObject(record, "new_revision", g->new.revision);
    cJSON_AddNumberToObject(record, "order_seed", (double)g->seed);
    if (g->o->canary > 0)
        cJSON_AddNumberToObject(record, "canary_share", g->o->canary / 100);
    TRY(run_folder_append(&g->folder, record));
    for (int i = 0; i < g->variants; i++)
        if (!g->gated[i].absent && !g->gated[i].only_new && !g->gated[i].only_base)
            TRY(tune_once(g, &g->gated[i]));
    return set_floors(g); /* a device is known once a process ran on it */
}
