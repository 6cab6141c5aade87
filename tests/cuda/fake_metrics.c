#include "tests/cuda/fake_metrics.h"

#include <cupti.h>
#include <cupti_target.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<cupti_range_profiler.h>)

#include <cupti_profiler_host.h>
#include <cupti_range_profiler.h>

enum { DEVICE = 5, MOST = 1024, CONFIG_BYTES = 64, AVAILABILITY_BYTES = 16, IMAGE_BYTES = 4096 };

struct fake_metrics fake_metrics;
static char context_object, range_object;  /* only their addresses count */
static size_t pushed[MOST], most, decoded; /* numbers of the batch's ranges */
static char range_name[32];

/* A host object, and what was added to it. */
struct host_object {
    size_t count;
    bool costly;
};

__attribute__((format(printf, 1, 2))) static void offence(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!fake_metrics.wrong[0])
        vsnprintf(fake_metrics.wrong, sizeof fake_metrics.wrong, format, list);
    va_end(list);
}

#define EXPECT(holds)                            \
    do {                                         \
        if (!(holds))                            \
            offence("%s: %s", __func__, #holds); \
    } while (0)

static bool fails(const char *call)
{
    return fake_metrics.failing && !strcmp(fake_metrics.failing, call) && fake_metrics.after-- <= 0;
}

/* Beginning of each call of CUPTI. */
#define ENTER(params, type)                                             \
    EXPECT(params->structSize == type##_STRUCT_SIZE && !params->pPriv); \
    if (fails(__func__))                                                \
    return (CUptiResult)fake_metrics.result

double fake_metrics_value(size_t range, enum metric metric)
{
    return (double)(10 * range + (size_t)metric) * metric_rows[metric].scale;
}

/* The driver. */

static CUresult fake_cuInit(unsigned flags)
{
    EXPECT(!flags);
    return fails("cuInit") ? (CUresult)fake_metrics.result : CUDA_SUCCESS;
}

static CUresult fake_cuDriverGetVersion(int *version)
{
    *version = 13000;
    return CUDA_SUCCESS;
}

static CUresult fake_cuCtxGetCurrent(CUcontext *context)
{
    *context = fake_metrics.no_context ? NULL : (CUcontext)&context_object;
    return CUDA_SUCCESS;
}

static CUresult fake_cuCtxGetDevice(CUdevice *device)
{
    *device = DEVICE;
    return CUDA_SUCCESS;
}

static CUresult fake_cuCtxSynchronize(void)
{
    fake_metrics.waits++;
    return fails("cuCtxSynchronize") ? (CUresult)fake_metrics.result : CUDA_SUCCESS;
}

/* CUPTI: the target's side. */

static CUptiResult cuptiGetVersion_(uint32_t *version)
{
    *version = 130001;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerInitialize(CUpti_Profiler_Initialize_Params *p)
{
    ENTER(p, CUpti_Profiler_Initialize_Params);
    fake_metrics.profiling = true;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerDeInitialize(CUpti_Profiler_DeInitialize_Params *p)
{
    ENTER(p, CUpti_Profiler_DeInitialize_Params);
    EXPECT(fake_metrics.profiling && !fake_metrics.enabled);
    fake_metrics.profiling = false;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerDeviceSupported(CUpti_Profiler_DeviceSupported_Params *p)
{
    ENTER(p, CUpti_Profiler_DeviceSupported_Params);
    EXPECT(fake_metrics.profiling && p->cuDevice == DEVICE && p->api == CUPTI_PROFILER_RANGE_PROFILING);
    CUpti_Profiler_Support_Level *const flags[] = {&p->isSupported,         &p->architecture, &p->sli, &p->vGpu,
                                                   &p->confidentialCompute, &p->cmp,          &p->wsl};
    for (size_t i = 0; i < ARRAY_LEN(flags); i++)
        *flags[i] = fake_metrics.unsupported && (!i || (int)i == fake_metrics.unsupported)
                        ? CUPTI_PROFILER_CONFIGURATION_UNSUPPORTED
                        : CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
    return CUPTI_SUCCESS;
}

static CUptiResult DeviceGetChipName(CUpti_Device_GetChipName_Params *p)
{
    ENTER(p, CUpti_Device_GetChipName_Params);
    EXPECT(p->deviceIndex == DEVICE);
    p->pChipName = "GX100";
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerGetCounterAvailability(CUpti_Profiler_GetCounterAvailability_Params *p)
{
    ENTER(p, CUpti_Profiler_GetCounterAvailability_Params);
    EXPECT(p->ctx == (CUcontext)&context_object && !fake_metrics.enabled);
    if (p->pCounterAvailabilityImage) {
        EXPECT(p->counterAvailabilityImageSize == AVAILABILITY_BYTES);
        memset(p->pCounterAvailabilityImage, 7, AVAILABILITY_BYTES);
    }
    p->counterAvailabilityImageSize = AVAILABILITY_BYTES;
    return CUPTI_SUCCESS;
}

/* CUPTI: the host's side. */

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
           p->pCounterAvailabilityImage && p->pCounterAvailabilityImage[AVAILABILITY_BYTES - 1] == 7);
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
    p->configImageSize = CONFIG_BYTES;
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetConfigImage(CUpti_Profiler_Host_GetConfigImage_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetConfigImage_Params);
    EXPECT(p->configImageSize == CONFIG_BYTES && p->pConfigImage);
    memset(p->pConfigImage, ((struct host_object *)p->pHostObject)->costly ? 2 : 1, CONFIG_BYTES);
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostGetNumOfPasses(CUpti_Profiler_Host_GetNumOfPasses_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_GetNumOfPasses_Params);
    EXPECT(p->configImageSize == CONFIG_BYTES);
    p->numOfPasses = p->pConfigImage[CONFIG_BYTES - 1];
    return CUPTI_SUCCESS;
}

static CUptiResult ProfilerHostEvaluateToGpuValues(CUpti_Profiler_Host_EvaluateToGpuValues_Params *p)
{
    ENTER(p, CUpti_Profiler_Host_EvaluateToGpuValues_Params);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == IMAGE_BYTES && p->rangeIndex < decoded);
    EXPECT(p->numMetrics == ((struct host_object *)p->pHostObject)->count);
    for (size_t i = 0; i < p->numMetrics; i++)
        for (int m = 0; m < METRIC_COUNT; m++)
            if (!strcmp(p->ppMetricNames[i], metric_rows[m].candidate[0]))
                p->pMetricValues[i] =
                    fake_metrics.no_number ? NAN : (double)(10 * pushed[decoded - 1 - p->rangeIndex] + (size_t)m);
    return CUPTI_SUCCESS;
}

/* CUPTI: ranges. They are told in the reverse of their order, which no header forbids. */

#define EXPECT_OBJECT(p) EXPECT(fake_metrics.enabled && p->pRangeProfilerObject == (void *)&range_object)

static CUptiResult RangeProfilerEnable(CUpti_RangeProfiler_Enable_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_Enable_Params);
    EXPECT(p->ctx == (CUcontext)&context_object && fake_metrics.profiling && !fake_metrics.enabled);
    fake_metrics.enabled = true;
    p->pRangeProfilerObject = (CUpti_RangeProfiler_Object *)&range_object;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerDisable(CUpti_RangeProfiler_Disable_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_Disable_Params);
    EXPECT_OBJECT(p);
    EXPECT(!fake_metrics.started);
    fake_metrics.enabled = false;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerGetCounterDataSize(CUpti_RangeProfiler_GetCounterDataSize_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_GetCounterDataSize_Params);
    EXPECT_OBJECT(p);
    EXPECT(p->numMetrics && p->maxNumOfRanges && p->maxNumOfRanges <= MOST &&
           p->maxNumRangeTreeNodes >= p->maxNumOfRanges);
    most = p->maxNumOfRanges;
    p->counterDataSize = IMAGE_BYTES;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerCounterDataImageInitialize(CUpti_RangeProfiler_CounterDataImage_Initialize_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
    EXPECT_OBJECT(p);
    EXPECT(p->pCounterData && p->counterDataSize == IMAGE_BYTES && !fake_metrics.started);
    memset(p->pCounterData, 0, IMAGE_BYTES);
    decoded = 0;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerSetConfig(CUpti_RangeProfiler_SetConfig_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_SetConfig_Params);
    EXPECT_OBJECT(p);
    EXPECT(p->configSize == CONFIG_BYTES && p->pConfig && p->pConfig[0] == 1);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == IMAGE_BYTES && !p->pCounterDataImage[0]);
    EXPECT(p->range == CUPTI_UserRange && p->replayMode == CUPTI_UserReplay && p->maxRangesPerPass == most);
    EXPECT(p->numNestingLevels == 1 && p->minNestingLevel == 1 && p->passIndex == 0 && !fake_metrics.started);
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerStart(CUpti_RangeProfiler_Start_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_Start_Params);
    EXPECT_OBJECT(p);
    EXPECT(!fake_metrics.started);
    fake_metrics.started = true;
    fake_metrics.batches++;
    fake_metrics.ranges = 0;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerStop(CUpti_RangeProfiler_Stop_Params *p)
{
    EXPECT_OBJECT(p);
    EXPECT(fake_metrics.started);
    fake_metrics.started = fake_metrics.in_range = false; /* also where it fails */
    ENTER(p, CUpti_RangeProfiler_Stop_Params);
    p->isAllPassSubmitted = !fake_metrics.not_whole && fake_metrics.ranges;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerPushRange(CUpti_RangeProfiler_PushRange_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_PushRange_Params);
    EXPECT_OBJECT(p);
    EXPECT(fake_metrics.started && !fake_metrics.in_range && (size_t)fake_metrics.ranges < most && p->pRangeName);
    const size_t number = strtoul(p->pRangeName, NULL, 10);
    for (int i = 0; i < fake_metrics.ranges; i++)
        EXPECT(pushed[i] != number);
    pushed[fake_metrics.ranges++] = number;
    EXPECT(fake_metrics.waits % 2 == 1); /* a wait before each push, and one before each pop */
    fake_metrics.in_range = true;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerPopRange(CUpti_RangeProfiler_PopRange_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_PopRange_Params);
    EXPECT_OBJECT(p);
    EXPECT(fake_metrics.in_range && fake_metrics.waits % 2 == 0);
    fake_metrics.in_range = false;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerDecodeData(CUpti_RangeProfiler_DecodeData_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_DecodeData_Params);
    EXPECT_OBJECT(p);
    EXPECT(!fake_metrics.started);
    decoded = (size_t)fake_metrics.ranges;
    p->numOfRangeDropped = fake_metrics.dropped;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerGetCounterDataInfo(CUpti_RangeProfiler_GetCounterDataInfo_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_GetCounterDataInfo_Params);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == IMAGE_BYTES);
    p->numTotalRanges = decoded - fake_metrics.lost;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerCounterDataGetRangeInfo(CUpti_RangeProfiler_CounterData_GetRangeInfo_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_CounterData_GetRangeInfo_Params);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == IMAGE_BYTES && p->rangeIndex < decoded);
    snprintf(range_name, sizeof range_name, "%zu", pushed[fake_metrics.doubled ? 0 : decoded - 1 - p->rangeIndex]);
    p->rangeName = range_name;
    return CUPTI_SUCCESS;
}

/* Symbols. */

typedef void function(void);
struct symbol {
    const char *name;
    function *function;
};

static void *find(void *table, const char *name)
{
    void *found = NULL;
    for (const struct symbol *s = table; s->name; s++)
        if (!strcmp(s->name, name) && !(fake_metrics.absent && !strcmp(name, fake_metrics.absent)))
            memcpy(&found, &s->function, sizeof found);
    return found;
}

#define DRIVER(name)                   \
    {                                  \
#name, (function *)fake_##name \
    }
static const struct symbol driver[] = {
    DRIVER(cuInit),         DRIVER(cuDriverGetVersion), DRIVER(cuCtxGetCurrent),
    DRIVER(cuCtxGetDevice), DRIVER(cuCtxSynchronize),   {NULL, NULL},
};

#define CUPTI(name)                     \
    {                                   \
        "cupti" #name, (function *)name \
    }
static const struct symbol cupti[] = {
    {"cuptiGetVersion", (function *)cuptiGetVersion_},
    CUPTI(ProfilerInitialize),
    CUPTI(ProfilerDeInitialize),
    CUPTI(ProfilerDeviceSupported),
    CUPTI(DeviceGetChipName),
    CUPTI(ProfilerGetCounterAvailability),
    CUPTI(ProfilerHostInitialize),
    CUPTI(ProfilerHostDeinitialize),
    CUPTI(ProfilerHostGetSupportedChips),
    CUPTI(ProfilerHostGetMetricProperties),
    CUPTI(ProfilerHostConfigAddMetrics),
    CUPTI(ProfilerHostGetConfigImageSize),
    CUPTI(ProfilerHostGetConfigImage),
    CUPTI(ProfilerHostGetNumOfPasses),
    CUPTI(ProfilerHostEvaluateToGpuValues),
    CUPTI(RangeProfilerEnable),
    CUPTI(RangeProfilerDisable),
    CUPTI(RangeProfilerGetCounterDataSize),
    CUPTI(RangeProfilerCounterDataImageInitialize),
    CUPTI(RangeProfilerSetConfig),
    CUPTI(RangeProfilerStart),
    CUPTI(RangeProfilerStop),
    CUPTI(RangeProfilerPushRange),
    CUPTI(RangeProfilerPopRange),
    CUPTI(RangeProfilerDecodeData),
    CUPTI(RangeProfilerGetCounterDataInfo),
    CUPTI(RangeProfilerCounterDataGetRangeInfo),
    {NULL, NULL},
};

void fake_metrics_reset(void)
{
    fake_metrics = (struct fake_metrics){0};
}

struct library fake_metrics_driver(void)
{
    return (struct library){"a driver", (void *)driver, find};
}

struct library fake_metrics_cupti(void)
{
    return (struct library){"a CUPTI", (void *)cupti, find};
}

#endif
