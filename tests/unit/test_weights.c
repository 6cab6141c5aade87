/* Checkpoints written and read back: both layouts, three dtypes, made and converted. */
#include "pipeline/weights/checkpoint.h"
#include "pipeline/weights/store.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "pipeline/model/manifest.h"
#include "pipeline/weights/safetensors_writer.h"
#include "pipeline/weights/synthetic.h"
#include "tests/support/checkpoint_case.h"
#include "tests/support/scratch.h"

TestSuite(weights, .init = scratch_open, .fini = scratch_close);

static struct arena arena;
static struct manifest manifest;
static struct checkpoint_rules rules;

static void use_tiny(void)
{
    const struct model_config *c = model_config_find("tiny");
    manifest = manifest_make(c, &arena);
    rules = (struct checkpoint_rules){c->text_width, c->text_heads, c->unet_heads};
}

static const struct form {
    enum weights_layout layout;
    enum dtype dtype;
    const char *path, *file; /* of the UNet */
} forms[] = {
    {WEIGHTS_DIFFUSERS, DTYPE_f32, "f32", "f32/unet/diffusion_pytorch_model.safetensors"},
    {WEIGHTS_DIFFUSERS, DTYPE_f16, "f16", "f16/unet/diffusion_pytorch_model.fp16.safetensors"},
    {WEIGHTS_DIFFUSERS, DTYPE_bf16, "bf16", "bf16/unet/diffusion_pytorch_model.bf16.safetensors"},
    {WEIGHTS_COMPVIS, DTYPE_f32, "f32.safetensors", "f32.safetensors"},
    {WEIGHTS_COMPVIS, DTYPE_f16, "f16.safetensors", "f16.safetensors"},
    {WEIGHTS_COMPVIS, DTYPE_bf16, "bf16.safetensors", "bf16.safetensors"},
};

static struct checkpoint *open_tiny(const char *path)
{
    struct checkpoint *c;
    struct err e = checkpoint_open(scratch_path(path), manifest.spec, manifest.count, &rules, &c);
    if (e.code)
        cr_assert_fail("%s", err_text(e));
    return c;
}

/* Every value is the synthetic one, rounded as the dtype rounds. */
static void expect_synthetic(const struct checkpoint *c, const struct form *form)
{
    enum { MOST = 49408 * 64 };
    float *is = malloc(MOST * sizeof *is), *should = malloc(MOST * sizeof *should);
    void *rounded = malloc(MOST * sizeof *should);
    for (size_t i = 0; i < manifest.count; i++) {
        const struct tensor_spec *spec = &manifest.spec[i];
        const struct stored_tensor *t = checkpoint_find(c, spec->name);
        cr_assert(t && !strcmp(t->name, spec->name) && shape_equal(t->shape, spec->shape) && t->dtype == form->dtype,
                  "%s: %s", form->path, spec->name);
        int64_t n = shape_count(spec->shape);
        cr_assert_leq(n, MOST);
        synthetic_fill(5, spec->name, spec->shape, 0, n, should);
        dtype_from_f32(rounded, should, form->dtype, (size_t)n);
        dtype_to_f32(should, rounded, form->dtype, (size_t)n);
        checkpoint_read_f32(t, 0, n, is);
        cr_expect(!memcmp(is, should, (size_t)n * sizeof *is), "%s: values of %s", form->path, spec->name);
        stored_tensor_release(t);
        checkpoint_read_f32(t, n - 1, 1, is); /* the pages come back */
        cr_expect(is[0] == should[n - 1], "%s: %s after its release", form->path, spec->name);
        cr_expect_eq(stored_tensor_first_not_finite(t), -1, "%s: %s", form->path, spec->name);
    }
    free(is);
    free(should);
    free(rounded);
}

/* What a progress report was told. */
struct told {
    uint64_t done, bytes, stop_at;
    int calls;
};

static bool report(void *to, uint64_t done, uint64_t bytes)
{
    struct told *told = to;
    cr_expect(done > told->done && done <= bytes, "progress %llu of %llu", (unsigned long long)done,
              (unsigned long long)bytes);
    *told = (struct told){done, bytes, told->stop_at, told->calls + 1};
    return !told->stop_at || done < told->stop_at;
}

