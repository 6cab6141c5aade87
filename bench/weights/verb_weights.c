#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/verbs.h"
#include "bench/weights/task.h"
#include "pipeline/base/name.h"
#include "pipeline/weights/cache.h"

static struct err make_in_cache(const struct weights_task *t)
{
    struct weights_output out;
    char *path = NULL;
    if (t->o->given[OPTION_layout] || t->o->given[OPTION_dtype])
        return err_fail("the cache holds the diffusers layout in f32: give -o PATH for another layout or dtype");
    TRY(weights_output_of(t, &out));
    TRY(weights_cache(t->config->name, t->o->weights_seed, t->manifest.spec, t->manifest.count, &t->rules, out.progress,
                      &path));
    struct err e = weights_report_output(t, path);
    free(path);
    return e;
}

static struct err weights_make_action(const struct weights_task *t)
{
    struct weights_output out;
    if (!t->o->output)
        return make_in_cache(t);
    TRY(weights_output_of(t, &out));
    TRY(weights_make(&out, t->o->weights_seed));
    return weights_report_output(t, out.path);
}

static struct err weights_convert_action(const struct weights_task *t)
{
    struct weights_output out;
    struct checkpoint *from;
    if (!t->o->output)
        return err_fail("weights convert needs -o PATH, where the converted checkpoint goes");
    TRY(weights_output_of(t, &out));
    TRY(checkpoint_open(t->path, t->manifest.spec, t->manifest.count, &t->rules, &from));
    struct err e = weights_convert(&out, from);
    checkpoint_free(from);
    TRY(e);
    return weights_report_output(t, out.path);
}

static struct err weights_clean(const struct weights_task *t)
{
    uint64_t bytes;
    TRY(weights_cache_clean(t->path, &bytes));
    if (!t->o->json) {
        printf("removed %.2f GB from the cache of weights\n", (double)bytes * 1e-9);
        return OK;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "bytes", (double)bytes);
    return json_print(json);
}

static const struct action {
    const char *name;
    struct err (*run)(const struct weights_task *t);
    enum { PATH_NONE, PATH_OPTIONAL, PATH_NEEDED } path;
    bool model, seed, writes; /* which options it takes */
} actions[] = {
    // clang-format off
    {"make",    weights_make_action,    PATH_NONE,     true,  true,  true},
    {"list",    weights_list,           PATH_OPTIONAL, false, false, false},
    {"check",   weights_check,          PATH_NEEDED,   true,  false, false},
    {"convert", weights_convert_action, PATH_NEEDED,   true,  false, true},
    {"clean",   weights_clean,          PATH_OPTIONAL, false, false, false},
    // clang-format on
};

static struct err check_options(const struct options *o, const struct action *a)
{
    const struct {
        enum option_id id;
        const char *name;
        bool taken;
    } rules[] = {
        {OPTION_model, "--model", a->model},  {OPTION_weights_seed, "--weights-seed", a->seed},
        {OPTION_output, "-o", a->writes},     {OPTION_layout, "--layout", a->writes},
        {OPTION_dtype, "--dtype", a->writes}, {OPTION_out, "--out", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (o->given[rules[i].id] && !rules[i].taken)
            return err_fail("weights %s takes no %s (sdbench weights --help)", a->name, rules[i].name);
    int paths = o->arguments - 1;
    if (a->path == PATH_NEEDED && paths != 1)
        return err_fail("weights %s needs one checkpoint (a diffusers folder or a .safetensors file), %d were given",
                        a->name, paths);
    if (paths > (a->path != PATH_NONE))
        return err_fail("weights %s: \"%s\" is one argument too many%s", a->name, o->argument[o->arguments - 1],
                        a->writes ? " (the place to write to is -o PATH)" : "");
    return OK;
}

static struct err find_model(const char *name, const struct model_config **out)
{
    const char *names[8] = {0};
    size_t index;
    for (size_t i = 0; model_configs[i].name && i + 1 < ARRAY_LEN(names); i++)
        names[i] = model_configs[i].name;
    TRY(name_find("model size", name, names, &index));
    *out = &model_configs[index];
    return OK;
}

static struct err find_choices(struct weights_task *t)
{
    static const char *const kinds[] = {"f32", "f16", "bf16", NULL};
    static const enum dtype of_kind[] = {DTYPE_f32, DTYPE_f16, DTYPE_bf16};
    size_t index;
    TRY(name_find("layout", t->o->layout ? t->o->layout : weights_layouts[0], weights_layouts, &index));
    t->layout = (enum weights_layout)index;
    TRY(name_find("dtype", t->o->dtype ? t->o->dtype : kinds[0], kinds, &index));
    t->dtype = of_kind[index];
    return find_model(t->o->model ? t->o->model : "sd14", &t->config);
}

struct err verb_weights(const struct options *o)
{
    const char *names[ARRAY_LEN(actions) + 1] = {0};
    size_t index;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        names[i] = actions[i].name;
    if (!o->arguments)
        return err_fail("weights needs an action: make, list, check, convert or clean (sdbench weights --help)");
    TRY(name_find("action of weights", o->argument[0], names, &index));
    TRY(check_options(o, &actions[index]));
    struct weights_task t = {.o = o, .path = o->arguments > 1 ? o->argument[1] : NULL};
    TRY(find_choices(&t));
    t.manifest = manifest_make(t.config, &t.arena);
    t.rules = (struct checkpoint_rules){t.config->text_width, t.config->text_heads, t.config->unet_heads};
    struct progress progress;
    progress_open(&progress, o->quiet, 0);
    t.progress = &progress;
    struct err e = actions[index].run(&t);
    progress_clear(&progress);
    arena_free(&t.arena);
    return e;
}
