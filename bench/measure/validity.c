#include "bench/measure/validity.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/measure/foreign.h"

enum { REASON = 256 };

static bool state_reached(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    snprintf(reason, REASON, "%s", s->evidence.reason);
    return s->state->live || s->evidence.reached;
}

static bool phases_add_up(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    int64_t sum = s->unaccounted_ns;
    for (int p = 0; p < PHASE_COUNT; p++)
        sum += s->phase[p].time_ns;
    snprintf(reason, REASON, "its phases are %" PRId64 " ns and its time %" PRId64 " ns", sum, sample_time_ns(s));
    return sum == sample_time_ns(s) && s->unaccounted_ns >= 0;
}

static bool output_same(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    const char *what = c->latents_hash && *c->latents_hash != s->latents_hash ? "latents" : "pictures";
    snprintf(reason, REASON, "its %s are not those that its plan made before: another hash", what);
    return !c->pixels_hash || (*c->pixels_hash == s->pixels_hash && *c->latents_hash == s->latents_hash);
}

static bool not_throttled(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    int64_t before = s->before.throttle_events, after = s->after.throttle_events;
    if (before == CONDITION_UNKNOWN || after <= before)
        return true;
    snprintf(reason, REASON, "processors were throttled for heat during it (%" PRId64 " times)", after - before);
    return false;
}

static bool alone(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)s;
    snprintf(reason, REASON, "another timed run of sdbench was on this machine");
    return !c->other_run_known || !c->other_run;
}

static bool quiet_machine(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    struct foreign f = foreign_of(&s->begin, &s->end);
    snprintf(reason, REASON, "%s", f.reason);
    return !f.disturbed;
}

static bool process_settled(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    snprintf(reason, REASON, "unsettled: the times of its process had not settled before it");
    return s->settled;
}

/* Beyond these a device is used by others, too. (Memory: a driver's own account of ours is not exact.) */
#define OTHERS_MEMORY_BYTES 300e6
#define UTILISATION_BEFORE  0.05

static bool not_held(const struct sample *s, enum throttle t, char reason[REASON])
{
    double share = s->sensors.throttle_share[t];
    snprintf(reason, REASON, "the device's clocks were held down by %s for %.1f %% of it", throttle_words[t],
             100 * share);
    return !s->sensors.is_gpu || !(share > 0);
}

static bool no_heat(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    return not_held(s, THROTTLE_hardware_thermal, reason) && not_held(s, THROTTLE_software_thermal, reason);
}

static bool no_power_brake(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    return not_held(s, THROTTLE_power_brake, reason);
}

static bool no_slowdown(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    return not_held(s, THROTTLE_hardware_slowdown, reason);
}

static bool device_alone(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    snprintf(reason, REASON, "other processes used the device: %.0f", s->sensors.foreign_processes);
    return !s->sensors.is_gpu || !(s->sensors.foreign_processes > 0);
}

static bool memory_ours(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    double others = fmax(s->sensors.others_memory_bytes, s->sensors.memory_before_bytes);
    snprintf(reason, REASON, "others used %.0f MB of the device's memory (the limit is %.0f MB)", others * 1e-6,
             OTHERS_MEMORY_BYTES * 1e-6);
    return !s->sensors.is_gpu || !(others > OTHERS_MEMORY_BYTES);
}

static bool device_idle(const struct sample *s, const struct validity_context *c, char reason[REASON])
{
    (void)c;
    double share = s->sensors.utilisation_before_share;
    snprintf(reason, REASON, "the device was in use before it: %.0f %% (the limit is %.0f %%)", 100 * share,
             100 * UTILISATION_BEFORE);
    return !s->sensors.is_gpu || !(share > UTILISATION_BEFORE);
}

const struct validity_check validity_checks[] = {
    {"state", "the cache state was reached and verified", SAMPLE_INVALID, state_reached, false},
    {"phases", "phases and the rest add up to the time", SAMPLE_INVALID, phases_add_up, false},
    {"output", "latents and pictures are those of its plan", SAMPLE_INVALID, output_same, false},
    {"throttling", "no processor was slowed down for heat", SAMPLE_INVALID, not_throttled, false},
    {"device heat", "the device was not slowed down for heat", SAMPLE_INVALID, no_heat, true},
    {"power brake", "nor by the power brake", SAMPLE_INVALID, no_power_brake, true},
    {"slowdown", "nor by its hardware for another reason", SAMPLE_INVALID, no_slowdown, true},
    {"device alone", "no other process used the device", SAMPLE_INVALID, device_alone, true},
    {"device memory", "others used little of its memory", SAMPLE_INVALID, memory_ours, true},
    {"device idle", "it was idle before", SAMPLE_INVALID, device_idle, true},
    {"alone", "no other timed run meanwhile", SAMPLE_DISTURBED, alone, false},
    {"foreign load", "others used little of the machine", SAMPLE_DISTURBED, quiet_machine, false},
    {"settled", "warm-up had settled", SAMPLE_DISTURBED, process_settled, false},
    {0},
};

bool validity_of_device(const struct sensor_summary *sensors, char reason[256])
{
    const struct sample s = {.sensors = *sensors};
    for (const struct validity_check *check = validity_checks; check->name; check++)
        if (check->of_device && !check->holds(&s, NULL, reason))
            return false;
    return true;
}

void validity_judge(struct sample *s, const struct validity_context *c)
{
    char reason[REASON];
    for (const struct validity_check *check = validity_checks; check->name; check++)
        if (!check->holds(s, c, reason))
            sample_judge(s, check->verdict, "%s", reason);
}