static void check_form(const struct form *form, const struct checkpoint *from)
{
    struct told told = {0};
    const struct weights_output out = {scratch_path(form->path), form->layout, form->dtype,    manifest.spec,
                                       manifest.count,           &rules,       {report, &told}};
    struct err e = from ? weights_convert(&out, from) : weights_make(&out, 5);
    cr_assert_eq(e.code, ERR_NONE, "%s: %s", form->path, err_text(e));
    uint64_t bytes = (uint64_t)manifest.values * dtypes[form->dtype].bytes;
    cr_expect(told.done == bytes && told.bytes == bytes && told.calls > 3, "%s", form->path);
    cr_expect(file_exists(scratch_path(form->file)), "%s is not there", form->file);
    struct checkpoint *c = open_tiny(form->path);
    cr_expect_eq(checkpoint_layout(c), form->layout, "%s", form->path);
    cr_expect_str_eq(checkpoint_metadata(c, "weights_seed"), "5", "%s", form->path);
    uint64_t size = checkpoint_bytes(c);
    cr_expect(size > bytes && size < bytes + 500000, "%s: %llu bytes", form->path, (unsigned long long)size);
    expect_synthetic(c, form);
    checkpoint_free(c);
}

Test(weights, tiny_in_every_form)
{
    use_tiny();
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        check_form(&forms[i], NULL);
    cr_expect_eq(scratch_count(), ARRAY_LEN(forms), "temporary files are left");
    arena_free(&arena);
}

Test(weights, tiny_converted_to_every_form)
{
    use_tiny();
    const struct weights_output out = {scratch_path("from"), WEIGHTS_COMPVIS, DTYPE_f32, manifest.spec,
                                       manifest.count,       &rules,          {0}};
    struct err e = weights_make(&out, 5);
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
    struct checkpoint *from = open_tiny("from");
    for (size_t i = 0; i < ARRAY_LEN(forms); i++)
        check_form(&forms[i], from);
    checkpoint_free(from);
    arena_free(&arena);
}

Test(weights, float32_file_is_preferred)
{
    case_make("both");
    for (int i = 0; i < 2; i++) {
        static const enum dtype types[] = {DTYPE_f16, DTYPE_bf16};
        const struct weights_output out = {scratch_path("both"), WEIGHTS_DIFFUSERS, types[i], case_spec,
                                           CASE_TENSORS,         &case_rules,       {0}};
        cr_assert_eq(weights_make(&out, 0).code, ERR_NONE);
    }
    static const struct {
        const char *removed;
        enum dtype left;
    } cases[] = {{NULL, DTYPE_f32},
                 {"both/unet/diffusion_pytorch_model.safetensors", DTYPE_f16},
                 {"both/unet/diffusion_pytorch_model.fp16.safetensors", DTYPE_bf16}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_assert(!cases[i].removed || !remove(scratch_path(cases[i].removed)));
        struct checkpoint *c = case_open("both");
        cr_expect_eq(checkpoint_find(c, "unet/conv_in.weight")->dtype, cases[i].left, "case %zu", i);
        cr_expect_eq(checkpoint_find(c, "vae/post_quant_conv.weight")->dtype, DTYPE_f32, "case %zu", i);
        checkpoint_free(c);
    }
}

Test(weights, conversion_over_itself)
{
    case_make("x");
    struct checkpoint *c = case_open("x");
    struct weights_output out = {scratch_path("x"), WEIGHTS_DIFFUSERS, DTYPE_f32, case_spec,
                                 CASE_TENSORS,      &case_rules,       {0}};
    struct err e = weights_convert(&out, c);
    cr_expect_eq(e.code, ERR_NONE, "%s", err_text(e));
    checkpoint_free(c);
    float is[288], should[288];
    c = case_open("x");
    checkpoint_read_f32(checkpoint_find(c, "unet/conv_in.weight"), 0, 288, is);
    synthetic_fill(0, "unet/conv_in.weight", SHAPE(8, 4, 3, 3), 0, 288, should);
    cr_expect(!memcmp(is, should, sizeof is));
    cr_expect_null(checkpoint_find(c, "unet/conv_out.weight"));
    cr_expect_null(checkpoint_find(c, "conv_in.weight"));
    checkpoint_free(c);
}

