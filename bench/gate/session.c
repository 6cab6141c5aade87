#include "bench/gate/session.h"

#include <math.h>
#include <stdio.h>

#include "bench/gate/session_judge.h"

static struct err check_plan(const struct session_plan *p)
{
    if (p->rounds < FEWEST_ROUNDS || p->rounds > MOST_ROUNDS || p->rounds % 2)
        return err_fail("gate: %d rounds; an even number from %d to %d is needed, so that orders balance", p->rounds,
                        FEWEST_ROUNDS, MOST_ROUNDS);
    if (!(p->floors.share > 0 && p->floors.share < 1) || !(p->floors.ns >= 0 && isfinite(p->floors.ns)))
        return err_fail("gate: a floor of %g %% and %g ns; above 0 and below 100 %%, and 0 ns or more, are needed",
                        100 * p->floors.share, p->floors.ns);
    return OK;
}

static struct err measure_round(const struct session_plan *p, struct session_round *r)
{
    double logs[SIDES] = {0};
    for (int place = 0; place < ROUND_PROCESSES; place++) {
        enum side side = round_side(r->order, place);
        double *ns = &r->median_ns[place];
        TRY(p->measure(p->context, side, r->round, ns));
        if (!(*ns > 0 && isfinite(*ns))) {
            *ns = NAN;
            return OK;
        }
        logs[side] += log(*ns) / 2;
    }
    if (r->round != BURN_IN) {
        r->usable = true;
        r->d_new = logs[SIDE_NEW] - logs[SIDE_BASE];
        r->d_control = logs[SIDE_CONTROL] - logs[SIDE_BASE];
    }
    return OK;
}

static struct err measure_rounds(const struct session_plan *p, struct draw *d, int set, struct session_result *out)
{
    int order[MOST_ROUNDS];
    draw_orders(d, order, p->rounds);
    for (int i = 0; i < p->rounds; i++) {
        struct session_round *r = &out->round[out->rounds];
        *r = (struct session_round){.round = out->rounds++ - 1, .set = set, .order = order[i]};
        TRY(measure_round(p, r));
    }
    out->set[set].planned += p->rounds;
    session_judge(out, set, &p->floors);
    return OK;
}

static struct err measure_set(const struct session_plan *p, struct draw *d, struct session_result *out)
{
    int i = out->sets++;
    struct session_set *set = &out->set[i];
    TRY(measure_rounds(p, d, i, out));
    set->extended = set->verdict == VERDICT_AMBIGUOUS || set->verdict == VERDICT_INVALID;
    return set->extended ? measure_rounds(p, d, i, out) : OK;
}

static struct err confirm(const struct session_plan *p, struct draw *d, struct session_result *out)
{
    if (p->pause)
        TRY(p->pause(p->context));
    return measure_set(p, d, out);
}

struct err session_run(const struct session_plan *plan, struct session_result *out)
{
    struct draw d = {plan->seed};
    *out = (struct session_result){.verdict = VERDICT_INSUFFICIENT, .low = -INFINITY, .high = INFINITY};
    snprintf(out->reason, sizeof out->reason, "the session did not come to its end");
    TRY(check_plan(plan));
    out->round[out->rounds++] = (struct session_round){.round = BURN_IN, .order = draw_below(&d, ROUND_ORDERS)};
    TRY(measure_round(plan, &out->round[0]));
    TRY(measure_set(plan, &d, out));
    if (out->set[0].verdict == VERDICT_SLOWER || out->set[0].verdict == VERDICT_FASTER)
        TRY(confirm(plan, &d, out));
    session_conclude(out);
    return OK;
}
