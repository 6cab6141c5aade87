#include "tests/support/nvml/nvml.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/runtime/nvml.h"

enum { NOT_FOUND = 6, SMALL = 7, MOST = 128 };

struct stand_in stand_in = {.refused = -1,
                            .unknown = -1,
                            .driver = "600.10.20",
                            .bus = "0000:3b:00.0",
                            .works_for = -1,
                            .sm_mhz = 1500,
                            .memory_mhz = 2600,
                            .power_mw = 250000,
                            .celsius = 55};

static unsigned device_index[MOST];

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetPersistenceMode(void *device, int *mode);
const char *nvmlErrorString(int result);

static int has(const char *word)
{
    const char *words = getenv("SDBENCH_TEST_NVML");
    return words && strstr(words, word);
}

/* One device, of whose users this process is the first. */
static void follow_words(void)
{
    if (!getenv("SDBENCH_TEST_NVML"))
        return;
    stand_in.devices = 1;
    stand_in.reasons = (has("hot") ? 0x20 : 0) | (has("capped") ? 0x04 : 0);
    stand_in.share[STAND_IN_SOFTWARE_THERMAL] = has("hot");
    stand_in.share[STAND_IN_POWER_CAP] = has("capped");
    stand_in.utilisation = has("busy") ? 50 : 0;
    stand_in.memory_used = has("memory") ? 2000000000 : 4000000;
    stand_in.process[0] = has("hidden") ? 4000000 : (unsigned)getpid();
    stand_in.process[1] = 1;
    stand_in.processes = has("foreign") ? 2 : 1;
}

int nvmlInit_v2(void)
{
    follow_words();
    stand_in.held += stand_in.start_result == NVML_SUCCESS;
    return stand_in.start_result;
}

int nvmlShutdown(void)
{
    stand_in.held--;
    return NVML_SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = stand_in.devices;
    return NVML_SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    if (index >= stand_in.devices || index >= MOST || (int)index == stand_in.refused)
        return NOT_FOUND;
    device_index[index] = index;
    *device = &device_index[index];
    stand_in.opened++;
    return NVML_SUCCESS;
}

const char *nvmlErrorString(int result)
{
    return result == STAND_IN_NOT_LOADED  ? "Driver Not Loaded"
           : result == NOT_FOUND          ? "Not Found"
           : result == NVML_NOT_SUPPORTED ? "Not Supported"
           : result == STAND_IN_LOST      ? "GPU is lost"
                                          : "Other";
}

#ifndef STAND_IN_OLD
int nvmlSystemGetDriverVersion(char *version, unsigned size);
int nvmlDeviceGetHandleByPciBusId_v2(const char *bus, void **device);
int nvmlDeviceGetMigMode(void *device, unsigned *mode, unsigned *pending);
int nvmlDeviceGetClockInfo(void *device, int clock, unsigned *mhz);
int nvmlDeviceGetPowerUsage(void *device, unsigned *mw);
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *mj);
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius);
int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *bits);
int nvmlDeviceGetFieldValues(void *device, int count, struct nvml_field *field);
int nvmlDeviceGetViolationStatus(void *device, int policy, struct nvml_violation *out);
int nvmlDeviceGetUtilizationRates(void *device, struct nvml_utilisation *out);
int nvmlDeviceGetMemoryInfo_v2(void *device, struct nvml_memory *out);
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct nvml_process *list);

