#include "pipeline/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "pipeline/base/name.h"
#include "pipeline/base/phase.h"
#include "pipeline/model/manifest.h"
#include "pipeline/open_backend.h"
#include "pipeline/weights/cache.h"
#include "pipeline/weights/checkpoint.h"

struct engine {
    const struct model_config *config;
    const struct variant *variant;
    const struct backend *backend;
    void *state; /* the backend's */
    struct pass_choice choice;
    char *without, *with;
    struct arena names;
    struct checkpoint *checkpoint;
    char *path; /* of the checkpoint */
    uint64_t weight_bytes;
    bool synthetic, may_run, described, opened; /* described: there is no such device */
    void *arena;
    size_t arena_bytes;
    struct engine_progress progress;
};

bool engine_report(const struct engine *e, const char *what, uint64_t done, uint64_t total)
{
    return !e->progress.report || e->progress.report(e->progress.context, what, done, total);
}

/* Whether a variant is TF32 is known before the backend is opened: no default is. */
static struct err find_backend(struct engine *e, const struct engine_options *o)
{
    struct open_backend found;
    bool tf32 = e->variant && e->variant->tf32;
    struct err error = open_backend(o, tf32, &found);
    if (error.code)
        return tf32 ? err_wrap(error, "variant %s", e->variant->name) : error;
    e->backend = found.backend;
    e->state = found.state;
    e->opened = true;
    return OK;
}

/* What was asked for; else the fastest: 16-bit products where the machine has them. */
static struct err choose_variant(struct engine *e, const struct engine_options *o)
{
    struct err half = e->backend->check_half(e->state);
    const char *name = o->variant ? o->variant : half.code ? "fused" : "fused-mixed";
    struct err found = variant_find(name, &e->variant);
    if (!found.code && e->variant->half && half.code && !o->force)
        return err_wrap(half, "variant %s", name);
    err_free(&half);
    return found;
}

static bool making(void *context, uint64_t done, uint64_t total)
{
    return engine_report(context, "make weights", done, total);
}

static struct err open_weights(struct engine *e, const struct engine_options *o)
{
    struct manifest m = manifest_make(e->config, &e->names);
    struct checkpoint_rules rules = {e->config->text_width, e->config->text_heads, e->config->unet_heads};
    char *cached = NULL;
    if (e->synthetic)
        TRY(weights_cache(e->config->name, o->weights_seed, m.spec, m.count, &rules,
                          (struct weights_progress){making, e}, &cached));
    e->path = cached ? cached : strdup(o->model);
    struct err opened =
        e->path ? checkpoint_open(e->path, m.spec, m.count, &rules, &e->checkpoint) : err_fail("out of memory");
    if (!opened.code)
        e->weight_bytes = checkpoint_bytes(e->checkpoint);
    return opened;
}

/* A word without a slash was meant as a name. */
static struct err no_model(const char *model)
{
    size_t i;
    if (strchr(model, '/') || strchr(model, '.'))
        return err_fail("--model %s: no such file or folder", model);
    return name_find("model", model, (const char *const[]){"sd14", "tiny", NULL}, &i);
}

static struct err nothing_runs(void)
{
    return err_fail(
        "--device sm_XX describes a device that need not be here: plans are made for it (sdbench plan --memory), "
        "nothing runs on it");
}

