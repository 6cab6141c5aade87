#include "pipeline/runtime/cuda/cudnn/knobs.h"

#include <stdlib.h>

#include "pipeline/base/text.h"

enum { MOST_KNOBS = 24 };

/* By their numbers, which do not change; the headers of older libraries lack the last ones. */
static const char *const names[] = {
    "split_k",     "swizzle",     "tile_size", "use_tex",    "edge",        "kblock",       "ldga",      "ldgb",
    "chunk_k",     "split_h",     "wino_tile", "multiply",   "split_k_buf", "tilek",        "stages",    "reduction",
    "split_mode",  "split_k_slc", "idx_mode",  "sliced",     "split_rs",    "singlebuffer", "ldgc",      "specfilt",
    "kernel_cfg",  "workspace",   "tile_cga",  "tile_cga_m", "tile_cga_n",  "block_size",   "occupancy", "array_size",
    "c_per_block", "split_cols",  "tile_rows", "tile_cols",  "load_size",   "cta_count",    "stream_k",  "split_p_slc",
    "tile_m",      "tile_n",      "warp_spec", "swap_ab",
};

struct knob {
    cudnnBackendKnobType_t type;
    int64_t value;
};

static int by_number(const void *a, const void *b)
{
    return (int)((const struct knob *)a)->type - (int)((const struct knob *)b)->type;
}

static struct err read_knobs(struct descriptors *own, descriptor config, struct knob knob[MOST_KNOBS], int64_t *count)
{
    descriptor choice[MOST_KNOBS];
    for (int i = 0; i < MOST_KNOBS; i++) /* cuDNN does not say beforehand how many it will fill */
        TRY(descriptor_make(own, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, "a knob", &choice[i]));
    TRY(descriptor_get(config, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR, MOST_KNOBS, count,
                       choice, "a configuration's knobs"));
    if (*count > MOST_KNOBS)
        return err_fail("cuDNN: a configuration with %lld knobs", (long long)*count);
    for (int64_t i = 0; i < *count; i++) {
        TRY(descriptor_get(choice[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, NULL, &knob[i].type,
                           "a knob"));
        TRY(descriptor_get(choice[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, NULL, &knob[i].value,
                           "a knob"));
    }
    qsort(knob, (size_t)*count, sizeof *knob, by_number);
    return OK;
}

struct err knobs_name(descriptor config, int64_t engine, char **out)
{
    struct descriptors own = {0};
    struct knob knob[MOST_KNOBS];
    struct text t = {0};
    int64_t count = 0;
    struct err e = read_knobs(&own, config, knob, &count);
    descriptors_free(&own);
    TRY(e);
    text_add(&t, "engine %lld", (long long)engine);
    for (int64_t i = 0; i < count; i++)
        if ((size_t)knob[i].type < ARRAY_LEN(names))
            text_add(&t, " %s=%lld", names[knob[i].type], (long long)knob[i].value);
        else
            text_add(&t, " knob%d=%lld", (int)knob[i].type, (long long)knob[i].value);
    *out = t.bytes;
    return OK;
}
