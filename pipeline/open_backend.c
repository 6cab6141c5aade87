#include "pipeline/open_backend.h"

#include <string.h>

bool device_is_described(const char *device)
{
    return device && !strncmp(device, "sm_", 3);
}

struct pass_context backend_pass_context(const struct backend *b)
{
    return (struct pass_context){
        .half = b->half, .residual_float32 = !b->stores_residual_half, .bias_half = b->half == DTYPE_f16};
}

/* Options that only backends with devices understand are not passed over in silence. */
static struct err check_options(const struct engine_options *o, const struct backend *b)
{
    if (b->device)
        return OK;
    if (o->device)
        return err_fail("--device %s: backend %s has no devices to choose from", o->device, b->name);
    if (o->plan_file || o->save_plan)
        return err_fail("%s: backend %s makes no choices that could be kept", o->plan_file ? "--plan" : "--save-plan",
                        b->name);
    return OK;
}

static struct err open_named(const char *name, const struct engine_options *o, bool tf32, struct open_backend *out)
{
    const struct backend_options options = {.threads = o->threads,
                                            .force = o->force,
                                            .tf32 = tf32,
                                            .device = o->device,
                                            .tune_seconds = o->has_tune_seconds ? o->tune_seconds : -1,
                                            .plan_file = o->plan_file,
                                            .save_plan = o->save_plan};
    struct err found = backend_find(name, &out->backend);
    if (found.code == ERR_ABSENT)
        return err_wrap(found, "%s", "no usable backend (sdbench doctor; --backend reference runs anywhere, slowly)");
    TRY(found);
    if (tf32 && !out->backend->has_tf32)
        return err_make(ERR_ABSENT, "backend %s has no TF32 arithmetic: that is NVIDIA GPUs' (--backend cuda)", name);
    TRY(check_options(o, out->backend));
    return out->backend->open(&options, &out->state);
}

/* What only a GPU can do was asked for: then no other backend takes its place. */
static bool wants_gpu(const struct engine_options *o, bool tf32)
{
    return tf32 || o->device || o->plan_file || o->save_plan;
}

struct err open_backend(const struct engine_options *o, bool tf32, struct open_backend *out)
{
    *out = (struct open_backend){0};
    if (o->backend && strcmp(o->backend, "auto"))
        return open_named(o->backend, o, tf32, out);
    if (wants_gpu(o, tf32))
        return open_named("cuda", o, tf32, out);
    if (backend_has_driver("cuda")) {
        struct err e = open_named("cuda", o, tf32, out);
        if (e.code != ERR_ABSENT)
            return e;
        err_free(&e);
    }
    return open_named("cpu", o, tf32, out);
}
