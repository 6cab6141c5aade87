#include "profiler/cupti/metrics/device.h"

#include <cupti.h>
#include <cupti_profiler_target.h>
#include <cupti_target.h>
#include <stdbool.h>
#include <stdlib.h>

#include "profiler/cupti/result.h"

#if __has_include(<cupti_range_profiler.h>)

struct metrics_device_calls {
    CUresult (*init)(unsigned);
    CUresult (*version)(int *);
    CUresult (*context)(CUcontext *);
    CUresult (*device)(CUdevice *);
    __typeof__(cuptiGetVersion) *cupti_version;
    __typeof__(cuptiProfilerInitialize) *begin;
    __typeof__(cuptiProfilerDeInitialize) *end;
    __typeof__(cuptiProfilerDeviceSupported) *supported;
    __typeof__(cuptiDeviceGetChipName) *chip;
    __typeof__(cuptiProfilerGetCounterAvailability) *availability;
    bool begun;
};

static struct err take_calls(const struct library *driver, const struct library *cupti, struct metrics_device *d)
{
    struct metrics_device_calls *c = d->calls;
    const struct library_slot of_driver[] = {{"cuInit", &c->init, false},
                                             {"cuDriverGetVersion", &c->version, false},
                                             {"cuCtxGetCurrent", &c->context, false},
                                             {"cuCtxGetDevice", &c->device, false},
                                             {"cuCtxSynchronize", &d->synchronize, false}};
    const struct library_slot of_cupti[] = {{"cuptiGetVersion", &c->cupti_version, false},
                                            {"cuptiProfilerInitialize", &c->begin, false},
                                            {"cuptiProfilerDeInitialize", &c->end, false},
                                            {"cuptiProfilerDeviceSupported", &c->supported, false},
                                            {"cuptiDeviceGetChipName", &c->chip, false},
                                            {"cuptiProfilerGetCounterAvailability", &c->availability, false}};
    TRY(library_take(driver, of_driver, ARRAY_LEN(of_driver)));
    return library_take(cupti, of_cupti, ARRAY_LEN(of_cupti));
}

/* CUPTI ends the process where it is asked for a chip's name without a driver: the driver comes first. */
static struct err find_context(struct metrics_device *d)
{
    CUresult result = d->calls->init(0);
    if (result != CUDA_SUCCESS)
        return err_make(ERR_ABSENT, "metrics: the NVIDIA driver does not start: cuInit gave %d%s", (int)result,
                        result == CUDA_ERROR_NO_DEVICE ? " (no GPU)" : "");
    if (d->calls->version(&d->driver) != CUDA_SUCCESS)
        d->driver = 0; /* only told */
    if (d->calls->context(&d->context) != CUDA_SUCCESS || !d->context || d->calls->device(&d->device) != CUDA_SUCCESS)
        return err_make(ERR_ABSENT, "metrics: this thread has no CUDA context: open the backend cuda first");
    return OK;
}

static struct err check_support(const struct metrics_device *d)
{
    CUpti_Profiler_DeviceSupported_Params p = {.structSize = CUpti_Profiler_DeviceSupported_Params_STRUCT_SIZE,
                                               .cuDevice = d->device,
                                               .api = CUPTI_PROFILER_RANGE_PROFILING};
    TRY(cupti_result(d->calls->supported(&p), ERR_ABSENT, "cuptiProfilerDeviceSupported", NULL));
    if (p.isSupported == CUPTI_PROFILER_CONFIGURATION_SUPPORTED)
        return OK;
    const struct {
        CUpti_Profiler_Support_Level level;
        int same_as; /* with which CUPTI says so elsewhere */
    } reasons[] = {
        {p.architecture, RESULT_NOT_SUPPORTED},
        {p.sli, RESULT_SLI_DEVICE_NOT_SUPPORTED},
        {p.vGpu, p.vGpu == CUPTI_PROFILER_CONFIGURATION_DISABLED ? RESULT_VIRTUALIZED_DEVICE_INSUFFICIENT_PRIVILEGES
                                                                 : RESULT_VIRTUALIZED_DEVICE_NOT_SUPPORTED},
        {p.confidentialCompute, RESULT_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED},
        {p.cmp, RESULT_CMP_DEVICE_NOT_SUPPORTED},
        {p.wsl, RESULT_WSL_DEVICE_NOT_SUPPORTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].level == CUPTI_PROFILER_CONFIGURATION_UNSUPPORTED ||
            reasons[i].level == CUPTI_PROFILER_CONFIGURATION_DISABLED)
            return cupti_result(reasons[i].same_as, ERR_ABSENT, "cuptiProfilerDeviceSupported", NULL);
    return cupti_result(RESULT_NOT_SUPPORTED, ERR_ABSENT, "cuptiProfilerDeviceSupported", NULL);
}

static struct err ask_chip(struct metrics_device *d)
{
    CUpti_Device_GetChipName_Params p = {.structSize = CUpti_Device_GetChipName_Params_STRUCT_SIZE,
                                         .deviceIndex = (size_t)d->device};
    TRY(cupti_result(d->calls->chip(&p), ERR_ABSENT, "cuptiDeviceGetChipName", NULL));
    d->chip = p.pChipName;
    return d->chip ? OK : err_make(ERR_ABSENT, "metrics: CUPTI does not name the chip of this device");
}

/* Asked twice: for the size, then for the image. */
static struct err ask_availability(struct metrics_device *d)
{
    CUpti_Profiler_GetCounterAvailability_Params p = {
        .structSize = CUpti_Profiler_GetCounterAvailability_Params_STRUCT_SIZE, .ctx = d->context};
    TRY(cupti_result(d->calls->availability(&p), ERR_ABSENT, "cuptiProfilerGetCounterAvailability", NULL));
    p.pCounterAvailabilityImage = d->availability = calloc(1, p.counterAvailabilityImageSize + 1);
    if (!d->availability)
        return err_fail("metrics: out of memory");
    return cupti_result(d->calls->availability(&p), ERR_ABSENT, "cuptiProfilerGetCounterAvailability", NULL);
}

static struct err begin(struct metrics_device *d)
{
    CUpti_Profiler_Initialize_Params p = {.structSize = CUpti_Profiler_Initialize_Params_STRUCT_SIZE};
    TRY(library_cupti_version(d->calls->cupti_version, &d->cupti));
    TRY(cupti_result(d->calls->begin(&p), ERR_ABSENT, "cuptiProfilerInitialize", NULL));
    d->calls->begun = true;
    return OK;
}

struct err metrics_device_open(const struct library *driver, const struct library *cupti, struct metrics_device *out)
{
    *out = (struct metrics_device){.calls = calloc(1, sizeof *out->calls)};
    struct err e = out->calls ? take_calls(driver, cupti, out) : err_fail("metrics: out of memory");
    struct err (*const steps[])(struct metrics_device *) = {find_context, begin};
    for (size_t i = 0; i < ARRAY_LEN(steps) && !e.code; i++)
        e = steps[i](out);
    if (!e.code)
        e = check_support(out);
    if (!e.code)
        e = ask_chip(out);
    if (!e.code)
        e = ask_availability(out);
    if (e.code)
        metrics_device_close(out);
    return e;
}

void metrics_device_close(struct metrics_device *d)
{
    CUpti_Profiler_DeInitialize_Params p = {.structSize = CUpti_Profiler_DeInitialize_Params_STRUCT_SIZE};
    if (d->calls && d->calls->begun)
        d->calls->end(&p);
    free(d->calls);
    free(d->availability);
    *d = (struct metrics_device){0};
}

#endif
