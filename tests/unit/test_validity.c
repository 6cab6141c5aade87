/* Whether a sample can be believed: each check on samples that it lets pass, and on one that it does not. */
#include "bench/measure/validity.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure/foreign.h"

enum { PIXELS = 11, LATENTS = 12 };
static const uint64_t same_pixels = PIXELS, same_latents = LATENTS, other = 99;

/* What a made-up sample is, and what is known beside it. */
struct made_up {
    struct sample sample;
    struct validity_context context;
};

/* A cold start of ten seconds on two processors without any fault. */
static struct made_up sound(void)
{
    struct made_up m = {.sample = {.state = &state_rows[STATE_C2],
                                   .end = {.time_ns = 10000000000, .own_ns = 10000000000},
                                   .unaccounted_ns = 1000000000,
                                   .pixels_hash = PIXELS,
                                   .latents_hash = LATENTS,
                                   .evidence = {.reached = true},
                                   .settled = true},
                        .context = {&same_pixels, &same_latents, true, false}};
    struct sample *s = &m.sample;
    s->phase[PHASE_read] = (struct phase_time){.time_ns = 4000000000, .entries = 1};
    s->phase[PHASE_steps] = (struct phase_time){.time_ns = 5000000000, .entries = 1};
    s->begin.machine.processors = s->end.machine.processors = 2;
    s->end.machine.busy_ticks = 10000000000 / proc_stat_tick_ns();
    s->before.throttle_events = s->after.throttle_events = 7;
    return m;
}

static void break_state(struct made_up *m)
{
    m->sample.evidence = (struct state_evidence){.reason = "12.0 % of the weights are still in memory"};
}

static void break_phases(struct made_up *m)
{
    m->sample.unaccounted_ns++;
}

static void break_rest(struct made_up *m)
{
    m->sample.phase[PHASE_read].time_ns += m->sample.unaccounted_ns + 1;
    m->sample.unaccounted_ns = -1;
}

static void break_pixels(struct made_up *m)
{
    m->context.pixels_hash = &other;
}

static void break_latents(struct made_up *m)
{
    m->context.latents_hash = &other;
}

static void throttle(struct made_up *m)
{
    m->sample.after.throttle_events += 3;
}

static void add_run(struct made_up *m)
{
    m->context.other_run = true;
}

static void add_load(struct made_up *m)
{
    m->sample.end.machine.busy_ticks += 2000000000 / proc_stat_tick_ns();
}

static void unsettle(struct made_up *m)
{
    m->sample.settled = false;
}

/* On a device of which all is known, and in order. */
static struct sensor_summary *on_gpu(struct made_up *m)
{
    m->sample.sensors = (struct sensor_summary){.is_gpu = true, .readings = 100, .memory_before_bytes = 299e6};
    m->sample.sensors.utilisation_before_share = 0.05;
    m->sample.sensors.others_memory_bytes = 300e6;
    m->sample.sensors.throttle_share[THROTTLE_power_cap] = 1;
    return &m->sample.sensors;
}

static void heat(struct made_up *m)
{
    on_gpu(m)->throttle_share[THROTTLE_software_thermal] = 0.004;
}

static void heat_hardware(struct made_up *m)
{
    on_gpu(m)->throttle_share[THROTTLE_hardware_thermal] = 0.25;
}

static void brake(struct made_up *m)
{
    on_gpu(m)->throttle_share[THROTTLE_power_brake] = 0.5;
}

static void slow_hardware(struct made_up *m)
{
    on_gpu(m)->throttle_share[THROTTLE_hardware_slowdown] = 1;
}

static void add_process(struct made_up *m)
{
    on_gpu(m)->foreign_processes = 1;
}

static void use_memory(struct made_up *m)
{
    on_gpu(m)->others_memory_bytes = 301e6;
}

static void use_memory_before(struct made_up *m)
{
    on_gpu(m)->memory_before_bytes = 4e9;
}

static void use_before(struct made_up *m)
{
    on_gpu(m)->utilisation_before_share = 0.06;
}