struct err engine_open(const struct engine_options *o, const struct engine_progress *p, struct engine **out)
{
    struct engine *e = calloc(1, sizeof *e);
    struct err error = OK;
    *out = NULL;
    if (!e)
        return err_fail("out of memory");
    if (p)
        e->progress = *p;
    const char *model = o->model ? o->model : "sd14";
    e->config = model_config_find(model);
    e->synthetic = e->config != NULL;
    if (!e->config)
        e->config = model_config_find("sd14"); /* of a checkpoint of one's own */
    e->without = o->without ? strdup(o->without) : NULL;
    e->with = o->with ? strdup(o->with) : NULL;
    e->choice = (struct pass_choice){e->without, e->with};
    e->may_run = !o->no_weights;
    e->described = device_is_described(o->device);
    error = pass_choice_check(&e->choice);
    if (!error.code && e->described && e->may_run)
        error = nothing_runs();
    if (!error.code && o->variant)
        error = variant_find(o->variant, &e->variant);
    if (!error.code && !e->synthetic && !file_exists(model))
        error = no_model(model);
    if (!error.code)
        error = find_backend(e, o);
    if (!error.code)
        error = choose_variant(e, o);
    if (!error.code && !o->no_weights) {
        enum phase before = phase_enter(PHASE_open);
        error = open_weights(e, o);
        phase_return(before);
    }
    if (error.code)
        engine_free(e);
    else
        *out = e;
    return error;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    engine_close_weights(e);
    if (e->opened) {
        e->backend->release(e->state, e->arena, e->arena_bytes);
        e->backend->close(e->state);
    }
    arena_free(&e->names);
    free(e->path);
    free(e->without);
    free(e->with);
    free(e);
}

void engine_close_weights(struct engine *e)
{
    if (!e->checkpoint)
        return;
    enum phase before = phase_enter(PHASE_read);
    checkpoint_free(e->checkpoint);
    e->checkpoint = NULL;
    phase_return(before);
}

static struct err make_plan(struct engine *e, struct graph *g, struct plan **out)
{
    struct pass_context context = backend_pass_context(e->backend);
    struct err error = variant_apply(e->variant, &e->choice, &context, &g, NULL);
    if (error.code) {
        graph_free(g);
        return error;
    }
    return plan_make(g, e->backend, e->state, out);
}

struct err engine_plan(struct engine *e, struct graph *g, struct plan **out)
{
    enum phase before = phase_enter(PHASE_plan);
    struct err error = make_plan(e, g, out);
    phase_return(before);
    return error;
}

bool engine_runs_pass(const struct engine *e, const char *pass)
{
    return variant_runs(e->variant, &e->choice, pass);
}

static struct plan_memory memory_of(struct plan *const plan[], int count)
{
    struct plan_memory sum = {0};
    for (int i = 0; i < count; i++) {
        struct plan_memory m = plan_memory(plan[i]);
        sum.weights += m.weights;
        sum.arena = m.arena > sum.arena ? m.arena : sum.arena;
    }
    return sum;
}

struct err engine_check_memory(const struct engine *e, struct plan *const plan[], int count, const char *what)
{
    struct plan_memory m = memory_of(plan, count);
    uint64_t free_bytes = e->backend->free_bytes(e->state);
    if (!free_bytes || (uint64_t)m.weights + m.arena <= free_bytes)
        return OK;
    struct device_facts device;
    char others[64] = "";
    if (engine_device(e, &device) && device.other_processes > 0)
        snprintf(others, sizeof others, " beside %d other process%s on the device", device.other_processes,
                 device.other_processes > 1 ? "es" : "");
    return err_make(
        ERR_MEMORY,
        "%s needs %.2f GB (weights %.2f, activations %.2f), %.2f GB are free%s: choose a smaller --size or --batch",
        what, (double)(m.weights + m.arena) * 1e-9, (double)m.weights * 1e-9, (double)m.arena * 1e-9,
        (double)free_bytes * 1e-9, others);
}

/* Looking at all values is what brings a file's pages in. */
static int64_t read_weight(const struct stored_tensor *t)
{
    enum phase before = phase_enter(PHASE_read);
    int64_t bad = stored_tensor_first_not_finite(t);
    phase_add_bytes(t->bytes);
    phase_return(before);
    return bad;
}

static struct err find_weight(void *context, const char *name, struct weight *out)
{
    const struct engine *e = context;
    const struct stored_tensor *t = checkpoint_find(e->checkpoint, name);
    if (!t)
        return err_fail("the checkpoint has no tensor %s", name);
    int64_t bad = read_weight(t);
    if (bad >= 0)
        return err_fail(
            "%s: tensor %s: value %lld is not finite (NaN or infinity): the checkpoint is damaged, get it anew",
            e->path, name, (long long)bad);
    *out = (struct weight){t->name, t->dtype, shape_count(t->shape), t->data};
    return OK;
}

