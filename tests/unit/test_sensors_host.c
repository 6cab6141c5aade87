/* Sensors of the processors, from folders that are made up. */
#include "profiler/sensors/host_files.h"
#include "profiler/sensors/kin.h"
#include "profiler/sensors/reading.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "tests/support/scratch.h"

TestSuite(sensors_host, .init = scratch_open, .fini = scratch_close);

/* A file of the tree, with the folders above it. */
static void put(const char *file, const char *text)
{
    char folder[512];
    snprintf(folder, sizeof folder, "%s", scratch_path(file));
    *strrchr(folder, '/') = 0;
    cr_assert(!file_make_folder(folder).code);
    scratch_write(file, text, strlen(text));
}

#define RAPL "sys/class/powercap/intel-rapl"

static void put_package(int number, const char *energy)
{
    char file[128], name[32];
    snprintf(file, sizeof file, RAPL ":%d/name", number);
    snprintf(name, sizeof name, "package-%d\n", number);
    put(file, name);
    snprintf(file, sizeof file, RAPL ":%d/max_energy_range_uj", number);
    put(file, "1000000\n");
    snprintf(file, sizeof file, RAPL ":%d/energy_uj", number);
    put(file, energy);
}

static struct sensor_source open_host(void)
{
    struct sensor_source s;
    static char root[512];
    snprintf(root, sizeof root, "%s", scratch_path(""));
    sensor_source_host(root, &s);
    cr_assert(s.own && !s.is_gpu && !*s.reason);
    return s;
}

static struct sensor_reading take(struct sensor_source *s)
{
    struct sensor_reading r;
    sensor_reading_clear(&r);
    s->read(s->own, &r);
    return r;
}

static void near(double value, double expected)
{
    cr_expect(fabs(value - expected) <= 1e-9 * fabs(expected) + 1e-12, "%.12g, not %.12g", value, expected);
}

Test(sensors_host, energy_of_two_packages_which_begin_again)
{
    put_package(0, "900000\n");
    put_package(1, "10\n");
    put(RAPL ":0:0/name", "core\n");
    put(RAPL ":0:0/energy_uj", "5\n");
    put("sys/class/powercap/intel-rapl-mmio:0/name", "psys\n");
    struct sensor_source s = open_host();
    cr_expect(!s.why_not[QUANTITY_energy]);
    double before = take(&s).value[QUANTITY_energy];
    put_package(0, "990000\n");
    put_package(1, "2010\n");
    near(take(&s).value[QUANTITY_energy] - before, 92);
    put_package(0, "90000\n"); /* 10 mJ to its end, 90 mJ from its beginning */
    near(take(&s).value[QUANTITY_energy] - before, 192);
    put_package(0, "x\n");
    cr_expect(isnan(take(&s).value[QUANTITY_energy]), "no number");
    put_package(0, "1000001\n");
    cr_expect(isnan(take(&s).value[QUANTITY_energy]), "above its range");
    put_package(0, "91000\n");
    near(take(&s).value[QUANTITY_energy] - before, 193);
    s.close(s.own);
}

Test(sensors_host, growth)
{
    cr_expect(host_counter_growth(5, 5, 100) == 0 && host_counter_growth(5, 99, 100) == 94);
    cr_expect(host_counter_growth(99, 1, 100) == 2 && host_counter_growth(100, 0, 100) == 0);
}

Test(sensors_host, no_energy)
{
    struct sensor_source s = open_host();
    cr_expect(!strcmp(s.why_not[QUANTITY_energy], "no RAPL in /sys/class/powercap"), "%s", s.why_not[QUANTITY_energy]);
    cr_expect(isnan(take(&s).value[QUANTITY_energy]));
    s.close(s.own);
    put_package(0, "5\n");
    put(RAPL ":0/max_energy_range_uj", "0\n");
    s = open_host();
    cr_expect(strstr(s.why_not[QUANTITY_energy], "begins again is not known"), "%s", s.why_not[QUANTITY_energy]);
    s.close(s.own);
    put_package(0, "many\n");
    put_package(1, "7\n"); /* half of the machine's is none */
    s = open_host();
    cr_expect(strstr(s.why_not[QUANTITY_energy], "intel-rapl:0/energy_uj: is no number"), "%s",
              s.why_not[QUANTITY_energy]);
    cr_expect(isnan(take(&s).value[QUANTITY_energy]));
    s.close(s.own);
}

Test(sensors_host, clock_and_temperature)
{
    struct sensor_source s = open_host();
    cr_expect(s.why_not[QUANTITY_clock] && s.why_not[QUANTITY_temperature]);
    s.close(s.own);
    put("proc/cpuinfo", "processor : 0\ncpu MHz : 2100.5\n");
    put("sys/class/hwmon/hwmon0/name", "nvme\n");
    put("sys/class/hwmon/hwmon0/temp1_input", "20000\n");
    put("sys/class/hwmon/hwmon1/name", "k10temp\n");
    put("sys/class/hwmon/hwmon1/temp1_input", "61500\n");
    s = open_host();
    near(take(&s).value[QUANTITY_clock], 2100.5e6);
    near(take(&s).value[QUANTITY_temperature], 61.5);
    cr_expect(!s.why_not[QUANTITY_clock] && !s.why_not[QUANTITY_temperature]);
    s.close(s.own);
    for (int cpu = 0; cpu < 1024; cpu++) {
        char file[96];
        snprintf(file, sizeof file, "sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
        put(file, "3000000\n");
    }
    s = open_host();
    near(take(&s).value[QUANTITY_clock], 3e9);
    s.close(s.own);
}

Test(sensors_host, what_is_known_in_words)
{
    struct text known = {0}, unknown = {0};
    put("proc/cpuinfo", "cpu MHz : 2100\n");
    struct sensor_source s = open_host();
    sensor_source_describe(&s, &known, &unknown);
    cr_expect_str_eq(text_get(&known), "clock");
    cr_expect_str_eq(text_get(&unknown),
                     "energy (no RAPL in /sys/class/powercap); temperature (no coretemp or k10temp in "
                     "/sys/class/hwmon)");
    text_free(&known);
    text_free(&unknown);
    s.close(s.own);
}

Test(sensors_host, kin)
{
    char stat[96], file[64];
    cr_expect(kin_of("", (unsigned)getpid()) == KIN_OURS);
    cr_expect(kin_of("", (unsigned)getppid()) == KIN_FOREIGN, "a parent is none of ours");
    cr_expect(kin_of("", 1) == KIN_FOREIGN);
    snprintf(file, sizeof file, "%s", scratch_path(""));
    cr_expect(kin_of(file, 300) == KIN_UNSEEN);
    snprintf(stat, sizeof stat, "200 (a) b) (R) S %d 1 1", (int)getpid());
    put("proc/200/stat", stat);
    put("proc/300/stat", "300 (python) R 200 1 1");
    put("proc/301/stat", "301 (python) R 1 1 1");
    put("proc/302/stat", "302 (outside) R 0 1 1");
    put("proc/303/stat", "303 (circle) R 303 1 1");
    put("proc/304/stat", "damaged");
    put("proc/305/stat", "305 (orphan) R 999 1 1");
    cr_expect(kin_of(file, 200) == KIN_OURS && kin_of(file, 300) == KIN_OURS);
    cr_expect(kin_of(file, 301) == KIN_FOREIGN && kin_of(file, 302) == KIN_FOREIGN && kin_of(file, 303) == KIN_FOREIGN);
    cr_expect(kin_of(file, 304) == KIN_UNSEEN && kin_of(file, 305) == KIN_FOREIGN);
}
