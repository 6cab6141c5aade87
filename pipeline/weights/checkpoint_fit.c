#include "pipeline/weights/checkpoint_fit.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"
#include "pipeline/weights/names.h"

/* Tensors that training code leaves in checkpoints and that nobody needs. */
static const char *const ignored[WEIGHTS_LAYOUTS][16] = {
    [WEIGHTS_DIFFUSERS] = {"text_encoder/*embeddings.position_ids"},
    [WEIGHTS_COMPVIS] =
        {
            "cond_stage_model.transformer.*embeddings.position_ids",
            "model_ema.*",
            "betas",
            "alphas_cumprod*",
            "sqrt_*",
            "log_one_minus_alphas_cumprod",
            "posterior_*",
            "lvlb_weights",
            "logvar",
            "scale_factor",
        },
};

/* What does not fit, one list for each way. */
enum problem { MISSING, EXTRA, MISSHAPED, WRONG_DTYPE, PROBLEMS };
static const char *const problem_names[PROBLEMS] = {"missing", "not of this model", "misshaped",
                                                    "of another dtype than F32, F16 and BF16"};
struct problems {
    struct text list[PROBLEMS];
    size_t count[PROBLEMS];
};

/* Counts a problem and gives the list that its text goes to. */
static struct text *problem(struct problems *p, enum problem which)
{
    if (p->count[which]++)
        text_add(&p->list[which], "; ");
    return &p->list[which];
}

static size_t file_of(const struct checkpoint_files *f, const char *path)
{
    return f->layout == WEIGHTS_DIFFUSERS ? sub_model_of(path) : 0;
}

/* A path as the files spell it: without the sub-model in a folder's. */
static const char *spelling(const struct checkpoint_files *f, const char *path, char out[NAME_TEXT])
{
    if (f->layout == WEIGHTS_COMPVIS)
        return name_compvis(path, out);
    const char *slash = strchr(path, '/');
    return slash ? slash + 1 : path;
}

static const struct stored_tensor *find(const struct checkpoint_files *f, const char *path)
{
    char name[NAME_TEXT], other[NAME_TEXT];
    const struct safetensors *file = f->file[file_of(f, path)];
    const struct stored_tensor *t = safetensors_find(file, spelling(f, path, name));
    if (!t && name_other_spelling(path, other))
        t = safetensors_find(file, spelling(f, other, name));
    return t;
}

static bool is_weight(enum dtype dtype)
{
    return dtype == DTYPE_f32 || dtype == DTYPE_f16 || dtype == DTYPE_bf16;
}

static bool shape_fits(const struct tensor_spec *spec, struct shape shape)
{
    if (name_is_vae_attention(spec->name))
        while (shape.rank > spec->shape.rank && shape.dim[shape.rank - 1] == 1)
            shape.rank--;
    return shape_equal(shape, spec->shape);
}

/* The name by which a person finds the tensor: with the sub-model, where it is a folder's. */
static void check(const struct checkpoint_files *f, const struct tensor_spec *spec, const struct stored_tensor *t,
                  struct problems *p)
{
    char name[NAME_TEXT], is[SHAPE_TEXT], should[SHAPE_TEXT];
    const char *shown = f->layout == WEIGHTS_COMPVIS ? name_compvis(spec->name, name) : spec->name;
    if (!t)
        text_add(problem(p, MISSING), "%s", shown);
    else if (t->dtype == DTYPE_COUNT || !is_weight(t->dtype))
        text_add(problem(p, WRONG_DTYPE), "%s is %s", shown, t->tag);
    else if (t->unusable || !shape_fits(spec, t->shape))
        text_add(problem(p, MISSHAPED), "%s is %s%s, not %s", shown, t->unusable ? "of " : "",
                 t->unusable ? t->unusable : shape_text(t->shape, is), shape_text(spec->shape, should));
}

static bool is_ignored(enum weights_layout layout, const char *name)
{
    for (const char *const *pattern = ignored[layout]; *pattern; pattern++)
        if (!fnmatch(*pattern, name, 0))
            return true;
    return false;
}

static void check_extra(const struct checkpoint_files *f, size_t file, const bool *used, struct problems *p)
{
    for (size_t i = 0; i < safetensors_count(f->file[file]); i++) {
        struct text name = {0};
        text_add(&name, "%s%s%s", f->count > 1 ? sub_models[file] : "", f->count > 1 ? "/" : "",
                 safetensors_at(f->file[file], i)->name);
        if (!used[i] && !is_ignored(f->layout, name.bytes))
            text_add(problem(p, EXTRA), "%s", name.bytes);
        text_free(&name);
    }
}

static struct err report(const struct problems *p, size_t expected)
{
    struct text line = {0};
    for (int i = 0; i < PROBLEMS; i++)
        if (p->count[i])
            text_add(&line, "%s%zu %s: %s", line.length ? "; " : "", p->count[i], problem_names[i], p->list[i].bytes);
    struct err e = OK;
    if (p->count[MISSING] == expected && expected)
        e = err_fail("holds none of the model's %zu tensors; a checkpoint is a diffusers folder or a CompVis "
                     ".safetensors file",
                     expected);
    else if (line.length)
        e = err_fail("does not fit the model: tensors %s", line.bytes);
    text_free(&line);
    return e;
}

struct err checkpoint_fit(const struct checkpoint_files *f, const struct tensor_spec *spec, size_t count,
                          struct stored_tensor *out)
{
    struct problems p = {0};
    bool *used[SUB_MODELS] = {0};
    struct err e = OK;
    for (size_t i = 0; i < f->count; i++)
        if (!(used[i] = calloc(safetensors_count(f->file[i]) + 1, sizeof **used)))
            e = err_fail("out of memory");
    for (size_t i = 0; i < count && !e.code; i++) {
        const struct stored_tensor *t = find(f, spec[i].name);
        check(f, &spec[i], t, &p);
        if (!t)
            continue;
        size_t file = file_of(f, spec[i].name);
        used[file][t - safetensors_at(f->file[file], 0)] = true;
        out[i] = *t;
        out[i].shape = spec[i].shape;
    }
    for (size_t i = 0; i < f->count && !e.code; i++)
        check_extra(f, i, used[i], &p);
    if (!e.code)
        e = report(&p, count);
    for (int i = 0; i < PROBLEMS; i++)
        text_free(&p.list[i]);
    for (size_t i = 0; i < SUB_MODELS; i++)
        free(used[i]);
    return e;
}