int nvmlDeviceGetPersistenceMode(void *device, int *mode)
{
    unsigned index = *(unsigned *)device;
    if ((int)index == stand_in.unknown)
        return NVML_NOT_SUPPORTED;
    *mode = index % 2 == 0;
    return NVML_SUCCESS;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

int nvmlSystemGetDriverVersion(char *version, unsigned size)
{
    strncpy(version, stand_in.driver, size - 1);
    version[size - 1] = 0;
    return NVML_SUCCESS;
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *bus, void **device)
{
    return strcmp(bus, stand_in.bus) ? NOT_FOUND : nvmlDeviceGetHandleByIndex_v2(0, device);
}

int nvmlDeviceGetMigMode(void *device, unsigned *mode, unsigned *pending)
{
    (void)device;
    *mode = *pending = stand_in.divided != 0;
    return NVML_SUCCESS;
}

int nvmlDeviceGetClockInfo(void *device, int clock, unsigned *mhz)
{
    (void)device;
    if (!stand_in.works_for && clock == NVML_CLOCK_SM)
        stand_in.result = STAND_IN_LOST;
    stand_in.works_for -= stand_in.works_for > 0 && clock == NVML_CLOCK_SM;
    *mhz = clock == NVML_CLOCK_SM ? stand_in.sm_mhz : stand_in.memory_mhz;
    return stand_in.result;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *mw)
{
    (void)device;
    *mw = stand_in.power_mw - 1000;
    return stand_in.result;
}

int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *mj)
{
    (void)device;
    *mj = (unsigned long long)(stand_in.power_mw * 1e-9 * now_ns());
    return stand_in.result;
}

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    (void)device;
    *celsius = stand_in.celsius;
    return sensor == NVML_SENSOR_GPU ? stand_in.result : NOT_FOUND;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *device, unsigned long long *bits)
{
    (void)device;
    *bits = stand_in.reasons;
    return stand_in.result;
}

static int reason_of(unsigned id)
{
    int driver = atoi(stand_in.driver);
    unsigned first = driver >= 590 ? 269 : driver >= 575 ? 251 : 0;
    return id == 74 ? STAND_IN_POWER_CAP : first && id >= first && id < first + 3 ? (int)(id - first) + 1 : -1;
}

/* A field of another number holds another thing: 5, as an int. */
int nvmlDeviceGetFieldValues(void *device, int count, struct nvml_field *field)
{
    (void)device;
    for (int i = 0; i < count; i++) {
        struct nvml_field *f = &field[i];
        int reason = reason_of(f->id);
        f->result = NVML_SUCCESS;
        f->type = NVML_INT;
        f->value.whole = 5;
        if (f->id == 186) {
            f->type = NVML_UINT;
            f->value.small = stand_in.power_mw;
            f->result = stand_in.power_fails ? NVML_NOT_SUPPORTED : NVML_SUCCESS;
        } else if (reason >= 0) {
            f->type = NVML_ULONG_LONG;
            f->value.widest = (unsigned long long)(stand_in.share[reason] * now_ns());
            f->result = stand_in.share[reason] < 0 ? NVML_NOT_SUPPORTED : NVML_SUCCESS;
        }
    }
    return stand_in.result;
}

int nvmlDeviceGetViolationStatus(void *device, int policy, struct nvml_violation *out)
{
    (void)device;
    out->violated_ns = (unsigned long long)(stand_in.violation * now_ns());
    return policy ? NVML_NOT_SUPPORTED : stand_in.result;
}

int nvmlDeviceGetUtilizationRates(void *device, struct nvml_utilisation *out)
{
    (void)device;
    *out = (struct nvml_utilisation){stand_in.utilisation, 0};
    return stand_in.result;
}

int nvmlDeviceGetMemoryInfo_v2(void *device, struct nvml_memory *out)
{
    (void)device;
    if (out->version != NVML_MEMORY_VERSION)
        return NVML_NOT_SUPPORTED;
    out->used = stand_in.memory_used;
    return stand_in.result;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, struct nvml_process *list)
{
    (void)device;
    unsigned room = *count;
    *count = (unsigned)stand_in.processes;
    if (*count > room)
        return SMALL;
    for (unsigned i = 0; i < *count; i++)
        list[i] = (struct nvml_process){.pid = stand_in.process[i], .used = stand_in.process_bytes};
    return stand_in.result;
}
#endif
