/* Sensors of a GPU, by an NVML of our own (tests/support/nvml), and the thread that reads them. */
#include "profiler/sensors/sensors.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/error.h"
#include "pipeline/runtime/nvml.h"
#include "profiler/sensors/settings.h"
#include "tests/support/nvml/nvml.h"

#define BUS   "0000:3b:00.0"
#define MS    INT64_C(1000000)
#define OFTEN (2 * MS)

static struct stand_in *one_device(void)
{
    struct stand_in *s = stand_in_open("nvml");
    s->devices = 1;
    s->process[0] = (unsigned)getpid();
    s->processes = 1;
    s->process_bytes = 1000;
    s->memory_used = 1500;
    return s;
}

static void wait_ms(int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static struct sensor_reading first_reading(const char *device, struct sensor_source *source)
{
    struct sensor_reading r;
    sensor_source_gpu(device, "", source);
    sensor_reading_clear(&r);
    if (!*source->reason)
        source->read(source->own, &r);
    return r;
}

static void expect_value(const struct sensor_reading *r, enum quantity q, double expected)
{
    cr_expect(r->value[q] == expected, "quantity %d: %g, not %g", q, r->value[q], expected);
}

Test(sensors, a_reading)
{
    struct stand_in *s = one_device();
    struct sensor_source source;
    s->reasons = 0x40 | 0x04 | 0x01;
    s->utilisation = 37;
    struct sensor_reading r = first_reading(BUS, &source);
    expect_value(&r, QUANTITY_clock, 1.5e9);
    expect_value(&r, QUANTITY_memory_clock, 2.6e9);
    expect_value(&r, QUANTITY_power, 250000);
    expect_value(&r, QUANTITY_temperature, 55);
    expect_value(&r, QUANTITY_utilisation, 0.37);
    expect_value(&r, QUANTITY_memory, 1500);
    expect_value(&r, QUANTITY_own_memory, 1000);
    expect_value(&r, QUANTITY_own, 1);
    expect_value(&r, QUANTITY_foreign, 0);
    expect_value(&r, QUANTITY_now_power_cap, 1);
    expect_value(&r, QUANTITY_now_software_thermal, 0);
    expect_value(&r, QUANTITY_now_hardware_thermal, 1);
    expect_value(&r, QUANTITY_now_hardware_slowdown, 0);
    expect_value(&r, QUANTITY_now_power_brake, 0);
    cr_expect(r.value[QUANTITY_energy] > 0 && isnan(r.value[QUANTITY_time_hardware_slowdown]));
    source.close(source.own);
    s->power_fails = 1;
    r = first_reading(BUS, &source);
    expect_value(&r, QUANTITY_power, 249000);
    source.close(source.own);
    cr_expect(s->held == 0);
}

/* Drivers number the counters of heat and the power brake differently; a wrong number would hold something else. */
Test(sensors, counters_of_each_driver)
{
    static const struct {
        const char *driver;
        bool has_others;
    } cases[] = {{"615.10", true},     {"590.44.01", true}, {"580.65.06", true}, {"575.51", true},
                 {"570.86.10", false}, {"535.1", false},    {"", false}};
    struct stand_in *s = one_device();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sensor_source source;
        s->driver = cases[i].driver;
        s->share[STAND_IN_POWER_CAP] = 0.5;
        s->share[STAND_IN_POWER_BRAKE] = 0.25;
        struct sensor_reading r = first_reading("0", &source);
        double ratio = r.value[QUANTITY_time_power_cap] / (double)clock_now_ns();
        cr_expect(fabs(ratio - 0.5) < 0.01, "%s: %g", cases[i].driver, ratio);
        ratio = r.value[QUANTITY_time_power_brake] / (double)clock_now_ns();
        cr_expect(cases[i].has_others ? fabs(ratio - 0.25) < 0.01 : isnan(ratio), "%s: %g", cases[i].driver, ratio);
        cr_expect(isnan(r.value[QUANTITY_time_software_thermal]) == !cases[i].has_others);
        source.close(source.own);
    }
}

Test(sensors, an_older_counter_of_the_power_cap)
{
    struct stand_in *s = one_device();
    struct sensor_source source;
    s->share[STAND_IN_POWER_CAP] = -1;
    s->violation = 0.75;
    struct sensor_reading r = first_reading(BUS, &source);
    double ratio = r.value[QUANTITY_time_power_cap] / (double)clock_now_ns();
    cr_expect(fabs(ratio - 0.75) < 0.01, "%g", ratio);
    source.close(source.own);
}

Test(sensors, devices)
{
    static const struct {
        const char *device, *reason;
    } cases[] = {{BUS, ""},
                 {"0", ""},
                 {"1", "Not Found"},
                 {"0000:99:00.0", "Not Found"},
                 {"unknown", "Not Found"},
                 {"GPU-0102", "this NVML lacks the function"}};
    struct stand_in *s = one_device();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sensor_source source;
        first_reading(cases[i].device, &source);
        cr_expect(*cases[i].reason ? strstr(source.reason, cases[i].reason) != NULL : !*source.reason, "%s: %s",
                  cases[i].device, source.reason);
        source.close(source.own);
    }
    cr_expect(s->held == 0);
}

