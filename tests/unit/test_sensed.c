/* What sensors told, in results, records and verdicts: energy an image, arms of a comparison, cycles. */
#include "bench/gate/sensed.h"
#include "bench/measure/sensors_json.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/error.h"

Test(arms, nine_points_and_eleven)
{
    static const struct {
        double base, new;
        bool alike;
    } cases[] = {{0.20, 0.29, true}, {0.20, 0.31, false}, {0.31, 0.20, false}, {0.29, 0.20, true},
                 {0, 0.0999, true},  {0, 0.1001, false},  {NAN, 1, true},      {1, NAN, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arm base = {0}, new = {0};
        char reason[256];
        for (int k = -1; k <= 1; k++) { /* of several samples, whose mean it is */
            arm_add(&base, cases[i].base + k * 0.001);
            arm_add(&new, cases[i].new + k * 0.02);
        }
        cr_expect_eq(arms_alike(&base, &new, reason, sizeof reason), cases[i].alike, "%zu", i);
        cr_expect(cases[i].alike ? !*reason : strstr(reason, "more than 10 points apart") != NULL, "%s", reason);
    }
}

static struct sample warm(int64_t begin_ns, int64_t end_ns)
{
    struct sample s = {.state = &state_rows[STATE_W1], .begin = {.time_ns = begin_ns}, .end = {.time_ns = end_ns}};
    sensor_summary_unknown(&s.sensors, end_ns - begin_ns, "");
    return s;
}

Test(sensed, a_span_is_of_settled_samples)
{
    struct warm_span w = {0};
    struct sample cold = warm(1, 2), settling = warm(3, 4), a = warm(10, 20), b = warm(25, 40);
    cold.state = &state_rows[STATE_C2];
    settling.warm_up = true;
    warm_span_add(&w, &cold);
    warm_span_add(&w, &settling);
    cr_expect_eq(w.samples, 0);
    warm_span_add(&w, &a);
    warm_span_add(&w, &b);
    cr_expect(w.samples == 2 && w.begin_ns == 10 && w.end_ns == 40);
}

/* Energy adds up: of all processes whose energy is known, over all of their images. */
Test(sensed, energy_an_image)
{
    struct variant_sensed v = {0};
    struct sensor_summary s;
    cr_expect(isnan(sensed_image_mj(&v)) && isnan(sensed_clock_hz(&v)));
    sensor_summary_unknown(&s, 1, "3.0 s: told from 10 s on");
    sensed_process(&v, &s, 30);
    cr_expect(isnan(sensed_image_mj(&v)));
    cr_expect_str_eq(v.energy_unknown, "3.0 s: told from 10 s on");
    s.energy_mj = 1000;
    sensed_process(&v, &s, 10);
    s.energy_mj = 5000;
    sensed_process(&v, &s, 20);
    cr_expect(sensed_image_mj(&v) == 200 && v.energy_processes == 2);
}

Test(sensed, samples)
{
    struct variant_sensed v = {0};
    struct sample host = warm(0, 1), seen = warm(0, 1), hidden = warm(0, 1);
    seen.sensors.is_gpu = hidden.sensors.is_gpu = true;
    seen.sensors.foreign_processes = 0;
    seen.sensors.median_clock_hz = 1e9;
    host.sensors.median_clock_hz = 3e9;
    seen.sensors.throttle_share[THROTTLE_power_cap] = 0.5;
    struct sample cold = seen;
    cold.state = &state_rows[STATE_C2];
    cold.sensors.median_clock_hz = 7e9;
    sensed_sample(&v, &host);
    sensed_sample(&v, &seen);
    sensed_sample(&v, &hidden);
    sensed_sample(&v, &cold);
    cr_expect(v.on_gpu == 3 && v.others_unknown == 1 && v.arm.samples == 1 && arm_share(&v.arm) == 0.5);
    cr_expect(sensed_clock_hz(&v) == 2e9);
}

Test(sensed, records)
{
    struct sensor_summary s, back;
    cJSON *record = cJSON_CreateObject();
    sensor_summary_unknown(&s, 5, "no RAPL");
    sensors_json_add(record, &s);
    cr_expect(!record->child, "nothing known, nothing said");
    s.is_gpu = true;
    s.readings = 12;
    s.mean_power_mw = 1500.5;
    s.max_temperature_c = -3;
    s.throttle_share[THROTTLE_power_brake] = 0.125;
    s.throttle_share[THROTTLE_power_cap] = 0;
    sensors_json_add(record, &s);
    char *text = cJSON_PrintUnformatted(record);
    cJSON_Delete(record);
    record = cJSON_Parse(text);
    cJSON_free(text);
    back = sensors_json_read(record);
    cr_expect(back.is_gpu && back.readings == 12 && back.window_ns == 5 && back.mean_power_mw == 1500.5);
    cr_expect(back.max_temperature_c == -3 && back.throttle_share[THROTTLE_power_brake] == 0.125);
    cr_expect(back.throttle_share[THROTTLE_power_cap] == 0 && isnan(back.throttle_share[THROTTLE_hardware_thermal]));
    cr_expect(isnan(back.energy_mj) && !strcmp(back.energy_unknown, "no RAPL"));
    cJSON_Delete(record);
    static const char *const damaged[] = {"{}", "{\"sensors\":3}",
                                          "{\"sensors\":{\"power_cap_share\":\"x\",\"readings\":-1,"
                                          "\"window_ns\":1e300,\"median_clock_hz\":1e300,\"gpu\":7}}"};
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        record = cJSON_Parse(damaged[i]);
        cr_assert(record);
        back = sensors_json_read(record);
        cr_expect(isnan(back.throttle_share[THROTTLE_power_cap]) && isnan(back.median_clock_hz) && !back.is_gpu);
        cr_expect(!back.readings && !back.window_ns);
        cJSON_Delete(record);
    }
}

