#include "profiler/cupti/metrics/host.h"

#if __has_include(<cupti_profiler_host.h>) /* CUDA 12.6 and later */

#include <cupti_profiler_host.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/cupti/result.h"

#define FUNCTIONS(ROW)       \
    ROW(Initialize)          \
    ROW(Deinitialize)        \
    ROW(GetSupportedChips)   \
    ROW(GetMetricProperties) \
    ROW(ConfigAddMetrics)    \
    ROW(GetConfigImageSize)  \
    ROW(GetConfigImage)      \
    ROW(GetNumOfPasses)      \
    ROW(EvaluateToGpuValues)

struct metrics_host {
#define ROW(name) __typeof__(cuptiProfilerHost##name) *name;
    FUNCTIONS(ROW)
#undef ROW
};

/* A parameter block of CUPTI's host API. */
#define PARAMETERS(name, ...) \
    CUpti_Profiler_Host_##name##_Params p = {.structSize = CUpti_Profiler_Host_##name##_Params_STRUCT_SIZE, __VA_ARGS__}
#define CALL(h, name) cupti_result((h)->name(&p), ERR_ABSENT, "cuptiProfilerHost" #name, NULL)

struct err metrics_host_open(const struct library *cupti, struct metrics_host **out)
{
    struct metrics_host *h = calloc(1, sizeof *h);
    *out = NULL;
    if (!h)
        return err_fail("metrics: out of memory");
    const struct library_slot slots[] = {
#define ROW(name) {"cuptiProfilerHost" #name, &h->name, false},
        FUNCTIONS(ROW)
#undef ROW
    };
    struct err e = library_take(cupti, slots, ARRAY_LEN(slots));
    if (e.code)
        metrics_host_close(h);
    else
        *out = h;
    return e;
}

void metrics_host_close(struct metrics_host *h)
{
    free(h);
}

struct err metrics_host_chips(const struct metrics_host *h, const char *const **chip, size_t *chips)
{
    PARAMETERS(GetSupportedChips, .pPriv = NULL);
    TRY(CALL(h, GetSupportedChips));
    *chip = p.ppChipNames;
    *chips = p.numChips;
    return OK;
}

static struct err object_make(const struct metrics_host *h, const char *chip, const uint8_t *availability, void **out)
{
    PARAMETERS(Initialize, .profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER, .pChipName = chip,
               .pCounterAvailabilityImage = availability);
    *out = NULL;
    TRY(CALL(h, Initialize));
    *out = p.pHostObject;
    return OK;
}

static void object_free(const struct metrics_host *h, void *object)
{
    PARAMETERS(Deinitialize, .pHostObject = object);
    if (object)
        h->Deinitialize(&p); /* nothing can be done where it fails */
}

bool metrics_host_properties(const struct metrics_host *h, void *object, const char *name, const char **description,
                             const char **dimension)
{
    PARAMETERS(GetMetricProperties, .pHostObject = object, .pMetricName = name);
    if (h->GetMetricProperties(&p) != CUPTI_SUCCESS)
        return false;
    *description = p.pDescription ? p.pDescription : "";
    *dimension = p.pDimUnit ? p.pDimUnit : "";
    return true;
}

static struct err add_metrics(const struct metrics_host *h, struct metrics_choice *c)
{
    PARAMETERS(ConfigAddMetrics, .pHostObject = c->object, .ppMetricNames = c->name, .numMetrics = c->count);
    return CALL(h, ConfigAddMetrics);
}

static struct err make_image(const struct metrics_host *h, struct metrics_choice *c)
{
    {
        PARAMETERS(GetConfigImageSize, .pHostObject = c->object);
        TRY(CALL(h, GetConfigImageSize));
        c->config_bytes = p.configImageSize;
    }
    c->config = malloc(c->config_bytes);
    if (!c->config)
        return err_fail("metrics: out of memory");
    {
        PARAMETERS(GetConfigImage, .pHostObject = c->object, .configImageSize = c->config_bytes,
                   .pConfigImage = c->config);
        TRY(CALL(h, GetConfigImage));
    }
    PARAMETERS(GetNumOfPasses, .configImageSize = c->config_bytes, .pConfigImage = c->config);
    TRY(CALL(h, GetNumOfPasses));
    c->passes = p.numOfPasses;
    return OK;
}