static void expect_described(const char *known, const char *unknown)
{
    struct text k = {0}, u = {0};
    struct sensors *s = sensors_open(&(struct sensors_options){.device = "0"});
    sensors_describe(s, &k, &u);
    cr_expect(known ? !strcmp(text_get(&k), known) : k.length > 0, "%s", text_get(&k));
    cr_expect_str_eq(text_get(&u), unknown);
    text_free(&k);
    text_free(&u);
    sensors_close(s);
}

Test(sensors, in_words)
{
    struct stand_in *s = one_device();
    expect_described("clock, memory clock, power, energy, temperature, utilisation, memory used, memory by process, "
                     "processes, other processes, time at the power cap, time slowed for heat, time slowed for heat by "
                     "hardware, time with the power brake, clock reasons",
                     "");
    s->divided = 1;
    expect_described(NULL, "utilisation, memory used, memory by process, processes, other processes (the card is "
                           "divided into slices (MIG))");
}

Test(sensors, an_old_nvml_tells_nothing)
{
    struct stand_in *s = stand_in_open("nvml-old");
    s->devices = 1;
    struct text k = {0}, u = {0};
    struct sensors *own = sensors_open(&(struct sensors_options){.device = "0"});
    sensors_describe(own, &k, &u);
    cr_expect(!k.length && strstr(text_get(&u), "this NVML lacks the function"), "%s", text_get(&u));
    cr_expect_str_empty(sensors_source(own));
    struct sensor_summary sum = sensors_window(own, 0, 1);
    cr_expect(isnan(sum.median_clock_hz) && isnan(sum.foreign_processes));
    sensors_close(own);
    text_free(&k);
    text_free(&u);
    cr_expect(s->held == 0);
}

Test(sensors, no_nvml)
{
    void *there = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (there)
        cr_skip("this machine has an NVML");
    struct sensors *s = sensors_open(&(struct sensors_options){.device = BUS});
    struct text k = {0}, u = {0};
    sensors_describe(s, &k, &u);
    cr_expect_str_eq(text_get(&u), "all (no NVML here: libnvidia-ml.so.1 cannot be opened)");
    cr_expect(!sensors_run_begins(s));
    struct sensor_summary sum = sensors_window(s, clock_now_ns() - 20000 * MS, clock_now_ns());
    cr_expect(isnan(sum.energy_mj) && strstr(sum.energy_unknown, "no NVML here"), "%s", sum.energy_unknown);
    sensors_run_ended(s);
    sensors_close(s);
    text_free(&k);
    text_free(&u);
}

Test(sensors, nothing_open)
{
    struct text k = {0}, u = {0};
    cr_expect(!sensors_run_begins(NULL) && !sensors_readings(NULL, 0, 1, NULL, 0) && !sensors_cost(NULL).readings);
    sensors_run_ended(NULL);
    sensors_close(NULL);
    sensors_describe(NULL, &k, &u);
    cr_expect(!k.length && u.length && isnan(sensors_window(NULL, 0, 1).mean_power_mw));
    text_free(&u);
}

/* It reads by itself, at its rate or slower, and stops at once also in a long pause. */
Test(sensors, a_thread_reads)
{
    struct stand_in *stand = one_device();
    struct sensor_reading r[1000];
    int64_t begin_ns = clock_now_ns();
    struct sensors *s = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = OFTEN});
    cr_expect_str_eq(sensors_source(s), "NVML");
    wait_ms(200);
    int64_t end_ns = clock_now_ns();
    struct sensor_summary sum = sensors_window(s, begin_ns + 50 * MS, end_ns);
    int n = sensors_readings(s, begin_ns, end_ns, r, ARRAY_LEN(r));
    struct sensors_cost cost = sensors_cost(s);
    cr_expect(n >= 3 && n <= 101 && sum.readings >= 2 && cost.readings >= n, "%d, %d", n, sum.readings);
    cr_expect(cost.mean_ns > 0 && cost.largest_ns >= cost.mean_ns);
    for (int i = 1; i < n; i++)
        cr_expect(r[i].at_ns > r[i - 1].at_ns);
    cr_expect(sum.median_clock_hz == 1.5e9 && sum.is_gpu && sum.foreign_processes == 0);
    cr_expect(sensors_readings(s, begin_ns, end_ns, r, 2) == 2);
    sensors_close(s);
    s = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = 3600000 * MS});
    wait_ms(20);
    begin_ns = clock_now_ns();
    sensors_close(s);
    cr_expect(clock_now_ns() - begin_ns < 2000 * MS);
    cr_expect(stand->held == 0);
}