static const struct {
    const char *check;
    void (*breaks)(struct made_up *m);
    enum validity verdict;
    const char *words;
} broken[] = {
    {"state", break_state, SAMPLE_INVALID, "12.0 % of the weights are still in memory"},
    {"phases", break_phases, SAMPLE_INVALID, "its phases are 10000000001 ns and its time 10000000000 ns"},
    {"phases", break_rest, SAMPLE_INVALID, "its phases are 10000000000 ns"},
    {"output", break_pixels, SAMPLE_INVALID, "its pictures are not those that its plan made before"},
    {"output", break_latents, SAMPLE_INVALID, "its latents are not those that its plan made before"},
    {"throttling", throttle, SAMPLE_INVALID, "throttled for heat during it (3 times)"},
    {"device heat", heat, SAMPLE_INVALID, "held down by heat (slowed by software) for 0.4 % of it"},
    {"device heat", heat_hardware, SAMPLE_INVALID, "held down by heat (slowed by hardware) for 25.0 % of it"},
    {"power brake", brake, SAMPLE_INVALID, "held down by the power brake for 50.0 % of it"},
    {"slowdown", slow_hardware, SAMPLE_INVALID, "held down by a slowdown by hardware for 100.0 % of it"},
    {"device alone", add_process, SAMPLE_INVALID, "other processes used the device: 1"},
    {"device memory", use_memory, SAMPLE_INVALID, "others used 301 MB of the device's memory (the limit is 300 MB)"},
    {"device memory", use_memory_before, SAMPLE_INVALID, "others used 4000 MB"},
    {"device idle", use_before, SAMPLE_INVALID, "in use before it: 6 % (the limit is 5 %)"},
    {"alone", add_run, SAMPLE_DISTURBED, "another timed run"},
    {"foreign load", add_load, SAMPLE_DISTURBED, "others used 10.0 % of the machine (the limit is 3 %)"},
    {"settled", unsettle, SAMPLE_DISTURBED, "had not settled"},
};

static void expect_verdict(struct made_up *m, enum validity verdict, const char *words, const char *what)
{
    validity_judge(&m->sample, &m->context);
    cr_expect(m->sample.validity == verdict, "%s: %s", what, validity_names[m->sample.validity]);
    cr_expect(strstr(m->sample.reason, words), "%s: no \"%s\" in: %s", what, words, m->sample.reason);
}

Test(validity, a_sound_sample_is_valid)
{
    struct made_up m = sound();
    validity_judge(&m.sample, &m.context);
    cr_expect(m.sample.validity == SAMPLE_VALID, "%s", m.sample.reason);
    cr_expect_str_empty(m.sample.reason);
}

Test(validity, each_check_finds_what_it_looks_for)
{
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct made_up m = sound();
        broken[i].breaks(&m);
        for (const struct validity_check *c = validity_checks; c->name; c++) {
            char reason[256] = "";
            bool holds = c->holds(&m.sample, &m.context, reason), looks = !strcmp(c->name, broken[i].check);
            cr_expect_eq(holds, !looks, "row %zu: %s", i, c->name);
            cr_expect(holds || c->verdict == broken[i].verdict, "row %zu: %s", i, c->name);
        }
        expect_verdict(&m, broken[i].verdict, broken[i].words, broken[i].check);
    }
}

Test(validity, every_check_is_tested_here_and_described)
{
    for (const struct validity_check *c = validity_checks; c->name; c++) {
        bool found = false;
        for (size_t i = 0; i < ARRAY_LEN(broken); i++)
            found |= !strcmp(broken[i].check, c->name);
        cr_expect(found && strlen(c->summary) > 5 && c->verdict != SAMPLE_VALID, "%s", c->name);
    }
}

static bool is_sensed(size_t row)
{
    struct made_up m = sound();
    broken[row].breaks(&m);
    return m.sample.sensors.is_gpu;
}

/* Two reasons at once: the worse one is told, whatever comes first; of two alike the first. */
Test(validity, the_worst_verdict_wins)
{
    for (size_t i = 0; i < ARRAY_LEN(broken); i++)
        for (size_t k = 0; k < ARRAY_LEN(broken); k++) {
            if (!strcmp(broken[i].check, broken[k].check))
                continue;
            struct made_up m = sound();
            broken[i].breaks(&m);
            if (m.sample.sensors.is_gpu && is_sensed(k))
                continue; /* one would undo the other */
            broken[k].breaks(&m);
            size_t first = i < k ? i : k, last = i < k ? k : i;
            size_t told = broken[last].verdict > broken[first].verdict ? last : first;
            expect_verdict(&m, broken[told].verdict, broken[told].words, broken[told].check);
        }
}

