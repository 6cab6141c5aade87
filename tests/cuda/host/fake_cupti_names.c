/* Names: of results, and of the functions of CUDA with their numbers. */
#include "tests/cuda/host/fake_cupti.h"

#include <string.h>

#define RUNTIME(function, version)                                            \
    {                                                                         \
#function, #function "_" #version, CUPTI_ACTIVITY_KIND_RUNTIME,       \
            (CUpti_CallbackId)CUPTI_RUNTIME_TRACE_CBID_##function##_##version \
    }
static const struct call_row calls[] = {
    RUNTIME(cudaDeviceGetAttribute, v5000),
    RUNTIME(cudaDeviceGetPCIBusId, v4010),
    RUNTIME(cudaDeviceReset, v3020),
    RUNTIME(cudaDeviceSynchronize, v3020),
    RUNTIME(cudaDriverGetVersion, v3020),
    RUNTIME(cudaEventCreate, v3020),
    RUNTIME(cudaEventCreateWithFlags, v3020),
    RUNTIME(cudaEventDestroy, v3020),
    RUNTIME(cudaEventElapsedTime, v3020),
    RUNTIME(cudaEventQuery, v3020),
    RUNTIME(cudaEventRecord, v3020),
    RUNTIME(cudaEventSynchronize, v3020),
    RUNTIME(cudaFree, v3020),
    RUNTIME(cudaFreeHost, v3020),
    RUNTIME(cudaFuncSetAttribute, v9000),
    RUNTIME(cudaGetDevice, v3020),
    RUNTIME(cudaGetDeviceCount, v3020),
    RUNTIME(cudaGetDeviceProperties, v12000),
    RUNTIME(cudaGraphDestroy, v10000),
    RUNTIME(cudaGraphExecDestroy, v10000),
    RUNTIME(cudaGraphGetNodes, v10000),
    RUNTIME(cudaGraphInstantiate, v12000),
    RUNTIME(cudaGraphLaunch, v10000),
    RUNTIME(cudaGraphUpload, v10000),
    RUNTIME(cudaHostAlloc, v3020),
    RUNTIME(cudaLaunchKernel, v7000),
    RUNTIME(cudaMalloc, v3020),
    RUNTIME(cudaMallocHost, v3020),
    RUNTIME(cudaMemGetInfo, v3020),
    RUNTIME(cudaMemcpy, v3020),
    RUNTIME(cudaMemcpyAsync, v3020),
    RUNTIME(cudaMemset, v3020),
    RUNTIME(cudaMemsetAsync, v3020),
    RUNTIME(cudaRuntimeGetVersion, v3020),
    RUNTIME(cudaSetDevice, v3020),
    RUNTIME(cudaStreamBeginCapture, v10000),
    RUNTIME(cudaStreamCreateWithFlags, v5000),
    RUNTIME(cudaStreamDestroy, v5050),
    RUNTIME(cudaStreamEndCapture, v10000),
    RUNTIME(cudaStreamGetCaptureInfo, v12030),
    RUNTIME(cudaStreamIsCapturing, v10000),
    RUNTIME(cudaStreamQuery, v3020),
    RUNTIME(cudaStreamSynchronize, v3020),
    RUNTIME(cudaStreamWaitEvent, v3020),
    {"cuLaunchKernelEx", "cuLaunchKernelEx", CUPTI_ACTIVITY_KIND_DRIVER, CUPTI_DRIVER_TRACE_CBID_cuLaunchKernelEx},
};
enum { CALLS = sizeof calls / sizeof *calls };

const struct call_row *call_row_of(const char *function)
{
    for (int i = 0; i < CALLS; i++)
        if (!strcmp(calls[i].function, function))
            return &calls[i];
    return NULL;
}

CUptiResult cuptiGetCallbackName(CUpti_CallbackDomain domain, uint32_t cbid, const char **name)
{
    for (int i = 0; name && i < CALLS; i++) {
        bool runtime = calls[i].kind == CUPTI_ACTIVITY_KIND_RUNTIME;
        if (calls[i].cbid == cbid && domain == (runtime ? CUPTI_CB_DOMAIN_RUNTIME_API : CUPTI_CB_DOMAIN_DRIVER_API)) {
            *name = calls[i].name;
            return CUPTI_SUCCESS;
        }
    }
    return CUPTI_ERROR_INVALID_PARAMETER;
}

/* A result's text is its name. */
CUptiResult cuptiGetResultString(CUptiResult result, const char **text)
{
#define ROW(name)                    \
    {                                \
        CUPTI_##name, "CUPTI_" #name \
    }
    static const struct {
        CUptiResult result;
        const char *name;
    } rows[] = {
        ROW(SUCCESS),
        ROW(ERROR_INVALID_PARAMETER),
        ROW(ERROR_INVALID_OPERATION),
        ROW(ERROR_OUT_OF_MEMORY),
        ROW(ERROR_PARAMETER_SIZE_NOT_SUFFICIENT),
        ROW(ERROR_MAX_LIMIT_REACHED),
        ROW(ERROR_NOT_COMPATIBLE),
        ROW(ERROR_NOT_INITIALIZED),
        ROW(ERROR_QUEUE_EMPTY),
        ROW(ERROR_INVALID_KIND),
        ROW(ERROR_HARDWARE),
        ROW(ERROR_NOT_SUPPORTED),
        ROW(ERROR_INSUFFICIENT_PRIVILEGES),
        ROW(ERROR_LEGACY_PROFILER_NOT_SUPPORTED),
        ROW(ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED),
        ROW(ERROR_UNKNOWN),
    };
#undef ROW
    for (size_t i = 0; text && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].result == result) {
            *text = rows[i].name;
            return CUPTI_SUCCESS;
        }
    return CUPTI_ERROR_INVALID_PARAMETER;
}
