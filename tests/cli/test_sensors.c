/* Sensors beside runs of `bench`: without any, and with an NVML of our own (tests/support/nvml). */
#include "tests/support/program.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/error.h"

static void use_test_device(void)
{
    const char *program = getenv("SDBENCH_PROGRAM");
    char real[PATH_MAX], folder[PATH_MAX + 32];
    scratch_open();
    setenv("SDBENCH_LOCK", scratch_path("lock"), 1);
    cr_assert(realpath(program ? program : "build/sdbench", real));
    snprintf(folder, sizeof folder, "%.*s/tests/device", (int)(strrchr(real, '/') - real), real);
    setenv("SDBENCH_BACKENDS", folder, 1);
    setenv("SDBENCH_CUDA", folder, 1);
    unsetenv("SDBENCH_TEST_DEVICE");
}

TestSuite(cli_sensors, .init = use_test_device, .fini = scratch_close, .timeout = 120);

/* What SDBENCH_TEST_NVML says. */
static void use_nvml(const char *words)
{
    const char *program = getenv("SDBENCH_PROGRAM");
    char real[PATH_MAX], folder[PATH_MAX + 32];
    cr_assert(realpath(program ? program : "build/sdbench", real));
    snprintf(folder, sizeof folder, "%.*s/tests/nvml", (int)(strrchr(real, '/') - real), real);
    setenv("LD_LIBRARY_PATH", folder, 1);
    setenv("SDBENCH_TEST_NVML", words, 1);
}

static struct program_result bench(const char *backend, int code)
{
    const char *const argument[] = {"bench",    "--backend", backend,    "--workload", "tiny",
                                    "--images", "1",         "--states", "C2:2,W1:4",  "--variants",
                                    "fused",    "-q",        "--out",    "r",          NULL};
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "exit %d, not %d: %s", r.code, code, r.log);
    return r;
}

static int times(const char *text, const char *word)
{
    int n = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

/* No NVML: told once, and all is valid as before. */
Test(cli_sensors, without_any)
{
    void *there = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (there)
        cr_skip("this machine has an NVML");
    struct program_result r = bench("cuda", 0);
    cr_expect_eq(times(r.output, "unknown"), 1, "%s", r.output);
    cr_expect(strstr(r.output, "sensors: unknown: all (no NVML here"), "%s", r.output);
    struct record_list l = record_list_read("r");
    cr_expect(record_list_samples(&l, "W1", NULL) >= 4 && !record_list_samples(&l, NULL, "invalid"));
    for (int i = 0; i < l.count; i++) {
        cr_expect(!cJSON_HasObjectItem(l.record[i], "sensors") && !record_is(l.record[i], "sensors"), "%s",
                  record_line(l.record[i]));
        if (record_is(l.record[i], "environment"))
            cr_expect(strstr(record_text(l.record[i], "sensors_unknown"), "no NVML here"));
    }
    record_list_free(&l);
    program_result_free(&r);
}

/* On the host: what cannot be read is told once, whatever that is. */
Test(cli_sensors, of_the_host)
{
    struct program_result r = bench("null", 0);
    cr_expect_leq(times(r.output, "sensors: unknown"), 1);
    cr_expect(!strstr(r.output, "power cap") && !strstr(r.output, "other processes on the device"), "%s", r.output);
    program_result_free(&r);
}

/* What a device tells is judged, and stands in the records. */
static const struct {
    const char *words;
    int code;
    const char *output, *log;
} devices[] = {
    {"", 0, "at the power cap for 0 % of its warm time", ""},
    {"capped hidden", 0, "other processes on the device: unknown for 6 of 6 samples", ""},
    {"hot", 2, "", "held down by heat (slowed by software)"},
    {"busy foreign memory", 2, "", "other processes used the device: 1"},
};

static void expect_device(size_t i)
{
    use_nvml(devices[i].words);
    struct program_result r = bench("cuda", devices[i].code);
    cr_expect(strstr(r.output, devices[i].output), "%s: %s", devices[i].words, r.output);
    bool capped = strstr(devices[i].words, "capped");
    cr_expect(!strstr(r.output, "at the power cap for 100 % of its warm time") == !capped, "%s", r.output);
    cr_expect(strstr(r.log, devices[i].log), "%s: %s", devices[i].words, r.log);
    struct record_list l = record_list_read("r");
    int told = 0;
    for (int k = 0; k < l.count; k++) {
        const cJSON *sensors = cJSON_GetObjectItemCaseSensitive(l.record[k], "sensors");
        told += sensors && record_is_sample(l.record[k], NULL) && record_number(sensors, "power_cap_share") >= 0;
    }
    cr_expect_geq(told, 6, "%s: %d samples with sensors", devices[i].words, told);
    record_list_free(&l);
    program_result_free(&r);
}

/* Each waits for a quiet second of its device: side by side, since a test of its own runs beside others. */
Test(cli_sensors, a_sound_device)
{
    expect_device(0);
}

Test(cli_sensors, a_device_in_a_container)
{
    expect_device(1);
}

Test(cli_sensors, a_hot_device)
{
    expect_device(2);
}

Test(cli_sensors, a_device_with_another_process)
{
    expect_device(3);
}

Test(cli_sensors, doctor)
{
    use_nvml("");
    struct program_result r =
        program_run((const char *const[]){"doctor", NULL}, &(struct program_setting){.folder = scratch_path("")});
    cr_expect(strstr(r.output, "sensors        clock, memory clock, power, energy, temperature"), "%s", r.output);
    cr_expect(strstr(r.output, "settings       persistence on, MIG off"), "%s", r.output);
    program_result_free(&r);
}
