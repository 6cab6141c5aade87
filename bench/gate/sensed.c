#include "bench/gate/sensed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/by_process.h"

/* Of the processes of a side in a round: the mean of log(time * clock) of their medians. NAN where a clock is missing:
 * a round with half of its processes says nothing. */
static double log_cycles(const struct variant_result *v, int round)
{
    double *cycles = calloc((size_t)v->samples + 1, sizeof *cycles), sum = 0;
    int *process = calloc((size_t)v->samples + 1, sizeof *process);
    int *rounds = calloc((size_t)v->samples + 1, sizeof *rounds), n = 0;
    for (int i = 0; cycles && process && rounds && i < v->samples; i++) {
        const struct kept_sample *k = &v->sample[i];
        if (k->state != STATE_W1 || k->round != round)
            continue;
        process[n] = k->process;
        cycles[n++] = (double)k->time_ns * 1e-9 * (double)k->clock_hz;
        sum += cycles[n - 1];
    }
    bool known = n && isfinite(sum) && sum > 0;
    int processes = known ? medians_by_process(cycles, process, rounds, n) : 0;
    sum = 0;
    for (int i = 0; i < processes; i++)
        sum += log(cycles[i]) / processes;
    free(cycles);
    free(process);
    free(rounds);
    return known ? sum : NAN;
}

struct t_interval gate_cycles(const struct variant_result *base, const struct variant_result *new,
                              const struct session_result *s)
{
    double d[2 * MOST_ROUNDS];
    int n = 0;
    for (int i = 0; i < s->rounds && n < 2 * MOST_ROUNDS; i++) {
        const struct session_round *r = &s->round[i];
        double own = r->set == 0 && r->usable ? log_cycles(new, r->round) - log_cycles(base, r->round) : NAN;
        if (isfinite(own))
            d[n++] = own;
    }
    return n == s->set[0].usable ? mean_interval(d, n, LOOK_LEVEL) : (struct t_interval){0};
}

static void judge_cycles(const struct variant_result *base, const struct variant_result *new,
                         const struct floors *floors, struct session_result *s)
{
    char before[sizeof s->reason];
    struct t_interval cycles = gate_cycles(base, new, s);
    double margin = margin_of(floors, s->set[0].base_ns);
    if (s->verdict != VERDICT_SLOWER || !cycles.known || verdict_of_interval(&cycles, margin) != VERDICT_SAME)
        return;
    memcpy(before, s->reason, sizeof before);
    s->verdict = VERDICT_INVALID;
    snprintf(s->reason, sizeof s->reason,
             "clock or power: slower in time and the same in cycles, %+.2f %% [%+.2f, %+.2f]; %.300s",
             100 * change_of(cycles.estimate), 100 * change_of(cycles.low), 100 * change_of(cycles.high), before);
}

void gate_judge_sensed(const struct variant_result *base, const struct variant_result *new, const struct floors *floors,
                       struct session_result *s)
{
    bool decides = s->verdict == VERDICT_FASTER || s->verdict == VERDICT_SLOWER || s->verdict == VERDICT_SAME ||
                   s->verdict == VERDICT_AMBIGUOUS;
    char reason[256];
    if (decides && !arms_alike(&base->sensed.arm, &new->sensed.arm, reason, sizeof reason)) {
        s->verdict = VERDICT_INVALID;
        snprintf(s->reason, sizeof s->reason, "%s", reason);
    }
    judge_cycles(base, new, floors, s);
}
