#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/weights/task.h"
#include "pipeline/base/file.h"

/* A layout that does not go with the path is found out before gigabytes are written. */
static struct err check_path(const struct weights_task *t, const char *path)
{
    size_t length = strlen(path), ending = strlen(".safetensors");
    bool named_file = length > ending && !strcmp(path + length - ending, ".safetensors");
    if (t->layout == WEIGHTS_COMPVIS && file_is_folder(path))
        return err_fail("-o %s: is a folder, and --layout compvis writes one file", path);
    if (t->layout == WEIGHTS_DIFFUSERS && named_file)
        return err_fail("-o %s: the diffusers layout is a folder; for one file add --layout compvis", path);
    return OK;
}

static bool report_bytes(void *progress, uint64_t done, uint64_t total)
{
    return progress_report(progress, "write weights", done, total);
}

struct err weights_output_of(const struct weights_task *t, struct weights_output *out)
{
    *out = (struct weights_output){.path = t->o->output,
                                   .layout = t->layout,
                                   .dtype = t->dtype,
                                   .spec = t->manifest.spec,
                                   .count = t->manifest.count,
                                   .v1 = &t->rules,
                                   .progress = {report_bytes, t->progress}};
    return t->o->output ? check_path(t, t->o->output) : OK;
}

struct err weights_report_output(const struct weights_task *t, const char *path)
{
    struct checkpoint *c;
    TRY(checkpoint_open(path, t->manifest.spec, t->manifest.count, &t->rules, &c));
    uint64_t bytes = checkpoint_bytes(c);
    checkpoint_free(c);
    progress_clear(t->progress);
    if (!t->o->json) {
        printf("%s: %s, %zu tensors, %.2f GB, %s, %s\n", path, t->config->name, t->manifest.count, (double)bytes * 1e-9,
               weights_layouts[t->layout], dtypes[t->dtype].name);
        return OK;
    }
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "path", path);
    cJSON_AddStringToObject(json, "model", t->config->name);
    cJSON_AddStringToObject(json, "layout", weights_layouts[t->layout]);
    cJSON_AddStringToObject(json, "dtype", dtypes[t->dtype].name);
    cJSON_AddNumberToObject(json, "tensors", (double)t->manifest.count);
    cJSON_AddNumberToObject(json, "bytes", (double)bytes);
    return json_print(json);
}
