/* What readings say of a window, from readings that are made up: counters between readings, gaps, what is not known. */
#include "profiler/sensors/summary.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/base/error.h"

#define SECOND INT64_C(1000000000)
enum { MOST = 400 };

static struct sensor_reading reading[MOST];

/* n readings from time 0 on, each a tenth of a second after the one before: 300 W, and what the table of a test says.
 */
static void make(int n)
{
    for (int i = 0; i < n; i++) {
        sensor_reading_clear(&reading[i]);
        reading[i].at_ns = i * SECOND / 10;
        reading[i].value[QUANTITY_clock] = 1e9 + i * 1e6;
        reading[i].value[QUANTITY_energy] = 5000 + 30000.0 * i;
        for (int t = 0; t < THROTTLES; t++) {
            reading[i].value[QUANTITY_time_power_cap + t] = 7;
            reading[i].value[QUANTITY_now_power_cap + t] = 0;
        }
    }
}

static struct sensor_summary summarise(int n, int64_t begin_ns, int64_t end_ns)
{
    struct sensor_summary s;
    sensor_summarise(reading, n, &(struct sensor_window){begin_ns, end_ns, true, true}, &s);
    return s;
}

static void near(double value, double expected, const char *what)
{
    cr_expect(fabs(value - expected) <= 1e-9 * fabs(expected), "%s: %.12g, not %.12g", what, value, expected);
}

Test(sensor_summary, readings_inside)
{
    make(100);
    reading[20].value[QUANTITY_temperature] = 60;
    reading[30].value[QUANTITY_temperature] = 71;
    reading[41].value[QUANTITY_temperature] = 99;
    reading[20].value[QUANTITY_power] = 100;
    reading[21].value[QUANTITY_power] = 400;
    struct sensor_summary s = summarise(100, 2 * SECOND, 4 * SECOND);
    cr_expect(s.readings == 21 && s.window_ns == 2 * SECOND && s.is_gpu);
    near(s.median_clock_hz, 1.030e9, "median");
    near(s.min_clock_hz, 1.020e9, "min");
    near(s.max_clock_hz, 1.040e9, "max");
    near(s.max_temperature_c, 71, "temperature");
    near(s.mean_power_mw, 250, "power");
    cr_expect(isnan(s.median_memory_clock_hz) && isnan(s.utilisation_before_share));
    near(summarise(100, 2 * SECOND, 2 * SECOND + SECOND / 10).median_clock_hz, 1.0205e9, "of two");
}

/* Energy is told from ten seconds on, its mean power from one on; both by lines between readings. */
Test(sensor_summary, energy)
{
    make(200);
    struct sensor_summary s = summarise(200, 123456789, 123456789 + 10 * SECOND);
    near(s.energy_mj, 3000000, "energy");
    near(s.mean_power_mw, 300000, "power");
    cr_expect_str_empty(s.energy_unknown);
    s = summarise(200, SECOND, 10 * SECOND);
    cr_expect(isnan(s.energy_mj) && !strcmp(s.energy_unknown, "9.0 s: told from 10 s on"), "%s", s.energy_unknown);
    near(s.mean_power_mw, 300000, "power of 9 s");
    cr_expect(isnan(summarise(200, SECOND, SECOND + SECOND / 2).mean_power_mw), "power of half a second");
}

/* Without a reading around an end, or with a counter that goes back, nothing is told. */
Test(sensor_summary, ends)
{
    make(150);
    static const struct {
        int64_t begin_ns, end_ns;
    } outside[] = {{-1, 12 * SECOND}, {SECOND, 15 * SECOND}, {20 * SECOND, 40 * SECOND}, {-30 * SECOND, -10 * SECOND}};
    for (size_t i = 0; i < ARRAY_LEN(outside); i++) {
        struct sensor_summary s = summarise(150, outside[i].begin_ns, outside[i].end_ns);
        cr_expect(isnan(s.energy_mj) && strstr(s.energy_unknown, "near both ends"), "%zu: %s", i, s.energy_unknown);
    }
    cr_expect(isfinite(summarise(150, 0, 149 * SECOND / 10).energy_mj), "at the first and the last");
    for (int i = 100; i < 150; i++)
        reading[i].value[QUANTITY_energy] = i;
    cr_expect(isnan(summarise(150, SECOND, 14 * SECOND).energy_mj), "backwards");
    cr_expect(isnan(summarise(0, SECOND, 14 * SECOND).energy_mj) && !summarise(0, 0, 1).readings, "none");
    cr_expect(isnan(summarise(150, SECOND, SECOND).median_clock_hz), "an empty window");
}

