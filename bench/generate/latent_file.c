#include "bench/generate/latent_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/version.h"
#include "pipeline/base/random.h"
#include "pipeline/model/model.h"
#include "pipeline/weights/safetensors.h"
#include "pipeline/weights/safetensors_writer.h"

static size_t latent_count(int width, int height)
{
    return LATENT_CHANNELS * (size_t)(width / LATENT_SCALE) * (size_t)(height / LATENT_SCALE);
}

static struct err check_noise(const struct stored_tensor *t, int width, int height)
{
    char has[SHAPE_TEXT];
    shape_text(t->shape, has);
    bool fits = t->shape.rank == 4 && t->shape.dim[0] >= 1 && t->shape.dim[0] <= INT_MAX / 4 &&
                t->shape.dim[1] == LATENT_CHANNELS && t->shape.dim[2] == height / LATENT_SCALE &&
                t->shape.dim[3] == width / LATENT_SCALE;
    if (!fits)
        return err_fail("tensor noise is %s, and --size %dx%d needs Nx%dx%dx%d", has, width, height, LATENT_CHANNELS,
                        height / LATENT_SCALE, width / LATENT_SCALE);
    int64_t bad = stored_tensor_first_not_finite(t);
    return bad < 0 ? OK : err_fail("tensor noise: value %" PRId64 " is not finite", bad);
}

static struct err read_values(const struct stored_tensor *t, float **out)
{
    *out = malloc((size_t)shape_count(t->shape) * sizeof **out);
    if (!*out)
        return err_fail("out of memory for tensor %s", t->name);
    checkpoint_read_f32(t, 0, shape_count(t->shape), *out);
    return OK;
}

struct err latent_file_read_noise(const char *path, int width, int height, int *images, float **noise)
{
    struct safetensors *file;
    const struct stored_tensor *t;
    *noise = NULL;
    *images = 0;
    TRY(err_wrap(safetensors_open(path, &file), "--noise"));
    struct err e = safetensors_need(file, "noise", &t);
    if (!e.code)
        e = err_wrap(check_noise(t, width, height), "%s", path);
    if (!e.code)
        e = read_values(t, noise);
    if (!e.code)
        *images = (int)t->shape.dim[0];
    safetensors_free(file);
    return err_wrap(e, "--noise");
}

struct err latent_file_read_latent(const char *path, size_t count, float **latent)
{
    struct safetensors *file;
    const struct stored_tensor *t;
    *latent = NULL;
    TRY(safetensors_open(path, &file));
    struct err e = safetensors_need(file, "latent", &t);
    if (!e.code && (size_t)shape_count(t->shape) != count)
        e = err_fail("%s: tensor latent has %" PRId64 " values, not %zu", path, shape_count(t->shape), count);
    if (!e.code)
        e = read_values(t, latent);
    safetensors_free(file);
    return e;
}

/* The noise that the requests started from. */
static float *noise_of(const struct sd_request *request, int count, size_t each)
{
    float *noise = malloc((size_t)count * each * sizeof *noise);
    for (int i = 0; noise && i < count; i++)
        if (request[i].noise)
            memcpy(noise + (size_t)i * each, request[i].noise, each * sizeof *noise);
        else
            random_normal(request[i].seed, noise + (size_t)i * each, each);
    return noise;
}

static char *list_text(cJSON *list)
{
    char *text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    return text;
}

struct err latent_file_write(const char *path, const struct sd_request *request, const struct sd_images *made)
{
    struct shape shape = SHAPE(made->count, LATENT_CHANNELS, made->height / LATENT_SCALE, made->width / LATENT_SCALE);
    float *noise = noise_of(request, made->count, latent_count(made->width, made->height));
    cJSON *seeds = cJSON_CreateArray(), *parameters = cJSON_CreateArray();
    for (int i = 0; i < made->count; i++) {
        cJSON_AddItemToArray(seeds, request[i].noise ? cJSON_CreateNull() : json_count(request[i].seed));
        cJSON_AddItemToArray(parameters, cJSON_CreateString(made->parameters[i]));
    }
    char *seeds_text = list_text(seeds), *parameters_text = list_text(parameters);
    struct err e = noise && seeds_text && parameters_text ? OK : err_fail("%s: out of memory", path);
    if (!e.code) {
        const struct stored_tensor tensors[] = {stored_tensor_make("latent", DTYPE_f32, shape, made->latents),
                                                stored_tensor_make("noise", DTYPE_f32, shape, noise)};
        const struct safetensors_text metadata[] = {
            {"sdbench", SDBENCH_VERSION}, {"seeds", seeds_text}, {"parameters", parameters_text}};
        e = safetensors_save(path, tensors, ARRAY_LEN(tensors), metadata, ARRAY_LEN(metadata));
    }
    free(noise);
    cJSON_free(seeds_text);
    cJSON_free(parameters_text);
    return e;
}