/* A session of eight rounds whose new side takes `longer` and has a clock of `clock` times the base's. */
enum { ROUNDS = 8, EACH = 3 };

static struct variant_result side_of(double time, double hz)
{
    struct variant_result v = {.sample = calloc(2 * EACH * ROUNDS, sizeof *v.sample)};
    cr_assert(v.sample);
    for (int i = 0; i < 2 * EACH * ROUNDS; i++)
        v.sample[v.samples++] = (struct kept_sample){.state = STATE_W1,
                                                     .process = i / EACH,
                                                     .round = i / EACH / 2,
                                                     .clock_hz = (float)(hz * (1 + 1e-5 * (i % 2))),
                                                     .time_ns = (int64_t)(1e9 * time * (1 + 1e-4 * (i % 5))),
                                                     .start = -1};
    return v;
}

static struct session_result session_of(enum verdict verdict)
{
    struct session_result s = {.verdict = verdict, .reason = "+5.00 %", .sets = 1, .rounds = ROUNDS + 1};
    s.round[0].round = BURN_IN;
    for (int i = 0; i < ROUNDS; i++)
        s.round[i + 1] = (struct session_round){.round = i, .usable = true};
    s.set[0].usable = ROUNDS;
    s.set[0].base_ns = 1e9;
    return s;
}

static const struct floors one_percent = {0.01, 0};

Test(gate_sensed, slower_in_time_and_the_same_in_cycles)
{
    static const struct {
        double time, hz;
        enum verdict before, after;
    } cases[] = {
        {1.05, 1 / 1.05, VERDICT_SLOWER, VERDICT_INVALID},
        {1.05, 1, VERDICT_SLOWER, VERDICT_SLOWER},
        {1.05, 1 / 1.02, VERDICT_SLOWER, VERDICT_SLOWER},
        {1.05, 1 / 1.047, VERDICT_SLOWER, VERDICT_INVALID},
        {1.05, NAN, VERDICT_SLOWER, VERDICT_SLOWER},
        {0.95, 1 / 0.95, VERDICT_FASTER, VERDICT_FASTER},
        {1.05, 1 / 1.05, VERDICT_AMBIGUOUS, VERDICT_AMBIGUOUS},
        {1.05, 1 / 1.05, VERDICT_NEW, VERDICT_NEW},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct variant_result base = side_of(1, 1.5e9), new = side_of(cases[i].time, 1.5e9 * cases[i].hz);
        struct session_result s = session_of(cases[i].before);
        gate_judge_sensed(&base, &new, &one_percent, &s);
        cr_expect_eq(s.verdict, cases[i].after, "%zu: %s: %s", i, verdict_words[s.verdict].name, s.reason);
        if (cases[i].after == VERDICT_INVALID)
            cr_expect(strstr(s.reason, "clock or power: ") && strstr(s.reason, "+5.00 %"), "%s", s.reason);
        else
            cr_expect_str_eq(s.reason, "+5.00 %");
        free(base.sample);
        free(new.sample);
    }
}

/* One process without a clock: nothing can be said. */
Test(gate_sensed, a_clock_is_missing)
{
    struct variant_result base = side_of(1, 1.5e9), new = side_of(1.05, 1.5e9 / 1.05);
    struct session_result s = session_of(VERDICT_SLOWER);
    base.sample[7].clock_hz = NAN;
    gate_judge_sensed(&base, &new, &one_percent, &s);
    cr_expect(s.verdict == VERDICT_SLOWER && !gate_cycles(&base, &new, &s).known);
    free(base.sample);
    free(new.sample);
}

Test(gate_sensed, arms_at_different_power_caps)
{
    static const struct {
        double share;
        enum verdict before, after;
    } cases[] = {{0.09, VERDICT_SAME, VERDICT_SAME},         {0.11, VERDICT_SAME, VERDICT_INVALID},
                 {0.11, VERDICT_FASTER, VERDICT_INVALID},    {0.11, VERDICT_SLOWER, VERDICT_INVALID},
                 {0.11, VERDICT_AMBIGUOUS, VERDICT_INVALID}, {0.11, VERDICT_INSUFFICIENT, VERDICT_INSUFFICIENT}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct variant_result base = side_of(1, NAN), new = side_of(1, NAN);
        struct session_result s = session_of(cases[i].before);
        arm_add(&base.sensed.arm, 0);
        arm_add(&new.sensed.arm, cases[i].share);
        gate_judge_sensed(&base, &new, &one_percent, &s);
        cr_expect_eq(s.verdict, cases[i].after, "%zu: %s", i, s.reason);
        free(base.sample);
        free(new.sample);
    }
}