/* Object, image and number of passes of the names of `c`: a host object keeps what was added, so each try has its own.
 */
static struct err configure(const struct metrics_host *h, const char *chip, const uint8_t *availability,
                            struct metrics_choice *c)
{
    TRY(object_make(h, chip, availability, &c->object));
    TRY(add_metrics(h, c));
    return make_image(h, c);
}

/* Object and image only: names stay. */
static void unconfigure(const struct metrics_host *h, struct metrics_choice *c)
{
    object_free(h, c->object);
    free(c->config);
    c->object = NULL;
    c->config = NULL;
    c->config_bytes = c->passes = 0;
}

/* `c` with one metric more, where the chip has it and one pass still does; else why not. */
static bool extend(const struct metrics_host *h, const char *chip, const uint8_t *availability, enum metric metric,
                   const char *name, struct metrics_choice *c, struct text *why)
{
    struct metrics_choice more = *c;
    const char *description, *dimension;
    more.object = more.config = NULL;
    more.metric[more.count] = metric;
    more.name[more.count++] = name;
    struct err e = configure(h, chip, availability, &more);
    const bool same_unit = !e.code && metrics_host_properties(h, more.object, name, &description, &dimension) &&
                           !strcmp(dimension, metric_rows[metric].dimension);
    if (same_unit && more.passes == 1) {
        unconfigure(h, c);
        *c = more;
        return true;
    }
    if (!e.code)
        why->length = 0; /* that it is there says more than that another candidate is not */
    if (!e.code && same_unit)
        text_add(why, "%zu passes with it", more.passes);
    else if (!e.code)
        text_add(why, "it has another unit here");
    else if (!why->length)
        text_add(why, "not on this device");
    err_free(&e);
    unconfigure(h, &more);
    return false;
}

struct err metrics_host_choose(const struct metrics_host *h, const char *chip, const uint8_t *availability,
                               struct metrics_choice *out)
{
    *out = (struct metrics_choice){0};
    TRY(object_make(h, chip, availability, &out->object)); /* the chip is known */
    for (int m = 0; m < METRIC_COUNT; m++) {
        const struct metric_row *row = &metric_rows[m];
        struct text why = {0};
        bool taken = false;
        for (int i = 0; i < METRIC_CANDIDATES && row->candidate[i] && !taken; i++)
            taken = extend(h, chip, availability, (enum metric)m, row->candidate[i], out, &why);
        if (!taken)
            text_add(&out->left_out, "%s%s (%s)", out->left_out.length ? ", " : "", row->name, text_get(&why));
        text_free(&why);
    }
    if (out->count)
        return OK;
    metrics_choice_free(h, out);
    return err_make(ERR_ABSENT, "metrics: this CUPTI has none of the metrics for chip %s, or the device offers none",
                    chip);
}

void metrics_choice_free(const struct metrics_host *h, struct metrics_choice *c)
{
    unconfigure(h, c);
    text_free(&c->left_out);
    *c = (struct metrics_choice){0};
}

struct err metrics_host_evaluate(const struct metrics_host *h, const struct metrics_choice *c, const uint8_t *image,
                                 size_t bytes, size_t range, double *value)
{
    PARAMETERS(EvaluateToGpuValues, .pHostObject = c->object, .pCounterDataImage = image, .counterDataImageSize = bytes,
               .rangeIndex = range, .ppMetricNames = (const char **)c->name, .numMetrics = c->count,
               .pMetricValues = value);
    TRY(cupti_result(h->EvaluateToGpuValues(&p), ERR_FAILED, "cuptiProfilerHostEvaluateToGpuValues", NULL));
    for (size_t i = 0; i < c->count; i++)
        value[i] *= metric_rows[c->metric[i]].scale;
    return OK;
}

#endif