/* It fails in the middle: some readings are lost, then all. */
Test(sensor_summary, failures)
{
    make(200);
    for (int i = 40; i < 50; i++)
        reading[i].value[QUANTITY_energy] = reading[i].value[QUANTITY_clock] = NAN;
    struct sensor_summary s = summarise(200, 9 * SECOND / 2, 15 * SECOND);
    near(s.energy_mj, 3150000, "across a failure");
    cr_expect(s.readings == 106);
    near(s.min_clock_hz, 1.05e9, "the first that is known");
    for (int i = 60; i < 200; i++)
        sensor_reading_clear(&reading[i]), reading[i].at_ns = i * SECOND / 10;
    s = summarise(200, SECOND, 15 * SECOND);
    cr_expect(isnan(s.energy_mj) && isnan(s.throttle_share[THROTTLE_power_cap]) == false);
    near(s.max_clock_hz, 1.059e9, "the last that is known");
    s = summarise(200, 7 * SECOND, 15 * SECOND);
    cr_expect(isnan(s.median_clock_hz) && isnan(s.energy_mj) && isnan(s.mean_power_mw) && s.readings == 81);
}

/* A counter of the host begins again within a minute at the most: after a longer silence its growth is not known. */
Test(sensor_summary, silence)
{
    make(200);
    for (int i = 100; i < 200; i++)
        reading[i].at_ns += 59 * SECOND;
    near(summarise(200, SECOND, 75 * SECOND).energy_mj, 30000.0 * 150, "59 s");
    for (int i = 100; i < 200; i++)
        reading[i].at_ns += 2 * SECOND;
    struct sensor_summary s = summarise(200, SECOND, 77 * SECOND);
    cr_expect(isnan(s.energy_mj) && !strcmp(s.energy_unknown, "readings were interrupted"), "%s", s.energy_unknown);
    cr_expect(isnan(summarise(200, SECOND, 30 * SECOND).energy_mj), "an end in the silence");
    near(summarise(200, 705 * SECOND / 10 + SECOND / 2, 708 * SECOND / 10 + SECOND / 2).min_clock_hz, 1.1e9,
         "after it");
}

/* Shares by the counters, else by the readings that saw it, else by the last one before. */
Test(sensor_summary, throttling)
{
    make(100);
    for (int i = 30; i < 100; i++)
        reading[i].value[QUANTITY_time_power_cap] = 7 + 5e7 * (i - 30);
    struct sensor_summary s = summarise(100, 2 * SECOND, 4 * SECOND);
    near(s.throttle_share[THROTTLE_power_cap], 0.25, "half of the second half");
    for (int t = 1; t < THROTTLES; t++)
        cr_expect(s.throttle_share[t] == 0, "%s", throttle_words[t]);
    for (int i = 0; i < 100; i++) {
        reading[i].value[QUANTITY_time_power_brake] = NAN;
        reading[i].value[QUANTITY_now_power_brake] = i >= 36;
        reading[i].value[QUANTITY_time_software_thermal] = 1e9 * i; /* none of ns */
    }
    s = summarise(100, 2 * SECOND, 4 * SECOND);
    near(s.throttle_share[THROTTLE_power_brake], 5.0 / 21, "readings");
    cr_expect(s.throttle_share[THROTTLE_software_thermal] == 0);
    for (int i = 0; i < 100; i++)
        reading[i].value[QUANTITY_time_power_brake] = 7;
    near(summarise(100, 2 * SECOND, 4 * SECOND).throttle_share[THROTTLE_power_brake], 5.0 / 21,
         "a counter that stands");
    for (int i = 0; i < 100; i++)
        reading[i].value[QUANTITY_time_power_brake] = NAN;
    s = summarise(37, 36 * SECOND / 10 + 1, 36 * SECOND / 10 + 1000);
    cr_expect(!s.readings && s.throttle_share[THROTTLE_power_brake] == 1, "the last before");
    s = summarise(37, 9 * SECOND, 9 * SECOND + 1000);
    cr_expect(isnan(s.throttle_share[THROTTLE_power_brake]), "which is too old");
}

/* Others: only where one of ours was seen; the readings around the window count. */
Test(sensor_summary, others)
{
    make(100);
    for (int i = 0; i < 100; i++) {
        reading[i].value[QUANTITY_own] = i >= 20;
        reading[i].value[QUANTITY_foreign] = i == 30 ? 3 : i > 50;
        reading[i].value[QUANTITY_memory] = 5e9 + 1e6 * i;
        reading[i].value[QUANTITY_own_memory] = 4e9;
    }
    struct sensor_summary s = summarise(100, 2 * SECOND, 4 * SECOND);
    cr_expect(s.foreign_processes == 3 && fabs(s.others_memory_bytes - 1.041e9) < 1, "%g", s.others_memory_bytes);
    cr_expect(summarise(100, SECOND, 3 * SECOND / 2).foreign_processes == 0);
    cr_expect(isnan(summarise(100, 0, SECOND).others_memory_bytes), "none of ours there yet");
    cr_expect(summarise(100, 30 * SECOND / 10 + 1, 30 * SECOND / 10 + 2).foreign_processes == 3, "around it");
    sensor_summarise(reading, 100, &(struct sensor_window){2 * SECOND, 4 * SECOND, true, false}, &s);
    cr_expect(isnan(s.foreign_processes) && isnan(s.others_memory_bytes), "the list hides ours");
    for (int i = 0; i < 100; i++)
        reading[i].value[QUANTITY_own_memory] = NAN;
    cr_expect(isnan(summarise(100, 2 * SECOND, 4 * SECOND).others_memory_bytes), "ours is not known");
}
