#include "bench/measure/job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"

struct err job_make(const struct options *o, const char *usual, struct job *out)
{
    *out = (struct job){.options = o};
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &out->preset));
    TRY(workload_from_options(o, usual, &out->workload));
    out->batch = o->batch && o->batch < out->workload.images ? o->batch : out->workload.images;
    out->threads = o->threads ? o->threads : machine_describe().cores;
    return OK;
}

void arguments_add(struct arguments *a, const char *name, const char *value)
{
    if (!value)
        return;
    a->list[a->count++] = name;
    a->list[a->count++] = value;
}

void arguments_free(struct arguments *a)
{
    arena_free(&a->arena);
    a->count = 0;
}

void job_arguments(const struct job *job, const char *variant, struct arguments *a)
{
    const struct options *o = job->options;
    const struct workload *w = &job->workload;
    a->list[a->count++] = "generate";
    arguments_add(a, "--variant", variant);
    arguments_add(a, "--model", w->model);
    arguments_add(a, "--preset", job->preset->name);
    arguments_add(a, "--backend", o->backend);
    arguments_add(a, "--without", o->without);
    arguments_add(a, "--with", o->with);
    arguments_add(a, "--sampler", w->sampler);
    ARGUMENTS_ADD(a, "--weights-seed", "%" PRIu64, o->weights_seed);
    ARGUMENTS_ADD(a, "--steps", "%d", w->steps);
    ARGUMENTS_ADD(a, "--guidance", "%.17g", w->guidance);
    ARGUMENTS_ADD(a, "--size", "%dx%d", w->width, w->height);
    ARGUMENTS_ADD(a, "--images", "%d", w->images);
    ARGUMENTS_ADD(a, "--batch", "%d", job->batch);
    ARGUMENTS_ADD(a, "--seed", "%" PRIu64, o->seed);
    arguments_add(a, "--device", o->device);
    if (o->given[OPTION_tune_seconds])
        ARGUMENTS_ADD(a, "--tune-seconds", "%.17g", o->tune_seconds);
    if (o->threads)
        ARGUMENTS_ADD(a, "--threads", "%d", o->threads);
    if (o->force)
        a->list[a->count++] = "--force";
}

static struct err add_variant(const char *list, const char *name, const struct variant *out[], int *count)
{
    const struct variant *found;
    TRY(err_wrap(variant_find(name, &found), "--variants"));
    for (int i = 0; i < *count; i++)
        if (out[i] == found)
            return err_fail("--variants %s: names %s twice", list, name);
    if (*count == MAX_VARIANTS)
        return err_fail("--variants %s: more than %d", list, MAX_VARIANTS);
    out[(*count)++] = found;
    return OK;
}

struct err job_variants(const char *list, const struct variant *out[MAX_VARIANTS], int *count)
{
    *count = 0;
    if (!strcmp(list, "all")) {
        for (size_t i = 0; variants[i].name; i++)
            if (!variants[i].tf32)
                TRY(add_variant(list, variants[i].name, out, count));
        return OK;
    }
    char *copy = strdup(list), *rest = copy;
    struct err e = copy ? OK : err_fail("out of memory");
    for (char *name; !e.code && (name = strsep(&rest, ","));)
        e = add_variant(list, name, out, count);
    free(copy);
    return e;
}
