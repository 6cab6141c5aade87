/* cuBLASLt on the host: handles, versions, status. */
#include "tests/cuda/host/fake_cublaslt.h"

#include <stdlib.h>

struct cublasLtContext {
    const struct fake_device *device;
};
static const char handle_kind[] = "cublasLt handle";

bool handle_open(cublasLtHandle_t handle)
{
    return handle && fake_holds(handle_kind, handle);
}

cublasStatus_t cublasLtCreate(cublasLtHandle_t *out)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_ALLOC_FAILED);
    REQUIRE(out, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(fake_device_now(), CUBLAS_STATUS_NOT_INITIALIZED);
    struct cublasLtContext *h = malloc(sizeof *h);
    REQUIRE(h, CUBLAS_STATUS_ALLOC_FAILED);
    h->device = fake_device_now();
    fake_hold(handle_kind, h, 0);
    *out = h;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(handle && fake_let_go(handle_kind, handle), CUBLAS_STATUS_NOT_INITIALIZED);
    free(handle);
    return verdict == FAKE_GOES_ON ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

size_t cublasLtGetVersion(void)
{
    return CUBLAS_VERSION;
}

size_t cublasLtGetCudartVersion(void)
{
    return CUDART_VERSION;
}

cublasStatus_t cublasLtGetProperty(libraryPropertyType type, int *value)
{
    static const int parts[] = {
        [MAJOR_VERSION] = CUBLAS_VER_MAJOR, [MINOR_VERSION] = CUBLAS_VER_MINOR, [PATCH_LEVEL] = CUBLAS_VER_PATCH};
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    REQUIRE(value && (unsigned)type < sizeof parts / sizeof *parts, CUBLAS_STATUS_INVALID_VALUE);
    *value = parts[type];
    return CUBLAS_STATUS_SUCCESS;
}

static const struct {
    cublasStatus_t code;
    const char *name, *text;
} statuses[] = {
#define ROW(code, text)   \
    {                     \
        code, #code, text \
    }
    ROW(CUBLAS_STATUS_SUCCESS, "success"),
    ROW(CUBLAS_STATUS_NOT_INITIALIZED, "the library was not initialized"),
    ROW(CUBLAS_STATUS_ALLOC_FAILED, "the resource allocation failed"),
    ROW(CUBLAS_STATUS_INVALID_VALUE, "an invalid value was given"),
    ROW(CUBLAS_STATUS_ARCH_MISMATCH, "the device cannot do this"),
    ROW(CUBLAS_STATUS_EXECUTION_FAILED, "the function failed to launch on the GPU"),
    ROW(CUBLAS_STATUS_INTERNAL_ERROR, "an internal operation failed"),
    ROW(CUBLAS_STATUS_NOT_SUPPORTED, "the functionality is not supported"),
#undef ROW
};

const char *cublasLtGetStatusName(cublasStatus_t status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == status)
            return statuses[i].name;
    return "unknown status";
}

const char *cublasLtGetStatusString(cublasStatus_t status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].code == status)
            return statuses[i].text;
    return "unknown status";
}
