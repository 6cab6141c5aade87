/* Sensors of a GPU, by NVML. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pipeline/base/error.h"
#include "pipeline/runtime/nvml.h"
#include "profiler/sensors/kin.h"
#include "profiler/sensors/reading.h"

/* Of nvmlDeviceGetFieldValues and nvmlDeviceGetViolationStatus, the same in all drivers. */
enum { FIELD_TIME_POWER_CAP = 74, FIELD_POWER_NOW = 186, POLICY_POWER = 0 };
enum { MOST_PROCESSES = 64, REMEMBERED = 16, NO_FUNCTION = -1, NOT_TOLD = -2, DIVIDED = -3 };

/* Drivers number the counters of the other reasons differently: three fields in a row, first the heat that software
 * slows for, then that of hardware, then the power brake. Under a wrong number lies some other value, so a driver
 * before the first row is not asked. (The constants of NVIDIA's own Python bindings of these releases.) */
static const struct {
    int driver; /* from this release on */
    unsigned first_field;
} reason_fields[] = {{590, 269}, {575, 251}};

struct gpu {
    struct nvml nvml;
    void *device;
    const char *root;
    bool divided;                  /* into MIG slices: what the whole card tells of its users is not of ours */
    unsigned first_field;          /* 0: none */
    unsigned ours[REMEMBERED];     /* seen before: a process that ended meanwhile is still no foreign one */
    int remembered, unseen_before; /* unseen_before: of the last reading */
    int result[QUANTITIES];        /* of the last reading: NVML's word, or one of those above */
};

static void put(struct gpu *g, struct sensor_reading *r, enum quantity q, int result, double value)
{
    g->result[q] = result;
    if (result == NVML_SUCCESS)
        r->value[q] = value;
}

static void read_clock(struct gpu *g, struct sensor_reading *r, enum quantity q, int clock)
{
    unsigned mhz = 0;
    int result = g->nvml.clock ? g->nvml.clock(g->device, clock, &mhz) : NO_FUNCTION;
    put(g, r, q, result, 1e6 * mhz);
}

static void read_energy(struct gpu *g, struct sensor_reading *r)
{
    unsigned long long mj = 0;
    int result = g->nvml.energy ? g->nvml.energy(g->device, &mj) : NO_FUNCTION;
    put(g, r, QUANTITY_energy, result, (double)mj);
}

static void read_temperature(struct gpu *g, struct sensor_reading *r)
{
    unsigned celsius = 0;
    int result = g->nvml.temperature ? g->nvml.temperature(g->device, NVML_SENSOR_GPU, &celsius) : NO_FUNCTION;
    put(g, r, QUANTITY_temperature, result, celsius);
}

static void read_utilisation(struct gpu *g, struct sensor_reading *r)
{
    struct nvml_utilisation u = {0};
    int result = g->nvml.utilisation ? g->nvml.utilisation(g->device, &u) : NO_FUNCTION;
    put(g, r, QUANTITY_utilisation, result, u.gpu / 100.0);
}

static void read_memory(struct gpu *g, struct sensor_reading *r)
{
    struct nvml_memory m = {.version = NVML_MEMORY_VERSION};
    int result = g->nvml.memory ? g->nvml.memory(g->device, &m) : NO_FUNCTION;
    put(g, r, QUANTITY_memory, result, (double)m.used);
}

static double number_of(const struct nvml_field *f)
{
    const double as[] = {[NVML_DOUBLE] = f->value.real,
                         [NVML_UINT] = f->value.small,
                         [NVML_ULONG] = (double)f->value.wide,
                         [NVML_ULONG_LONG] = (double)f->value.widest,
                         [NVML_LONG_LONG] = (double)f->value.signed_widest,
                         [NVML_INT] = f->value.whole,
                         [NVML_USHORT] = f->value.shorter};
    return (size_t)f->type < ARRAY_LEN(as) ? as[f->type] : NAN;
}

