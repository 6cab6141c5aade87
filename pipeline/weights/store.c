#include "pipeline/weights/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/arena.h"
#include "pipeline/weights/names.h"
#include "pipeline/weights/safetensors_writer.h"
#include "pipeline/weights/store_config.h"
#include "pipeline/weights/synthetic.h"

/* Values that are made, then written. The system writes to the disk while the next ones are made; fewer, and threads
 * would spend more time waiting for each other than making them. */
enum { CHUNK = 1 << 22 };

/* A checkpoint in the making. */
struct store {
    const struct weights_output *out;
    const struct checkpoint *from; /* NULL: synthetic */
    uint64_t seed;
    size_t files;
    struct safetensors_writer file[SUB_MODELS];
    struct arena arena;
    uint64_t done, bytes;
    float *values;
    void *converted;
};

static size_t file_of(const struct store *s, const struct tensor_spec *spec)
{
    return s->out->layout == WEIGHTS_DIFFUSERS ? sub_model_of(spec->name) : 0;
}

/* How a tensor is declared in its file. */
static struct stored_tensor declare(struct store *s, const struct tensor_spec *spec)
{
    char name[NAME_TEXT];
    struct shape shape = spec->shape;
    const char *slash = strchr(spec->name, '/');
    if (s->out->layout == WEIGHTS_DIFFUSERS)
        return stored_tensor_make(slash ? slash + 1 : spec->name, s->out->dtype, shape, NULL);
    if (name_is_vae_attention(spec->name) && shape.rank == 2)
        shape = SHAPE(shape.dim[0], shape.dim[1], 1, 1);
    return stored_tensor_make(arena_strdup(&s->arena, name_compvis(spec->name, name)), s->out->dtype, shape, NULL);
}

static const char *file_path(struct store *s, size_t file)
{
    static const char *const variants[DTYPE_COUNT] = {[DTYPE_f32] = "", [DTYPE_f16] = ".fp16", [DTYPE_bf16] = ".bf16"};
    if (s->out->layout == WEIGHTS_COMPVIS)
        return s->out->path;
    return arena_printf(&s->arena, "%s/%s/%s%s.safetensors", s->out->path, sub_models[file],
                        file ? "diffusion_pytorch_model" : "model", variants[s->out->dtype]);
}

static struct err create_file(struct store *s, size_t file)
{
    struct safetensors_text texts[2] = {{"format", "pt"}};
    size_t count = 0, known = 1;
    struct stored_tensor *tensors = arena_alloc(&s->arena, s->out->count * sizeof *tensors);
    for (size_t i = 0; i < s->out->count; i++)
        if (file_of(s, &s->out->spec[i]) == file)
            tensors[count++] = declare(s, &s->out->spec[i]);
    const char *seed =
        s->from ? checkpoint_metadata(s->from, "weights_seed") : arena_printf(&s->arena, "%" PRIu64, s->seed);
    if (seed)
        texts[known++] = (struct safetensors_text){"weights_seed", seed};
    if (s->out->layout == WEIGHTS_DIFFUSERS)
        TRY(file_make_folder(arena_printf(&s->arena, "%s/%s", s->out->path, sub_models[file])));
    TRY(safetensors_create(file_path(s, file), tensors, count, texts, known, &s->file[file]));
    s->bytes += s->file[file].bytes;
    return OK;
}

/* The temporary file tells the file system; where there is none, as for /dev/full, nothing is known. */
static struct err check_disk(const struct store *s)
{
    const char *probe = s->file[0].file.temporary;
    uint64_t has = probe ? file_free_bytes(probe) : 0;
    if (!has || has > s->bytes)
        return OK;
    return err_fail("%s: needs %" PRIu64 " bytes (%.1f GB) of disk, and %" PRIu64 " (%.1f GB) are free", s->out->path,
                    s->bytes, (double)s->bytes / 1e9, has, (double)has / 1e9);
}

static struct err read_values(struct store *s, const struct tensor_spec *spec, int64_t first, int64_t n)
{
    if (!s->from) {
        synthetic_fill(s->seed, spec->name, spec->shape, first, n, s->values);
        return OK;
    }
    const struct stored_tensor *t = checkpoint_find(s->from, spec->name);
    if (!t || !shape_equal(t->shape, spec->shape))
        return err_fail("%s: not a tensor of the checkpoint to convert", spec->name);
    checkpoint_read_f32(t, first, n, s->values);
    if (first + n == shape_count(t->shape))
        stored_tensor_release(t);
    return OK;
}