/* What comes after the last reading is closed by another one, where the window is long enough to pay for it. */
Test(sensors, a_window_that_ends_now)
{
    one_device();
    struct sensors *s = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = 20000 * MS});
    wait_ms(20);
    int64_t now = clock_now_ns();
    cr_expect_eq(sensors_window(s, now - 1000 * MS, now).readings, 1);
    cr_expect_eq(sensors_cost(s).readings, 1);
    sensors_window(s, now - 30000 * MS, now);
    cr_expect_eq(sensors_cost(s).readings, 2);
    sensors_close(s);
}

static struct sensor_summary lately(struct sensors *s)
{
    int64_t now = clock_now_ns();
    return sensors_window(s, now - 20 * MS, now);
}

/* What others used is seen a second after our last process ended, and is that of the process after it. */
Test(sensors, before_a_run, .timeout = 20)
{
    struct stand_in *stand = one_device();
    stand->utilisation = 30;
    stand->memory_used = 5000;
    struct sensors *s = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = OFTEN});
    int64_t begin_ns = clock_now_ns();
    cr_expect(sensors_run_begins(s), "it waited");
    cr_expect(clock_now_ns() - begin_ns > 900 * MS);
    struct sensor_summary sum = lately(s);
    cr_expect(sum.utilisation_before_share == 0.3 && sum.memory_before_bytes == 5000);
    sensors_run_ended(s);
    begin_ns = clock_now_ns();
    cr_expect(sensors_run_begins(s) && clock_now_ns() - begin_ns < 900 * MS, "it need not wait again");
    cr_expect(lately(s).utilisation_before_share == 0.3, "nothing newer is known");
    sensors_close(s);
}

Test(sensors, a_device_that_is_lost)
{
    struct stand_in *stand = one_device();
    stand->works_for = 3;
    struct sensors *s = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = OFTEN});
    wait_ms(150);
    struct sensor_reading r[1000];
    int n = sensors_readings(s, 0, clock_now_ns(), r, ARRAY_LEN(r));
    cr_assert(n >= 3, "%d", n);
    cr_expect(r[0].value[QUANTITY_clock] == 1.5e9 && isnan(r[n - 1].value[QUANTITY_clock]));
    cr_expect(isnan(r[n - 1].value[QUANTITY_energy]) && isnan(r[n - 1].value[QUANTITY_foreign]));
    cr_expect(isnan(lately(s).median_clock_hz));
    sensors_close(s);
    cr_expect(stand->held == 0);
}

/* Foreign, hidden by a container, and gone while it was looked at. */
Test(sensors, processes)
{
    struct stand_in *s = one_device();
    struct sensor_source source;
    s->process[1] = 1;
    s->process[2] = (unsigned)getppid();
    s->processes = 3;
    struct sensor_reading r = first_reading(BUS, &source);
    expect_value(&r, QUANTITY_own, 1);
    expect_value(&r, QUANTITY_foreign, 2);
    s->process[0] = 4000001;
    s->processes = 1;
    source.read(source.own, &r);
    expect_value(&r, QUANTITY_own, 0);
    expect_value(&r, QUANTITY_foreign, 0);
    source.read(source.own, &r);
    expect_value(&r, QUANTITY_foreign, 1);
    s->process_bytes = NVML_NO_BYTES;
    s->process[0] = (unsigned)getpid();
    sensor_reading_clear(&r);
    source.read(source.own, &r);
    cr_expect(isnan(r.value[QUANTITY_own_memory]) && r.value[QUANTITY_own] == 1);
    source.close(source.own);
    s->process[0] = 4000001;
    struct sensors *hidden = sensors_open(&(struct sensors_options){.device = BUS, .interval_ns = OFTEN});
    wait_ms(50);
    cr_expect(isnan(lately(hidden).foreign_processes), "ours is not listed: nobody knows");
    sensors_close(hidden);
}

Test(sensors, settings)
{
    struct stand_in *s = one_device();
    struct text t = {0};
    s->divided = 1;
    gpu_settings(BUS, &t);
    cr_expect_str_eq(text_get(&t), "persistence on, divided into slices (MIG)");
    t.length = 0;
    gpu_settings("elsewhere", &t);
    cr_expect(!t.length && s->held == 0);
    text_free(&t);
}

/* One question each, as the CUDA backend asks. */
Test(sensors, questions)
{
    struct stand_in *s = one_device();
    char version[32];
    nvml_driver_version(version, sizeof version);
    cr_expect_str_eq(version, "600.10.20");
    cr_expect(nvml_other_processes(BUS) == 0 && nvml_other_processes("elsewhere") == -1);
    s->process[1] = 1;
    s->process[2] = (unsigned)getppid();
    s->processes = 3;
    cr_expect(nvml_other_processes(BUS) == 1, "a parent is bench, which looked at it");
    s->start_result = STAND_IN_NOT_LOADED;
    nvml_driver_version(version, sizeof version);
    cr_expect(!*version && nvml_other_processes(BUS) == -1);
    struct nvml n;
    cr_expect(!nvml_open(&n) && !strcmp(n.reason, "NVML does not start: Driver Not Loaded"), "%s", n.reason);
    nvml_close(&n);
    cr_expect(s->held == 0);
}