/* At its power cap all the time, with other's memory and use at the limits. */
Test(validity, a_device_at_its_limits_is_valid)
{
    struct made_up m = sound();
    on_gpu(&m);
    expect_verdict(&m, SAMPLE_VALID, "", "at the limits");
}

/* What is not known is no fault. */
Test(validity, unknown_is_not_broken)
{
    struct made_up m = sound();
    m.context = (struct validity_context){.other_run = true};
    m.sample.before.throttle_events = CONDITION_UNKNOWN;
    m.sample.end.machine.processors = 0;
    expect_verdict(&m, SAMPLE_VALID, "", "unknown");
    m = sound();
    m.sample.after.throttle_events = CONDITION_UNKNOWN;
    expect_verdict(&m, SAMPLE_VALID, "", "unknown at the end");
    m = sound();
    sensor_summary_unknown(&m.sample.sensors, 1, "no NVML here");
    m.sample.sensors.is_gpu = true;
    expect_verdict(&m, SAMPLE_VALID, "", "unknown sensors");
}

/* The host's sensors are judged by none of the device's rules. */
Test(validity, rules_of_devices_are_for_devices)
{
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct made_up m = sound();
        broken[i].breaks(&m);
        if (!m.sample.sensors.is_gpu)
            continue;
        m.sample.sensors.is_gpu = false;
        expect_verdict(&m, SAMPLE_VALID, "", broken[i].check);
    }
}

/* A state within a live process has no cache to verify. */
Test(validity, a_live_state_needs_no_evidence)
{
    struct made_up m = sound();
    m.sample.state = &state_rows[STATE_W1];
    break_state(&m);
    expect_verdict(&m, SAMPLE_VALID, "", "W1");
}

Test(validity, judging_makes_worse_and_never_better)
{
    struct sample s = {0};
    sample_judge(&s, SAMPLE_DISTURBED, "reason %d", 1);
    sample_judge(&s, SAMPLE_DISTURBED, "reason %d", 2);
    cr_expect(s.validity == SAMPLE_DISTURBED && !strcmp(s.reason, "reason 1"), "%s", s.reason);
    sample_judge(&s, SAMPLE_INVALID, "reason %d", 3);
    sample_judge(&s, SAMPLE_DISTURBED, "reason %d", 4);
    sample_judge(&s, SAMPLE_VALID, "reason %d", 5);
    cr_expect(s.validity == SAMPLE_INVALID && !strcmp(s.reason, "reason 3"), "%s", s.reason);
    sample_judge(&s, SAMPLE_INVALID, "%0*d", 1000, 1);
    struct sample t = {0};
    sample_judge(&t, SAMPLE_INVALID, "%0*d", 1000, 1);
    cr_expect_eq(strlen(t.reason), sizeof t.reason - 1, "cut, not overrun");
}

/* Of a span that is no sample, such as a traced run. */
Test(validity, of_a_device_alone)
{
    struct sensor_summary s;
    char reason[256];
    sensor_summary_unknown(&s, 1000, "nothing was read");
    s.is_gpu = true;
    cr_expect(validity_of_device(&s, reason), "what is not known holds: %s", reason);
    s.throttle_share[THROTTLE_power_cap] = 0.5;
    cr_expect(validity_of_device(&s, reason), "a power cap is told, and no fault: %s", reason);
    s.throttle_share[THROTTLE_hardware_thermal] = 0.1;
    cr_expect(!validity_of_device(&s, reason));
    cr_expect(strstr(reason, "heat"), "%s", reason);
    s.throttle_share[THROTTLE_hardware_thermal] = 0;
    s.foreign_processes = 1;
    cr_expect(!validity_of_device(&s, reason));
    cr_expect(strstr(reason, "other processes"), "%s", reason);
}
