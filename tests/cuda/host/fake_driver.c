/* A libcuda.so.1 for machines without one: enough of NVIDIA's driver for cuDNN to finalize plans that it compiles at
 * run time for a described device. Loading code and asking for its kernels succeeds, with addresses that lead nowhere;
 * everything else says that there is no device. Nothing can be run with it.
 *
 * cuDNN and its copy of the CUDA runtime look functions up by name, in the library or through cuGetProcAddress; each is
 * declared here without its parameters, which C's calling conventions allow where the caller passes more. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { SUCCESS = 0, NO_DEVICE = 100, DRIVER_VERSION = 13000 };

// clang-format off
#define REFUSED(ROW) \
    ROW(cuInit) ROW(cuGetErrorName) ROW(cuGetErrorString) ROW(cuGetExportTable) ROW(cuCtxGetCurrent) \
    ROW(cuCtxGetDevice) ROW(cuCtxGetLimit) ROW(cuCtxPopCurrent) ROW(cuCtxPushCurrent) ROW(cuDeviceGet) \
    ROW(cuDeviceGetAttribute) ROW(cuDeviceGetCount) ROW(cuDevicePrimaryCtxRelease) \
    ROW(cuDevicePrimaryCtxReset) ROW(cuDevicePrimaryCtxRetain) ROW(cuStreamGetCtx) ROW(cuStreamSynchronize) \
    ROW(cuLaunchCooperativeKernel) ROW(cuLaunchKernel) ROW(cuLaunchKernelEx) ROW(cuMemcpyDtoH_v2) \
    ROW(cuLinkAddData) ROW(cuLinkAddData_v2) ROW(cuLinkAddFile_v2) ROW(cuLinkComplete) ROW(cuLinkCreate) \
    ROW(cuLinkCreate_v2) ROW(cuLinkDestroy) ROW(cuModuleGetGlobal_v2) ROW(cuModuleLoadDataEx) \
    ROW(cuModuleLoadFatBinary) ROW(cuFuncGetAttribute) ROW(cuKernelGetAttribute) ROW(cuLibraryLoadFromFile) \
    ROW(cuOccupancyMaxActiveBlocksPerMultiprocessor) ROW(cuOccupancyMaxPotentialClusterSize) \
    ROW(cuTensorMapEncodeTiled)

#define ACCEPTED(ROW) \
    ROW(cuFuncSetAttribute) ROW(cuKernelSetAttribute) ROW(cuLibraryUnload) ROW(cuModuleUnload)

/* Their first parameter is where a handle goes. */
#define GIVES_HANDLE(ROW) \
    ROW(cuLibraryLoadData) ROW(cuLibraryGetKernel) ROW(cuKernelGetFunction) ROW(cuModuleLoadData) \
    ROW(cuModuleGetFunction)
// clang-format on

#define DEFINE_REFUSED(name) \
    int name(void);          \
    int name(void)           \
    {                        \
        return NO_DEVICE;    \
    }
#define DEFINE_ACCEPTED(name) \
    int name(void);           \
    int name(void)            \
    {                         \
        return SUCCESS;       \
    }
#define DEFINE_GIVES_HANDLE(name) \
    int name(void **out);         \
    int name(void **out)          \
    {                             \
        static char nothing;      \
        *out = &nothing;          \
        return SUCCESS;           \
    }
REFUSED(DEFINE_REFUSED)
ACCEPTED(DEFINE_ACCEPTED)
GIVES_HANDLE(DEFINE_GIVES_HANDLE)

int cuDriverGetVersion(int *version);
int cuGetProcAddress_v2(const char *symbol, void **out, int version, uint64_t flags, int *status);

int cuDriverGetVersion(int *version)
{
    *version = DRIVER_VERSION;
    return SUCCESS;
}

int cuGetProcAddress_v2(const char *symbol, void **out, int version, uint64_t flags, int *status)
{
#define ENTRY(name) {#name, (void (*)(void))name},
    static const struct {
        const char *name;
        void (*function)(void);
    } table[] = {REFUSED(ENTRY) ACCEPTED(ENTRY) GIVES_HANDLE(ENTRY)
                     ENTRY(cuDriverGetVersion){"cuGetProcAddress", (void (*)(void))cuGetProcAddress_v2}};
    (void)version, (void)flags;
    void (*function)(void) = (void (*)(void))cuInit; /* what is not known here refuses, too */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!strcmp(table[i].name, symbol))
            function = table[i].function;
    memcpy(out, &function, sizeof function);
    if (status)
        *status = 0; /* CU_GET_PROC_ADDRESS_SUCCESS */
    return SUCCESS;
}
