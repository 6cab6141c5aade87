/* Stands between our code and cuDNN's descriptors (the linker's --wrap): counts calls, and lets one of them fail. */
#include "tests/cuda/program/cudnn_checks.h"

#include <cudnn.h>

struct calls calls;

#define WRAP(status, name, parameters) \
    status __real_##name parameters;   \
    status __wrap_##name parameters;   \
    status __wrap_##name parameters

static bool fails(void)
{
    return ++calls.made == calls.fails_at;
}

WRAP(cudnnStatus_t, cudnnBackendCreateDescriptor, (cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t *out))
{
    if (fails())
        return CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED;
    cudnnStatus_t status = __real_cudnnBackendCreateDescriptor(type, out);
    calls.descriptors += status == CUDNN_STATUS_SUCCESS;
    return status;
}

WRAP(cudnnStatus_t, cudnnBackendDestroyDescriptor, (cudnnBackendDescriptor_t d))
{
    calls.descriptors--;
    return __real_cudnnBackendDestroyDescriptor(d);
}

WRAP(cudnnStatus_t, cudnnBackendFinalize, (cudnnBackendDescriptor_t d))
{
    return fails() ? CUDNN_STATUS_INTERNAL_ERROR : __real_cudnnBackendFinalize(d);
}

WRAP(cudnnStatus_t, cudnnBackendSetAttribute,
     (cudnnBackendDescriptor_t d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t count,
      const void *values))
{
    return fails() ? CUDNN_STATUS_BAD_PARAM : __real_cudnnBackendSetAttribute(d, name, type, count, values);
}

WRAP(cudnnStatus_t, cudnnBackendGetAttribute,
     (cudnnBackendDescriptor_t const d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
      int64_t room, int64_t *count, void *values))
{
    return fails() ? CUDNN_STATUS_INTERNAL_ERROR : __real_cudnnBackendGetAttribute(d, name, type, room, count, values);
}