/* All in one call. Where the counter of the power cap is none of its fields, an older function may have it. */
static void read_fields(struct gpu *g, struct sensor_reading *r)
{
    static const enum quantity of[] = {QUANTITY_power, QUANTITY_time_power_cap, QUANTITY_time_software_thermal,
                                       QUANTITY_time_hardware_thermal, QUANTITY_time_power_brake};
    struct nvml_field field[ARRAY_LEN(of)] = {{.id = FIELD_POWER_NOW}, {.id = FIELD_TIME_POWER_CAP}};
    int count = g->first_field ? ARRAY_LEN(of) : 2;
    for (int i = 2; i < count; i++)
        field[i].id = g->first_field + (unsigned)i - 2;
    int all = g->nvml.fields ? g->nvml.fields(g->device, count, field) : NO_FUNCTION;
    for (int i = 0; i < (int)ARRAY_LEN(of); i++)
        put(g, r, of[i], i >= count ? NOT_TOLD : all ? all : field[i].result, number_of(&field[i]));
}

static void read_violation(struct gpu *g, struct sensor_reading *r)
{
    struct nvml_violation v = {0};
    if (g->result[QUANTITY_time_power_cap] == NVML_SUCCESS || !g->nvml.violation)
        return;
    int result = g->nvml.violation(g->device, POLICY_POWER, &v);
    put(g, r, QUANTITY_time_power_cap, result, (double)v.violated_ns);
}

/* The power of the moment where there is such a field, else the mean of the last second. */
static void read_power(struct gpu *g, struct sensor_reading *r)
{
    unsigned mw = 0;
    if (g->result[QUANTITY_power] == NVML_SUCCESS || !g->nvml.power)
        return;
    int result = g->nvml.power(g->device, &mw);
    put(g, r, QUANTITY_power, result, mw);
}

static void read_reasons(struct gpu *g, struct sensor_reading *r)
{
    static const unsigned bit[] = {
#define THROTTLE(name, mask, words) mask,
#include "profiler/sensors/throttles.def"
#undef THROTTLE
    };
    unsigned long long bits = 0;
    int result = g->nvml.reasons ? g->nvml.reasons(g->device, &bits) : NO_FUNCTION;
    for (int i = 0; i < THROTTLES; i++)
        put(g, r, (enum quantity)(QUANTITY_now_power_cap + i), result, (bits & bit[i]) != 0);
}

static bool is_remembered(const struct gpu *g, unsigned pid)
{
    for (int i = 0; i < g->remembered && i < REMEMBERED; i++)
        if (g->ours[i] == pid)
            return true;
    return false;
}

static enum kin look_at(struct gpu *g, unsigned pid)
{
    enum kin kin = kin_of(g->root, pid);
    bool known = is_remembered(g, pid);
    if (kin == KIN_OURS && !known)
        g->ours[g->remembered++ % REMEMBERED] = pid;
    return kin == KIN_UNSEEN && known ? KIN_OURS : kin;
}

/* One that is unseen may have ended between the list and the look at it: it counts once it was there twice. */
static void read_processes(struct gpu *g, struct sensor_reading *r)
{
    struct nvml_process list[MOST_PROCESSES];
    int count = nvml_processes(&g->nvml, g->device, list, MOST_PROCESSES), kind[KIN_UNSEEN + 1] = {0};
    int result = count >= 0 ? NVML_SUCCESS : g->nvml.computing ? NOT_TOLD : NO_FUNCTION;
    bool bytes_known = result == NVML_SUCCESS;
    double bytes = 0;
    for (int i = 0; i < count; i++) {
        enum kin kin = look_at(g, list[i].pid);
        kind[kin]++;
        bytes_known &= kin != KIN_OURS || list[i].used != NVML_NO_BYTES;
        bytes += kin == KIN_OURS ? (double)list[i].used : 0;
    }
    int twice = kind[KIN_UNSEEN] < g->unseen_before ? kind[KIN_UNSEEN] : g->unseen_before;
    g->unseen_before = kind[KIN_UNSEEN];
    put(g, r, QUANTITY_own, result, kind[KIN_OURS]);
    put(g, r, QUANTITY_foreign, result, kind[KIN_FOREIGN] + twice);
    put(g, r, QUANTITY_own_memory, bytes_known ? NVML_SUCCESS : NOT_TOLD, bytes);
}

