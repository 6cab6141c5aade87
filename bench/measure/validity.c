#include "bench/measure/validity.h"

#include <inttypes.h>
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

const struct validity_check validity_checks[] = {
    {"state", "the cache state was reached and verified", SAMPLE_INVALID, state_reached},
    {"phases", "phases and the rest add up to the time", SAMPLE_INVALID, phases_add_up},
    {"output", "latents and pictures are those of its plan", SAMPLE_INVALID, output_same},
    {"throttling", "no processor was slowed down for heat", SAMPLE_INVALID, not_throttled},
    {"alone", "no other timed run meanwhile", SAMPLE_DISTURBED, alone},
    {"foreign load", "others used little of the machine", SAMPLE_DISTURBED, quiet_machine},
    {"settled", "warm-up had settled", SAMPLE_DISTURBED, process_settled},
    {0},
};

void validity_judge(struct sample *s, const struct validity_context *c)
{
    char reason[REASON];
    for (const struct validity_check *check = validity_checks; check->name; check++)
        if (!check->holds(s, c, reason))
            sample_judge(s, check->verdict, "%s", reason);
}
