/* The host's side of CUPTI: metrics of chip GX100, which are those of the table. */
#include "tests/cuda/fake_metrics_own.h"

#include <cupti.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<cupti_range_profiler.h>)

#include <cupti_profiler_host.h>

/* A host object, and what was added to it. */
struct host_object {
    size_t count;
    bool costly;
};

static bool has_metric(const char *name)
{
    if (fake_metrics.without && !strcmp(name, fake_metrics.without))
        return false;
    for (int m = 0; m < METRIC_COUNT; m++)
        if (!strcmp(name, metric_rows[m].candidate[0]))
            return true;
    return false;
}

static CUptiResult ProfilerHostInitialize(CUpti_Profiler_Host_Initialize_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_Initialize_Params);
    EXPECT(p->profilerType == CUPTI_PROFILER_TYPE_RANGE_PROFILER && !strcmp(p->pChipName, "GX100") &&
           p->pCounterAvailabilityImage && p->pCounterAvailabilityImage[FAKE_AVAILABILITY_BYTES - 1] == 7);
    p->pHostObject = calloc(1, sizeof(struct host_object));
    fake_metrics.objects++;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostDeinitialize(CUpti_Profiler_Host_Deinitialize_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_Deinitialize_Params);
    EXPECT(p->pHostObject);
    free(p->pHostObject);
    fake_metrics.objects--;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetSupportedChips(CUpti_Profiler_Host_GetSupportedChips_Params *p)
{
    static const char *const chips[] = {"GX100"};
    ENTER(p, CUpti_Profiler_Host_GetSupportedChips_Params);
    p->ppChipNames = chips;
    p->numChips = ARRAY_LEN(chips);
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetMetricProperties(CUpti_Profiler_Host_GetMetricProperties_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetMetricProperties_Params);
    for (int m = 0; m < METRIC_COUNT; m++)
        if (!strcmp(p->pMetricName, metric_rows[m].candidate[0])) {
            p->pDescription = metric_rows[m].title;
            p->pDimUnit = fake_metrics.other_unit && !strcmp(p->pMetricName, fake_metrics.other_unit)
                              ? "furlong"
                              : metric_rows[m].dimension;
            return CUPTI_SUCCESS;
        }
    return CUPTI_ERROR_INVALID_METRIC_NAME;
}

static CUptiResult ProfilerHostConfigAddMetrics(CUpti_Profiler_Host_ConfigAddMetrics_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_ConfigAddMetrics_Params);
    struct host_object *o = (struct host_object *)p->pHostObject;
    EXPECT(o && !o->count);
    for (size_t i = 0; i < p->numMetrics; i++) {
        if (!has_metric(p->ppMetricNames[i]))
            return CUPTI_ERROR_INVALID_METRIC_NAME;
        o->costly |= fake_metrics.costly && !strcmp(p->ppMetricNames[i], fake_metrics.costly);
    }
    o->count = p->numMetrics;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetConfigImageSize(CUpti_Profiler_Host_GetConfigImageSize_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetConfigImageSize_Params);
    p->configImageSize = FAKE_CONFIG_BYTES;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetConfigImage(CUpti_Profiler_Host_GetConfigImage_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetConfigImage_Params);
    EXPECT(p->configImageSize == FAKE_CONFIG_BYTES && p->pConfigImage);
    memset(p->pConfigImage, ((struct host_object *)p->pHostObject)->costly ? 2 : 1, FAKE_CONFIG_BYTES);
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetNumOfPasses(CUpti_Profiler_Host_GetNumOfPasses_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetNumOfPasses_Params);
    EXPECT(p->configImageSize == FAKE_CONFIG_BYTES);
    p->numOfPasses = p->pConfigImage[FAKE_CONFIG_BYTES - 1];
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostEvaluateToGpuValues(CUpti_Profiler_Host_EvaluateToGpuValues_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_EvaluateToGpuValues_Params);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == FAKE_IMAGE_BYTES &&
           p->rangeIndex < fake_metrics_decoded());
    EXPECT(p->numMetrics == ((struct host_object *)p->pHostObject)->count);
    for (size_t i = 0; i < p->numMetrics; i++)
        for (int m = 0; m < METRIC_COUNT; m++)
            if (!strcmp(p->ppMetricNames[i], metric_rows[m].candidate[0]))
                p->pMetricValues[i] =
                    fake_metrics.no_number ? NAN : (double)(10 * fake_metrics_number(p->rangeIndex) + (size_t)m);
    return CUPTI_SUCCESS;
}

const struct fake_symbol fake_metrics_host_symbols[] = {
    FAKE_SYMBOL(ProfilerHostInitialize),          FAKE_SYMBOL(ProfilerHostDeinitialize),
    FAKE_SYMBOL(ProfilerHostGetSupportedChips),   FAKE_SYMBOL(ProfilerHostGetMetricProperties),
    FAKE_SYMBOL(ProfilerHostConfigAddMetrics),    FAKE_SYMBOL(ProfilerHostGetConfigImageSize),
    FAKE_SYMBOL(ProfilerHostGetConfigImage),      FAKE_SYMBOL(ProfilerHostGetNumOfPasses),
    FAKE_SYMBOL(ProfilerHostEvaluateToGpuValues), {NULL, NULL},
};

#endif
