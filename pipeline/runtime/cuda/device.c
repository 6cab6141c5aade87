#include "pipeline/runtime/cuda/device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pipeline/base/phase.h"
#include "pipeline/runtime/cuda/check.h"
#include "pipeline/runtime/cuda/compat.h"
#include "pipeline/runtime/cuda/described.h"
#include "pipeline/runtime/nvml.h"

static const char *const settings[][2] = {
    {"CUDA_DEVICE_ORDER", "PCI_BUS_ID"}, /* numbers as in nvidia-smi */
    {"CUDA_MODULE_LOADING", "LAZY"},     /* kernels that are not used cost no time */
};
/* What would change numbers behind a variant's back. */
static const char *const overrides[] = {"NVIDIA_TF32_OVERRIDE", "CUBLAS_EMULATE_SINGLE_PRECISION",
                                        "CUBLAS_EMULATION_STRATEGY", "CUDNN_DETERMINISTIC"};

static void set_environment(const char *device)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        setenv(settings[i][0], settings[i][1], 1);
    for (size_t i = 0; i < ARRAY_LEN(overrides); i++)
        unsetenv(overrides[i]);
    if (device && !strncasecmp(device, "MIG-", 4)) /* slices are seen by this name alone */
        setenv("CUDA_VISIBLE_DEVICES", device, 1);
}

/* The library's version against the driver's; both as 1000 * major + 10 * minor. */
static struct err check_driver(void)
{
    int driver = 0, runtime = 0;
    cudaError_t status = cudaDriverGetVersion(&driver);
    if (status != cudaSuccess || !driver)
        return err_make(ERR_ABSENT,
                        "no NVIDIA driver answers (libcuda.so.1): install one, or run a container with its GPUs "
                        "(--gpus all)");
    TRY(cuda_check(cudaRuntimeGetVersion(&runtime), "asking for its version"));
    if (driver / 1000 >= runtime / 1000)
        return OK;
    char version[32];
    nvml_driver_version(version, sizeof version);
    return err_make(
        ERR_ABSENT,
        "the NVIDIA driver%s%s is for CUDA %d.%d, this program was built with CUDA %d.%d: it needs a driver from "
        "%s on, or a build with CUDA %d (make CUDA=FOLDER; ci/cuda12 shows how)",
        *version ? " " : "", version, driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10,
        CUDA_DRIVER_NEEDED, driver / 1000);
}

