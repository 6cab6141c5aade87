#include "pipeline/runtime/cuda/check.h"

/* Errors after which the process can compute nothing more on the device. */
static int is_fault(cudaError_t status)
{
    return status == cudaErrorIllegalAddress || status == cudaErrorLaunchFailure ||
           status == cudaErrorHardwareStackError || status == cudaErrorIllegalInstruction ||
           status == cudaErrorMisalignedAddress || status == cudaErrorAssert ||
           status == cudaErrorInvalidAddressSpace || status == cudaErrorInvalidPc ||
           status == cudaErrorECCUncorrectable || status == cudaErrorLaunchTimeout;
}

struct err cuda_check(cudaError_t status, const char *doing)
{
    if (status == cudaSuccess)
        return OK;
    return err_make(status == cudaErrorMemoryAllocation ? ERR_MEMORY : ERR_FAILED, "CUDA: %s: %s (%s)%s", doing,
                    cudaGetErrorString(status), cudaGetErrorName(status),
                    is_fault(status) ? ": a kernel before it failed on the device, which this process can use no more"
                                     : "");
}

struct err cublas_check(cublasStatus_t status, const char *doing)
{
    return status == CUBLAS_STATUS_SUCCESS ? OK : err_fail("cuBLASLt: %s: %s", doing, cublasLtGetStatusString(status));
}
