#include "tests/cuda/fake_metrics_own.h"

#include <cupti.h>
#include <cupti_target.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<cupti_range_profiler.h>)

#include <cupti_range_profiler.h>

enum { DEVICE = 5, MOST = 1024 };

struct fake_metrics fake_metrics;
static char context_object, range_object;  /* only their addresses count */
static size_t pushed[MOST], most, decoded; /* numbers of the batch's ranges */
static char range_name[32];

void fake_metrics_offence(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!fake_metrics.wrong[0])
        vsnprintf(fake_metrics.wrong, sizeof fake_metrics.wrong, format, list);
    va_end(list);
}

bool fake_metrics_fails(const char *call)
{
    return fake_metrics.failing && !strcmp(fake_metrics.failing, call) && fake_metrics.after-- <= 0;
}

size_t fake_metrics_decoded(void)
{
    return decoded;
}

/* They are told in the reverse of their order, which no header forbids. */
size_t fake_metrics_number(size_t index)
{
    return pushed[decoded - 1 - index];
}

double fake_metrics_value(size_t range, enum metric metric)
{
    return (double)(10 * range + (size_t)metric) * metric_rows[metric].scale;
}

/* The driver. */

static CUresult fake_cuInit(unsigned flags)
{
    EXPECT(!flags);
    return fake_metrics_fails("cuInit") ? (CUresult)fake_metrics.result : CUDA_SUCCESS;
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
    return fake_metrics_fails("cuCtxSynchronize") ? (CUresult)fake_metrics.result : CUDA_SUCCESS;
}

/* CUPTI: the target's side. */

static CUptiResult cuptiGetVersion_(uint32_t *version)
{
    *version = CUPTI_API_VERSION;
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
        EXPECT(p->counterAvailabilityImageSize == FAKE_AVAILABILITY_BYTES);
        memset(p->pCounterAvailabilityImage, 7, FAKE_AVAILABILITY_BYTES);
    }
    p->counterAvailabilityImageSize = FAKE_AVAILABILITY_BYTES;
    return CUPTI_SUCCESS;
}

/* CUPTI: ranges. */

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
    p->counterDataSize = FAKE_IMAGE_BYTES;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerCounterDataImageInitialize(CUpti_RangeProfiler_CounterDataImage_Initialize_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
    EXPECT_OBJECT(p);
    EXPECT(p->pCounterData && p->counterDataSize == FAKE_IMAGE_BYTES && !fake_metrics.started);
    memset(p->pCounterData, 0, FAKE_IMAGE_BYTES);
    decoded = 0;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerSetConfig(CUpti_RangeProfiler_SetConfig_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_SetConfig_Params);
    EXPECT_OBJECT(p);
    EXPECT(p->configSize == FAKE_CONFIG_BYTES && p->pConfig && p->pConfig[0] == 1);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == FAKE_IMAGE_BYTES && !p->pCounterDataImage[0]);
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
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == FAKE_IMAGE_BYTES);
    p->numTotalRanges = decoded - fake_metrics.lost;
    return CUPTI_SUCCESS;
}

static CUptiResult RangeProfilerCounterDataGetRangeInfo(CUpti_RangeProfiler_CounterData_GetRangeInfo_Params *p)
{
    ENTER(p, CUpti_RangeProfiler_CounterData_GetRangeInfo_Params);
    EXPECT(p->pCounterDataImage && p->counterDataImageSize == FAKE_IMAGE_BYTES && p->rangeIndex < decoded);
    snprintf(range_name, sizeof range_name, "%zu",
             fake_metrics.doubled ? pushed[0] : fake_metrics_number(p->rangeIndex));
    p->rangeName = range_name;
    return CUPTI_SUCCESS;
}

/* Symbols. */

/* In a list of tables, which ends with NULL. */
static void *find(void *tables, const char *name)
{
    void *found = NULL;
    for (const struct fake_symbol **table = tables; *table; table++)
        for (const struct fake_symbol *s = *table; s->name; s++)
            if (!strcmp(s->name, name) && !(fake_metrics.absent && !strcmp(name, fake_metrics.absent)))
                memcpy(&found, &s->function, sizeof found);
    return found;
}

#define DRIVER(name)                       \
    {                                      \
#name, (void (*)(void))fake_##name \
    }
static const struct fake_symbol driver[] = {
    DRIVER(cuInit),         DRIVER(cuDriverGetVersion), DRIVER(cuCtxGetCurrent),
    DRIVER(cuCtxGetDevice), DRIVER(cuCtxSynchronize),   {NULL, NULL},
};

static const struct fake_symbol cupti[] = {
    {"cuptiGetVersion", (void (*)(void))cuptiGetVersion_},
    FAKE_SYMBOL(ProfilerInitialize),
    FAKE_SYMBOL(ProfilerDeInitialize),
    FAKE_SYMBOL(ProfilerDeviceSupported),
    FAKE_SYMBOL(DeviceGetChipName),
    FAKE_SYMBOL(ProfilerGetCounterAvailability),
    FAKE_SYMBOL(RangeProfilerEnable),
    FAKE_SYMBOL(RangeProfilerDisable),
    FAKE_SYMBOL(RangeProfilerGetCounterDataSize),
    FAKE_SYMBOL(RangeProfilerCounterDataImageInitialize),
    FAKE_SYMBOL(RangeProfilerSetConfig),
    FAKE_SYMBOL(RangeProfilerStart),
    FAKE_SYMBOL(RangeProfilerStop),
    FAKE_SYMBOL(RangeProfilerPushRange),
    FAKE_SYMBOL(RangeProfilerPopRange),
    FAKE_SYMBOL(RangeProfilerDecodeData),
    FAKE_SYMBOL(RangeProfilerGetCounterDataInfo),
    FAKE_SYMBOL(RangeProfilerCounterDataGetRangeInfo),
    {NULL, NULL},
};

static const struct fake_symbol *driver_tables[] = {driver, NULL},
                                *cupti_tables[] = {cupti, fake_metrics_host_symbols, NULL};

void fake_metrics_reset(void)
{
    fake_metrics = (struct fake_metrics){0};
}

struct library fake_metrics_driver(void)
{
    return (struct library){"a driver", driver_tables, find};
}

struct library fake_metrics_cupti(void)
{
    return (struct library){"a CUPTI", cupti_tables, find};
}

#endif