/* "GPU-01020304-...", as nvidia-smi prints it. */
static void uuid_text(const cudaUUID_t *u, char out[48])
{
    const unsigned char *b = (const unsigned char *)u->bytes;
    snprintf(out, 48, "GPU-%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
             b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static struct err find_uuid(const char *wanted, int count, int *index)
{
    for (int i = 0; i < count; i++) {
        struct cudaDeviceProp p;
        char uuid[48];
        TRY(cuda_check(cudaGetDeviceProperties(&p, i), "asking for a device's properties"));
        uuid_text(&p.uuid, uuid);
        if (!strncasecmp(uuid, wanted, strlen(wanted))) {
            *index = i;
            return OK;
        }
    }
    return err_make(ERR_ABSENT, "--device %s: none of the %d devices here has this UUID (nvidia-smi -L lists them)",
                    wanted, count);
}

static struct err not_a_device(const char *wanted)
{
    struct text names = {0};
    for (const struct described_device *d = described_devices; d->name; d++)
        text_add(&names, "%s%s", names.length ? ", " : "", d->name);
    struct err e = err_fail("--device %s: neither a number, nor a UUID (GPU-..., MIG-...), nor a described device (%s)",
                            wanted, text_get(&names));
    text_free(&names);
    return e;
}

static struct err find_device(const char *wanted, int *index)
{
    int count = 0;
    char *end;
    cudaError_t status = cudaGetDeviceCount(&count);
    if (status == cudaErrorNoDevice || (status == cudaSuccess && !count))
        return err_make(ERR_ABSENT, "the NVIDIA driver sees no device%s",
                        getenv("CUDA_VISIBLE_DEVICES") ? ": CUDA_VISIBLE_DEVICES hides them, or --device names none"
                                                       : "");
    TRY(cuda_check(status, "counting devices"));
    *index = 0;
    if (!wanted || !strncasecmp(wanted, "MIG-", 4))
        return OK;
    if (!strncasecmp(wanted, "GPU-", 4))
        return find_uuid(wanted, count, index);
    long number = strtol(wanted, &end, 10);
    if (end == wanted || *end)
        return not_a_device(wanted);
    if (number < 0 || number >= count)
        return err_make(ERR_ABSENT, "--device %s: there %s %d device%s here, counted from 0", wanted,
                        count == 1 ? "is" : "are", count, count == 1 ? "" : "s");
    *index = (int)number;
    return OK;
}

/* A slice's name ends in its profile: "NVIDIA A100-SXM4-40GB MIG 1g.5gb". */
static void split_slice(struct device_facts *f)
{
    char *mig = strstr(f->name, " MIG ");
    if (!mig)
        return;
    snprintf(f->slice, sizeof f->slice, "%s", mig + 5);
    *mig = 0;
}

static struct err read_facts(int index, struct cuda_device *d)
{
    struct cudaDeviceProp p;
    char bus[DEVICE_BUS_TEXT] = "";
    int cuda = 0;
    TRY(cuda_check(cudaGetDeviceProperties(&p, index), "asking for the device's properties"));
    TRY(cuda_check(cudaDeviceGetPCIBusId(bus, sizeof bus, index), "asking for the device's bus number"));
    TRY(cuda_check(cudaRuntimeGetVersion(&cuda), "asking for its version"));
    d->facts = (struct device_facts){.capability = p.major * 10 + p.minor,
                                     .multiprocessors = p.multiProcessorCount,
                                     .memory_bytes = p.totalGlobalMem};
    snprintf(d->facts.name, sizeof d->facts.name, "%.*s", (int)sizeof d->facts.name - 1, p.name);
    split_slice(&d->facts);
    d->shared_bytes = p.sharedMemPerBlockOptin;
    nvml_driver_version(d->facts.driver, sizeof d->facts.driver);
    snprintf(d->facts.bus, sizeof d->facts.bus, "%s", bus);
    d->facts.other_processes = nvml_other_processes(bus);
    if (d->facts.capability < CUDA_OLDEST_CAPABILITY)
        return err_make(ERR_ABSENT,
                        "%s has compute capability %d.%d: %d.%d is the oldest that a build with CUDA %d runs on%s",
                        d->facts.name, p.major, p.minor, CUDA_OLDEST_CAPABILITY / 10, CUDA_OLDEST_CAPABILITY % 10,
                        cuda / 1000, cuda >= 13000 ? "; one with CUDA 12 (ci/cuda12) goes back to 7.0" : "");
    return OK;
}

static void describe(const struct described_device *described, struct cuda_device *d)
{
    *d = (struct cuda_device){.described = described, .shared_bytes = described->shared_optin};
    d->facts = (struct device_facts){.capability = described->sm,
                                     .multiprocessors = described->multiprocessors,
                                     .memory_bytes = (uint64_t)described->memory,
                                     .other_processes = -1,
                                     .described = true};
    snprintf(d->facts.name, sizeof d->facts.name, "%s", described->label);
}

static struct err find(const struct backend_options *options, int *index, struct cuda_device *out)
{
    set_environment(options->device);
    TRY(check_driver());
    TRY(find_device(options->device, index));
    return read_facts(*index, out);
}

struct err device_open(const struct backend_options *options, struct cuda_device *out)
{
    const struct described_device *described = options->device ? described_device_find(options->device) : NULL;
    int index = 0;
    *out = (struct cuda_device){0};
    if (described) {
        describe(described, out);
        return OK;
    }
    enum phase before = phase_enter(PHASE_driver);
    struct err e = find(options, &index, out);
    phase_enter(PHASE_context);
    if (!e.code)
        e = cuda_check(cudaSetDevice(index), "opening the device"); /* from CUDA 12 on this makes its context */
    phase_return(before);
    return e;
}

uint64_t device_free_bytes(const struct cuda_device *d)
{
    size_t available = 0, total = 0;
    if (d->described)
        return d->facts.memory_bytes;
    return cudaMemGetInfo(&available, &total) == cudaSuccess ? available : 0;
}