/* Values that are not finite, or not in the dtype asked for, end a conversion with their tensor's name. */
Test(weights, conversion_names_bad_values)
{
    static const struct {
        float value;
        enum dtype dtype;
        const char *words;
    } cases[] = {
        {NAN, DTYPE_f32, "unet/a.weight: value nan at 3 is not a finite f32"},
        {INFINITY, DTYPE_bf16, "unet/a.weight: value inf at 3 is not a finite bf16"},
        {70000, DTYPE_f16, "unet/a.weight: value 70000 at 3 is not a finite f16"},
        {70000, DTYPE_bf16, NULL},
    };
    static const struct tensor_spec spec = {"unet/a.weight", {1, {5}}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const float values[5] = {0, 1, -2, cases[i].value, NAN};
        struct stored_tensor t = stored_tensor_make("model.diffusion_model.a.weight", DTYPE_f32, spec.shape,
                                                    cases[i].words ? values : (const float[5]){0, 1, 2, 70000, 4});
        cr_assert_eq(safetensors_save(scratch_path("in"), &t, 1, NULL, 0).code, ERR_NONE);
        struct checkpoint *c;
        cr_assert_eq(checkpoint_open(scratch_path("in"), &spec, 1, &rules, &c).code, ERR_NONE);
        const struct weights_output out = {scratch_path("out"), WEIGHTS_COMPVIS, cases[i].dtype, &spec, 1, &rules, {0}};
        struct err e = weights_convert(&out, c);
        cr_expect(cases[i].words ? e.code == ERR_FAILED && strstr(err_text(e), cases[i].words) : !e.code, "%s",
                  err_text(e));
        cr_expect_eq(file_exists(scratch_path("out")), !cases[i].words, "case %zu: a file is left", i);
        cr_expect_eq(stored_tensor_first_not_finite(checkpoint_find(c, spec.name)), !cases[i].words       ? -1
                                                                                    : isfinite(values[3]) ? 4
                                                                                                          : 3);
        err_free(&e);
        checkpoint_free(c);
    }
}

Test(weights, stopping_leaves_nothing)
{
    use_tiny();
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct told told = {.stop_at = 8000000};
        const struct weights_output out = {scratch_path(forms[i].path),
                                           forms[i].layout,
                                           forms[i].dtype,
                                           manifest.spec,
                                           manifest.count,
                                           &rules,
                                           {report, &told}};
        struct err e = weights_make(&out, 0);
        cr_expect_eq(e.code, ERR_CANCELLED, "%s: %s", forms[i].path, err_text(e));
        cr_expect_eq(scratch_count(), 0, "%s: something is left", forms[i].path);
        err_free(&e);
    }
    arena_free(&arena);
}

Test(weights, failed_writing_leaves_nothing)
{
    static const struct tensor_spec huge = {"unet/huge.weight", {3, {1 << 20, 1 << 20, 1 << 5}}};
    static const struct {
        const char *path, *words;
        const struct tensor_spec *spec;
        enum weights_layout layout;
    } cases[] = {
        {NULL, "needs 140737488355328 bytes (140737.5 GB) of disk, and ", &huge, WEIGHTS_COMPVIS},
        {NULL, "needs 140737488355328 bytes (140737.5 GB) of disk, and ", &huge, WEIGHTS_DIFFUSERS},
        {"/dev/full", "/dev/full: cannot be written: No space left", case_spec, WEIGHTS_COMPVIS},
        {"/dev/full", "/dev/full/text_encoder: folder cannot be made", case_spec, WEIGHTS_DIFFUSERS},
        {"/dev/null/x", "cannot be created", case_spec, WEIGHTS_COMPVIS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct weights_output out = {cases[i].path ? cases[i].path : scratch_path("out"),
                                           cases[i].layout,
                                           DTYPE_f32,
                                           cases[i].spec,
                                           1,
                                           &case_rules,
                                           {0}};
        struct err e = weights_make(&out, 0);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].words), "case %zu: \"%s\"", i, err_text(e));
        cr_expect_eq(scratch_count(), 0, "case %zu: something is left", i);
        err_free(&e);
    }
}