/* The values in the dtype to write. */
static const void *convert(struct store *s, int64_t n)
{
    enum { BLOCK = 1 << 16 };
    enum dtype dtype = s->out->dtype;
    size_t size = dtypes[dtype].bytes;
    if (dtype == DTYPE_f32)
        return s->values;
#pragma omp parallel for schedule(static) if (n > 4 * BLOCK)
    for (int64_t at = 0; at < n; at += BLOCK)
        dtype_from_f32((char *)s->converted + (size_t)at * size, s->values + at, dtype,
                       (size_t)(n - at < BLOCK ? n - at : BLOCK));
    return s->converted;
}

static struct err write_chunk(struct store *s, const struct tensor_spec *spec, int64_t first, int64_t n)
{
    enum dtype dtype = s->out->dtype;
    TRY(read_values(s, spec, first, n));
    const void *bytes = convert(s, n);
    int64_t bad = values_first_not_finite(bytes, dtype, n);
    if (bad >= 0)
        return err_fail("%s: value %g at %" PRId64 " is not a finite %s", spec->name, (double)s->values[bad],
                        first + bad, dtypes[dtype].name);
    size_t size = (size_t)n * dtypes[dtype].bytes;
    TRY(safetensors_write(&s->file[file_of(s, spec)], bytes, size));
    s->done += size;
    const struct weights_progress *p = &s->out->progress;
    if (p->report && !p->report(p->to, s->done, s->bytes))
        return err_make(ERR_CANCELLED, "%s: stopped; nothing was written", s->out->path);
    return OK;
}

static struct err write_tensor(struct store *s, const struct tensor_spec *spec)
{
    int64_t n = shape_count(spec->shape);
    for (int64_t at = 0; at < n; at += CHUNK)
        TRY(write_chunk(s, spec, at, n - at < CHUNK ? n - at : CHUNK));
    return OK;
}

static const char *config_path(struct store *s, size_t sub_model)
{
    return arena_printf(&s->arena, "%s/%s/config.json", s->out->path, sub_models[sub_model]);
}

static struct err write_config(struct store *s, size_t sub_model)
{
    struct file_writer w;
    TRY(file_create(config_path(s, sub_model), &w));
    char *text = store_config_text(sub_model, s->out->spec, s->out->count, s->out->v1);
    struct err e = text ? file_write(&w, text, strlen(text)) : err_fail("out of memory");
    free(text);
    if (!e.code)
        e = file_commit(&w);
    file_abandon(&w);
    return e;
}

static struct err write_all(struct store *s)
{
    s->values = malloc(CHUNK * sizeof *s->values);
    s->converted = s->out->dtype == DTYPE_f32 ? NULL : malloc(CHUNK * dtypes[s->out->dtype].bytes);
    if (!s->values || (!s->converted && s->out->dtype != DTYPE_f32))
        return err_fail("out of memory");
    for (size_t i = 0; i < s->files; i++)
        TRY(create_file(s, i));
    TRY(check_disk(s));
    for (size_t i = 0; i < s->out->count; i++)
        TRY(write_tensor(s, &s->out->spec[i]));
    for (size_t i = 0; i < s->files && s->out->layout == WEIGHTS_DIFFUSERS; i++)
        TRY(write_config(s, i));
    for (size_t i = 0; i < s->files; i++)
        TRY(safetensors_commit(&s->file[i]));
    return OK;
}

/* Leaves nothing where nothing was. */
static void remove_folder(struct store *s)
{
    for (size_t i = 0; i < s->files; i++) {
        unlink(config_path(s, i));
        rmdir(arena_printf(&s->arena, "%s/%s", s->out->path, sub_models[i]));
    }
    rmdir(s->out->path);
}

static struct err store(const struct weights_output *out, const struct checkpoint *from, uint64_t seed)
{
    bool folder = out->layout == WEIGHTS_DIFFUSERS, existed = file_exists(out->path);
    struct store s = {.out = out, .from = from, .seed = seed, .files = folder ? SUB_MODELS : 1};
    struct err e = write_all(&s);
    for (size_t i = 0; i < s.files; i++)
        safetensors_abandon(&s.file[i]);
    if (e.code && folder && !existed)
        remove_folder(&s);
    free(s.values);
    free(s.converted);
    arena_free(&s.arena);
    return e;
}

struct err weights_make(const struct weights_output *out, uint64_t seed)
{
    return store(out, NULL, seed);
}

struct err weights_convert(const struct weights_output *out, const struct checkpoint *from)
{
    return store(out, from, 0);
}