static void leave_users_out(struct gpu *g)
{
    static const enum quantity of_users[] = {QUANTITY_utilisation, QUANTITY_memory, QUANTITY_own_memory, QUANTITY_own,
                                             QUANTITY_foreign};
    for (size_t i = 0; i < ARRAY_LEN(of_users); i++)
        g->result[of_users[i]] = DIVIDED;
}

static void gpu_read(void *own, struct sensor_reading *r)
{
    struct gpu *g = own;
    read_clock(g, r, QUANTITY_clock, NVML_CLOCK_SM);
    read_clock(g, r, QUANTITY_memory_clock, NVML_CLOCK_MEMORY);
    read_energy(g, r);
    read_temperature(g, r);
    read_fields(g, r);
    read_violation(g, r);
    read_power(g, r);
    read_reasons(g, r);
    if (g->divided) {
        leave_users_out(g);
        return;
    }
    read_utilisation(g, r);
    read_memory(g, r);
    read_processes(g, r);
}

static void gpu_close(void *own)
{
    struct gpu *g = own;
    nvml_close(&g->nvml);
    free(g);
}

static int find_device(struct gpu *g, const char *device)
{
    char *end;
    unsigned long number = strtoul(device, &end, 10);
    if (!strncasecmp(device, "GPU-", 4))
        return g->nvml.of_uuid ? g->nvml.of_uuid(device, &g->device) : NO_FUNCTION;
    if (*device && !*end)
        return g->nvml.device((unsigned)number, &g->device);
    return g->nvml.of_bus ? g->nvml.of_bus(device, &g->device) : NO_FUNCTION;
}

static void find_reason_fields(struct gpu *g)
{
    char version[80] = "";
    if (!g->nvml.driver || g->nvml.driver(version, sizeof version) != NVML_SUCCESS)
        return;
    for (size_t i = 0; i < ARRAY_LEN(reason_fields) && !g->first_field; i++)
        if (atoi(version) >= reason_fields[i].driver)
            g->first_field = reason_fields[i].first_field;
}

static bool is_divided(const struct gpu *g)
{
    unsigned mode = 0, pending;
    return g->nvml.mig && g->nvml.mig(g->device, &mode, &pending) == NVML_SUCCESS && mode;
}

static const char *words_of(const struct gpu *g, int result)
{
    return result == NVML_SUCCESS  ? NULL
           : result == NO_FUNCTION ? "this NVML lacks the function"
           : result == NOT_TOLD    ? "this driver does not tell it"
           : result == DIVIDED     ? "the card is divided into slices (MIG)"
                                   : g->nvml.text(result);
}

void sensor_source_gpu(const char *device, const char *root, struct sensor_source *out)
{
    struct gpu *g = calloc(1, sizeof *g);
    struct sensor_reading first;
    *out = (struct sensor_source){.is_gpu = true, .own = g, .read = gpu_read, .close = gpu_close, .name = "NVML"};
    if (!g || !nvml_open(&g->nvml)) {
        snprintf(out->reason, sizeof out->reason, "%s", g ? g->nvml.reason : "out of memory");
        return;
    }
    int result = find_device(g, device);
    if (result != NVML_SUCCESS) {
        snprintf(out->reason, sizeof out->reason, "NVML does not open the device: %s", words_of(g, result));
        return;
    }
    g->root = root;
    g->divided = is_divided(g);
    find_reason_fields(g);
    for (int q = 0; q < QUANTITIES; q++)
        g->result[q] = NOT_TOLD;
    sensor_reading_clear(&first);
    gpu_read(g, &first);
    for (int q = 0; q < QUANTITIES; q++)
        out->why_not[q] = words_of(g, g->result[q]);
    out->why_not[QUANTITY_time_hardware_slowdown] = sensor_never; /* no driver counts it */
}
