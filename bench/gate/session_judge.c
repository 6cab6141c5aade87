#include "bench/gate/session_judge.h"

#include <math.h>
#include <stdio.h>

#include "bench/statistics/summary.h"

/* The usable rounds of a set. */
struct gathered {
    int n;
    double d_new[2 * MOST_ROUNDS], d_control[2 * MOST_ROUNDS];
    double ns[SIDES][4 * MOST_ROUNDS]; /* two processes a round and side */
};

static void gather(const struct session_result *r, int set, struct gathered *g)
{
    int count[SIDES] = {0};
    g->n = 0;
    for (int i = 0; i < r->rounds; i++) {
        const struct session_round *round = &r->round[i];
        if (round->set != set || !round->usable)
            continue;
        g->d_new[g->n] = round->d_new;
        g->d_control[g->n++] = round->d_control;
        for (int place = 0; place < ROUND_PROCESSES; place++) {
            enum side side = round_side(round->order, place);
            g->ns[side][count[side]++] = round->median_ns[place];
        }
    }
}

static double percent(double log_ratio)
{
    return 100 * change_of(log_ratio);
}

/* "+2.03 % [+1.40, +2.67], floor 1.00 %, control -0.10 %, 8 rounds" */
static void write_figures(struct session_set *s)
{
    snprintf(s->reason, sizeof s->reason, "%+.2f %% [%+.2f, %+.2f], floor %.2f %%, control %+.2f %%, %d rounds%s",
             percent(s->d.estimate), percent(s->d.low), percent(s->d.high), percent(s->margin),
             percent(s->d_control.estimate), s->usable, s->extended ? " (extended)" : "");
}

static void decide(struct session_set *s)
{
    int needed = (3 * s->planned + 3) / 4 > FEWEST_ROUNDS ? (3 * s->planned + 3) / 4 : FEWEST_ROUNDS;
    if (s->usable < needed) {
        s->verdict = VERDICT_INSUFFICIENT;
        snprintf(s->reason, sizeof s->reason, "%d of %d rounds are usable, %d are needed", s->usable, s->planned,
                 needed);
    } else if (fabs(s->d_control.estimate) > s->margin) {
        s->verdict = VERDICT_INVALID;
        snprintf(s->reason, sizeof s->reason,
                 "control: the base differs from itself by %+.2f %% over %d rounds, more than the floor of %.2f %%",
                 percent(s->d_control.estimate), s->usable, percent(s->margin));
    } else {
        s->verdict = verdict_of_interval(&s->d, s->margin);
        write_figures(s);
    }
}

void session_judge(struct session_result *r, int set, const struct floors *floors)
{
    struct session_set *s = &r->set[set];
    struct gathered g;
    gather(r, set, &g);
    s->usable = g.n;
    s->d = mean_interval(g.d_new, g.n, LOOK_LEVEL);
    s->d_control = mean_interval(g.d_control, g.n, LOOK_LEVEL);
    s->sign_flip = sign_flip_test(g.d_new, g.n);
    for (int side = 0; side < SIDES; side++)
        sort_ascending(g.ns[side], 2 * g.n);
    s->base_ns = median_of(g.ns[SIDE_BASE], 2 * g.n);
    s->new_ns = median_of(g.ns[SIDE_NEW], 2 * g.n);
    s->margin = margin_of(floors, s->base_ns);
    decide(s);
}

void session_conclude(struct session_result *r)
{
    const struct session_set *first = &r->set[0], *second = &r->set[1];
    r->change = change_of(first->d.estimate);
    r->low = change_of(first->d.low);
    r->high = change_of(first->d.high);
    r->verdict = first->verdict;
    if (r->sets < 2) {
        snprintf(r->reason, sizeof r->reason, "%s", first->reason);
        return;
    }
    bool is_valid = second->verdict != VERDICT_INVALID && second->verdict != VERDICT_INSUFFICIENT;
    if (second->verdict != first->verdict)
        r->verdict = is_valid ? VERDICT_AMBIGUOUS : second->verdict;
    snprintf(r->reason, sizeof r->reason, "%s; %s: %s", first->reason,
             second->verdict == first->verdict ? "confirmed"
             : is_valid                        ? "not confirmed"
                                               : "confirmation",
             second->reason);
}
