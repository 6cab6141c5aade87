#include "profiler/cupti/metrics/ranges.h"

#if __has_include(<cupti_range_profiler.h>) /* CUDA 12.6 and later */

#include <cupti_range_profiler.h>
#include <stdlib.h>

#include "profiler/cupti/result.h"

#define FUNCTIONS(ROW)              \
    ROW(Enable)                     \
    ROW(Disable)                    \
    ROW(GetCounterDataSize)         \
    ROW(CounterDataImageInitialize) \
    ROW(SetConfig)                  \
    ROW(Start)                      \
    ROW(Stop)                       \
    ROW(PushRange)                  \
    ROW(PopRange)                   \
    ROW(DecodeData)                 \
    ROW(GetCounterDataInfo)         \
    ROW(CounterDataGetRangeInfo)

struct metrics_ranges {
    const struct metrics_choice *choice;
    CUpti_RangeProfiler_Object *object;
    uint8_t *image; /* counter data of a batch */
    size_t image_bytes, most;
    bool started;
#define ROW(name) __typeof__(cuptiRangeProfiler##name) *name;
    FUNCTIONS(ROW)
#undef ROW
};

#define PARAMETERS(params, ...)                                                                                 \
    CUpti_RangeProfiler_##params##_Params p = {.structSize = CUpti_RangeProfiler_##params##_Params_STRUCT_SIZE, \
                                               __VA_ARGS__}
#define CALL(r, name, code) cupti_result((r)->name(&p), code, "cuptiRangeProfiler" #name, NULL)

static struct err take_calls(const struct library *cupti, struct metrics_ranges *r)
{
    const struct library_slot slots[] = {
#define ROW(name) {"cuptiRangeProfiler" #name, &r->name, false},
        FUNCTIONS(ROW)
#undef ROW
    };
    return library_take(cupti, slots, ARRAY_LEN(slots));
}

static struct err enable(struct metrics_ranges *r, CUcontext context)
{
    PARAMETERS(Enable, .ctx = context);
    TRY(CALL(r, Enable, ERR_ABSENT));
    r->object = p.pRangeProfilerObject;
    return OK;
}

static struct err make_image(struct metrics_ranges *r)
{
    PARAMETERS(GetCounterDataSize, .pRangeProfilerObject = r->object, .pMetricNames = (const char **)r->choice->name,
               .numMetrics = r->choice->count, .maxNumOfRanges = r->most, .maxNumRangeTreeNodes = (uint32_t)r->most);
    TRY(CALL(r, GetCounterDataSize, ERR_ABSENT));
    r->image_bytes = p.counterDataSize;
    r->image = malloc(r->image_bytes);
    return r->image ? OK : err_fail("metrics: out of memory for %zu bytes of counters", r->image_bytes);
}

struct err metrics_ranges_open(const struct library *cupti, CUcontext context, const struct metrics_choice *choice,
                               size_t most, struct metrics_ranges **out)
{
    struct metrics_ranges *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return err_fail("metrics: out of memory");
    r->choice = choice;
    r->most = most;
    struct err e = take_calls(cupti, r);
    if (!e.code)
        e = enable(r, context);
    if (!e.code)
        e = make_image(r);
    if (e.code)
        metrics_ranges_close(r);
    else
        *out = r;
    return e;
}

void metrics_ranges_close(struct metrics_ranges *r)
{
    if (!r)
        return;
    if (r->started) { /* what there was to say was said */
        PARAMETERS(Stop, .pRangeProfilerObject = r->object);
        r->Stop(&p);
    }
    if (r->object) {
        PARAMETERS(Disable, .pRangeProfilerObject = r->object);
        r->Disable(&p);
    }
    free(r->image);
    free(r);
}

static struct err empty_image(struct metrics_ranges *r)
{
    PARAMETERS(CounterDataImage_Initialize, .pRangeProfilerObject = r->object, .counterDataSize = r->image_bytes,
               .pCounterData = r->image);
    return CALL(r, CounterDataImageInitialize, ERR_ABSENT);
}

/* User replay: nothing is saved, and nothing runs again. Levels count from 1; the last two fields are for later passes.
 */
static struct err configure(struct metrics_ranges *r)
{
    PARAMETERS(SetConfig, .pRangeProfilerObject = r->object, .configSize = r->choice->config_bytes,
               .pConfig = r->choice->config, .counterDataImageSize = r->image_bytes, .pCounterDataImage = r->image,
               .range = CUPTI_UserRange, .replayMode = CUPTI_UserReplay, .maxRangesPerPass = r->most,
               .numNestingLevels = 1, .minNestingLevel = 1, .passIndex = 0, .targetNestingLevel = 0);
    return CALL(r, SetConfig, ERR_ABSENT);
}

struct err metrics_ranges_start(struct metrics_ranges *r)
{
    TRY(empty_image(r));
    TRY(configure(r));
    PARAMETERS(Start, .pRangeProfilerObject = r->object);
    TRY(CALL(r, Start, ERR_ABSENT));
    r->started = true;
    return OK;
}

bool metrics_ranges_started(const struct metrics_ranges *r)
{
    return r->started;
}

struct err metrics_ranges_push(struct metrics_ranges *r, const char *name)
{
    PARAMETERS(PushRange, .pRangeProfilerObject = r->object, .pRangeName = name);
    return CALL(r, PushRange, ERR_FAILED);
}

struct err metrics_ranges_pop(struct metrics_ranges *r)
{
    PARAMETERS(PopRange, .pRangeProfilerObject = r->object);
    return CALL(r, PopRange, ERR_FAILED);
}

static struct err decode(struct metrics_ranges *r, size_t expected)
{
    PARAMETERS(DecodeData, .pRangeProfilerObject = r->object);
    TRY(CALL(r, DecodeData, ERR_FAILED));
    return p.numOfRangeDropped
               ? err_make(ERR_INVALID, "metrics: CUPTI dropped %zu of %zu ranges", p.numOfRangeDropped, expected)
               : OK;
}

static struct err check_count(struct metrics_ranges *r, size_t expected)
{
    PARAMETERS(GetCounterDataInfo, .pCounterDataImage = r->image, .counterDataImageSize = r->image_bytes);
    TRY(CALL(r, GetCounterDataInfo, ERR_FAILED));
    return p.numTotalRanges == expected
               ? OK
               : err_make(ERR_INVALID, "metrics: CUPTI has %zu ranges where %zu were run", p.numTotalRanges, expected);
}

struct err metrics_ranges_stop(struct metrics_ranges *r, size_t expected)
{
    PARAMETERS(Stop, .pRangeProfilerObject = r->object);
    r->started = false;
    TRY(CALL(r, Stop, ERR_FAILED));
    if (!expected)
        return OK;
    if (!p.isAllPassSubmitted)
        return err_make(ERR_INVALID, "metrics: CUPTI says that one pass was not enough");
    TRY(decode(r, expected));
    return check_count(r, expected);
}

struct err metrics_ranges_name(const struct metrics_ranges *r, size_t index, const char **name)
{
    PARAMETERS(CounterData_GetRangeInfo, .pCounterDataImage = r->image, .counterDataImageSize = r->image_bytes,
               .rangeIndex = index, .rangeDelimiter = "/");
    TRY(CALL(r, CounterDataGetRangeInfo, ERR_FAILED));
    *name = p.rangeName ? p.rangeName : "";
    return OK;
}

struct err metrics_ranges_values(const struct metrics_ranges *r, const struct metrics_host *h, size_t index,
                                 double value[METRIC_COUNT])
{
    return metrics_host_evaluate(h, r->choice, r->image, r->image_bytes, index, value);
}

#endif
