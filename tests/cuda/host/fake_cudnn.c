/* cuDNN on the host: handles, versions, errors. */
#include "tests/cuda/host/fake_cudnn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct cudnnContext {
    cudaStream_t stream;
};
static const char handle_kind[] = "cuDNN handle";
static _Thread_local char last[256];

cudnnStatus_t fail(cudnnStatus_t status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(last, sizeof last, format, list);
    va_end(list);
    return status;
}

void cudnnGetLastErrorString(char *message, size_t size)
{
    if (message && size)
        snprintf(message, size, "%s", last);
    *last = 0;
}

bool handle_open(cudnnHandle_t handle)
{
    return handle && fake_holds(handle_kind, handle);
}

cudaStream_t handle_stream(cudnnHandle_t handle)
{
    return handle->stream;
}

cudnnStatus_t cudnnCreate(cudnnHandle_t *out)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    REQUIRE(out, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    REQUIRE(fake_device_now(), CUDNN_STATUS_NOT_INITIALIZED);
    struct cudnnContext *h = calloc(1, sizeof *h);
    REQUIRE(h, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    fake_hold(handle_kind, h, 0);
    *out = h;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle)
{
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(handle && fake_let_go(handle_kind, handle), CUDNN_STATUS_NOT_INITIALIZED);
    free(handle);
    return verdict == FAKE_GOES_ON ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED_CUDART;
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR);
    REQUIRE(handle_open(handle), CUDNN_STATUS_NOT_INITIALIZED);
    handle->stream = stream;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t *stream)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR);
    REQUIRE(handle_open(handle) && stream, CUDNN_STATUS_NOT_INITIALIZED);
    *stream = handle->stream;
    return CUDNN_STATUS_SUCCESS;
}

size_t cudnnGetVersion(void)
{
    return CUDNN_VERSION;
}

size_t cudnnGetMaxDeviceVersion(void)
{
    return CUDNN_MAX_DEVICE_VERSION;
}

size_t cudnnGetCudartVersion(void)
{
    return CUDART_VERSION;
}

cudnnStatus_t cudnnGetProperty(libraryPropertyType type, int *value)
{
    static const int parts[] = {
        [MAJOR_VERSION] = CUDNN_MAJOR, [MINOR_VERSION] = CUDNN_MINOR, [PATCH_LEVEL] = CUDNN_PATCHLEVEL};
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR);
    REQUIRE(value && (unsigned)type < sizeof parts / sizeof *parts, CUDNN_STATUS_BAD_PARAM);
    *value = parts[type];
    return CUDNN_STATUS_SUCCESS;
}

/* All parts are this one library. */
#define VERSION_CHECK(name)                                        \
    cudnnStatus_t name(void)                                       \
    {                                                              \
        CALL(FAKE_ASKS, CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH); \
        return CUDNN_STATUS_SUCCESS;                               \
    }
VERSION_CHECK(cudnnGraphVersionCheck)
VERSION_CHECK(cudnnOpsVersionCheck)
VERSION_CHECK(cudnnCnnVersionCheck)
VERSION_CHECK(cudnnAdvVersionCheck)

static const struct {
    cudnnStatus_t code;
    const char *name;
} statuses[] = {
#define ROW(code)   \
    {               \
        code, #code \
    }
    ROW(CUDNN_STATUS_SUCCESS),
    ROW(CUDNN_STATUS_NOT_INITIALIZED),
    ROW(CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH),
    ROW(CUDNN_STATUS_SERIALIZATION_VERSION_MISMATCH),
    ROW(CUDNN_STATUS_BAD_PARAM),
    ROW(CUDNN_STATUS_BAD_PARAM_NULL_POINTER),
    ROW(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER),
    ROW(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED),
    ROW(CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND),
    ROW(CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH),
    ROW(CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES),
    ROW(CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE),
    ROW(CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE),
    ROW(CUDNN_STATUS_NOT_SUPPORTED),
    ROW(CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN),
    ROW(CUDNN_STATUS_NOT_SUPPORTED_SHAPE),
    ROW(CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE),
    ROW(CUDNN_STATUS_NOT_SUPPORTED_LAYOUT),
    ROW(CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH),
    ROW(CUDNN_STATUS_INTERNAL_ERROR),
    ROW(CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED),
    ROW(CUDNN_STATUS_EXECUTION_FAILED),
    ROW(CUDNN_STATUS_EXECUTION_FAILED_CUDART),
#undef ROW
};

const char *cudnnGetErrorString(cudnnStatus_t status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == status)
            return statuses[i].name;
    return "CUDNN_UNKNOWN_STATUS";
}