static void release_weight(void *context, const struct weight *w)
{
    const struct engine *e = context;
    const struct stored_tensor *t = checkpoint_find(e->checkpoint, w->name);
    if (t)
        stored_tensor_release(t);
}

static void expect_weight(void *context, const char *name)
{
    const struct engine *e = context;
    const struct stored_tensor *t = checkpoint_find(e->checkpoint, name);
    enum phase before = phase_enter(PHASE_read);
    if (t && !t->unusable)
        stored_tensor_expect(t);
    phase_return(before);
}

/* Progress over several plans, in launches. */
struct load_progress {
    const struct engine *e;
    size_t before, total;
    bool cancelled;
};

static void loaded(void *context, size_t done, size_t total)
{
    (void)total;
    struct load_progress *p = context;
    p->cancelled |= !engine_report(p->e, "load weights", p->before + done, p->total);
}

static struct err take_arena(struct engine *e, size_t bytes)
{
    if (bytes <= e->arena_bytes)
        return OK;
    e->backend->release(e->state, e->arena, e->arena_bytes);
    e->arena = NULL;
    e->arena_bytes = 0;
    TRY(e->backend->allocate(e->state, bytes, &e->arena));
    e->arena_bytes = bytes;
    return OK;
}

/* One arena serves all of them in turn. */
static struct err bind_plans(struct engine *e, struct plan *const plan[], int count)
{
    enum phase before = phase_enter(PHASE_plan);
    struct err error = take_arena(e, memory_of(plan, count).arena);
    phase_return(before);
    TRY(error);
    for (int i = 0; i < count; i++)
        TRY(plan_bind(plan[i], e->arena));
    return count ? plan_wait(plan[0]) : OK;
}

struct err engine_keep_choices(const struct engine *e)
{
    enum phase before = phase_enter(PHASE_plan);
    struct err error = e->backend->keep_choices ? e->backend->keep_choices(e->state) : OK;
    phase_return(before);
    return error;
}

/* Weights may still be on their way to a device. */
static struct err wait_for_weights(const struct engine *e)
{
    if (!e->backend->finish)
        return OK;
    enum phase before = phase_enter(PHASE_upload);
    struct err error = e->backend->finish(e->state);
    phase_return(before);
    return error;
}

struct err engine_load(struct engine *e, struct plan *const plan[], int count)
{
    struct weight_source source = {e, find_weight, release_weight, expect_weight};
    struct load_progress progress = {.e = e};
    if (!e->may_run)
        return err_fail("this engine was opened without weights");
    TRY(engine_keep_choices(e));
    for (int i = 0; i < count; i++)
        progress.total += plan_launches(plan[i]);
    for (int i = 0; i < count; i++) {
        TRY(plan_load(plan[i], &source, loaded, &progress));
        TRY(wait_for_weights(e));
        progress.before += plan_launches(plan[i]);
        if (progress.cancelled)
            return err_make(ERR_CANCELLED, "cancelled");
    }
    return bind_plans(e, plan, count);
}

struct err engine_load_made_up(struct engine *e, struct plan *const plan[], int count)
{
    if (e->described)
        return nothing_runs();
    for (int i = 0; i < count; i++)
        TRY(plan_load_made_up(plan[i]));
    return bind_plans(e, plan, count);
}

const struct model_config *engine_config(const struct engine *e)
{
    return e->config;
}

const struct variant *engine_variant(const struct engine *e)
{
    return e->variant;
}

const struct backend *engine_backend(const struct engine *e)
{
    return e->backend;
}

void *engine_state(const struct engine *e)
{
    return e->state;
}

uint64_t engine_weight_bytes(const struct engine *e)
{
    return e->weight_bytes;
}

bool engine_is_synthetic(const struct engine *e)
{
    return e->synthetic;
}

void engine_describe(const struct engine *e, struct text *out)
{
    e->backend->describe(e->state, out);
}

bool engine_device(const struct engine *e, struct device_facts *out)
{
    *out = (struct device_facts){.other_processes = -1};
    if (e->backend->device)
        e->backend->device(e->state, out);
    return e->backend->device != NULL;
}
