/* How often the gate is wrong: sessions in simulated worlds, through the gate's own code, with a fixed seed.
 *
 * A process takes 12 samples and its value is their median; a session of 8 rounds with its burn-in is the unit of time,
 * and goes on past it where there are more rounds. In each world a sample is
 *
 *     1 s * (effect) * (1 + process + drift + wave + noise)
 *
 *     process  one normal value a process
 *     drift    linear in time, up or down
 *     wave     a sine in time, of half to two and a half periods a session, from a random phase on
 *     noise    of each sample: autoregressive within a process, e[i] = phi e[i-1] + sqrt(1 - phi^2) normal
 *
 * SDBENCH_FALSE_ALARMS=all takes 20,000 sessions a world (`make test-long`), else 2,000: then the limits are wider by
 * three standard errors of a share that is measured with so many. */
#include "bench/gate/session.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/summary.h"

enum { ROUNDS = 8, SAMPLES = 12, LONG = 20000, SHORT = 2000 };

static const struct world {
    const char *name;
    double noise, phi, process, drift, wave; /* shares of the time */
} worlds[] = {
    {"independent noise", 0.004, 0, 0, 0, 0},
    {"AR(1), phi 0.8", 0.004, 0.8, 0, 0, 0},
    {"AR(1), phi 0.5, processes differ", 0.004, 0.5, 0.006, 0, 0},
    {"... and drift 1.5 %, wave 0.8 %", 0.004, 0.5, 0.006, 0.015, 0.008},
};

/* What must hold in each world, as shares of all sessions. Gate alarms: without an effect, and with one that is just as
 * large as the floor, where the margin is no help: each look may be wrong in 1.25 %, two looks in 2.5 %, and twice in a
 * row in less than 0.1 %. */
static const double least_interval_alarms = 0.043, most_interval_alarms = 0.059, most_gate_alarms = 0.005,
                    least_found = 0.90;

struct machine {
    const struct world *world;
    struct draw draw;
    double effect; /* factor of the new program's times */
    int direction; /* of the drift: 1 or -1 */
    double phase, periods;
    int processes; /* so far in this session */
};

static void begin_session(struct machine *m)
{
    m->phase = 2 * acos(-1.0) * draw_uniform(&m->draw);
    m->periods = 0.5 + 2 * draw_uniform(&m->draw);
    m->direction = draw_below(&m->draw, 2) ? 1 : -1;
    m->processes = 0;
}

static double shift_at(const struct machine *m, double time)
{
    return m->direction * m->world->drift * time + m->world->wave * sin(2 * acos(-1.0) * m->periods * time + m->phase);
}

static struct err measure(void *context, enum side side, int round, double *median_ns)
{
    struct machine *m = context;
    const struct world *w = m->world;
    double step = 1.0 / (ROUND_PROCESSES * (ROUNDS + 1)), begin = step * m->processes++;
    double process = w->process * draw_normal(&m->draw), e = draw_normal(&m->draw), fresh = sqrt(1 - w->phi * w->phi);
    double samples[SAMPLES];
    (void)round;
    for (int i = 0; i < SAMPLES; i++) {
        samples[i] = 1e9 * (side == SIDE_NEW ? m->effect : 1) *
                     (1 + process + shift_at(m, begin + step * i / SAMPLES) + w->noise * e);
        e = w->phi * e + fresh * draw_normal(&m->draw);
    }
    sort_ascending(samples, SAMPLES);
    *median_ns = median_of(samples, SAMPLES);
    return OK;
}

/* The plain 95 % interval over the first rounds, without margin, extension or confirmation. */
static bool interval_alarms(const struct session_result *r)
{
    double d[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        d[i] = r->round[1 + i].d_new; /* after the burn-in */
    struct t_interval plain = mean_interval(d, ROUNDS, 0.95);
    return interval_excludes_zero(&plain);
}

struct rates {
    int sessions, interval_alarms, verdicts[VERDICTS], extended;
};

static struct rates simulate(const struct world *w, double effect, int sessions)
{
    struct rates rates = {.sessions = sessions};
    struct machine m = {.world = w, .draw = {1 + (uint64_t)(w - worlds)}, .effect = effect};
    for (int i = 0; i < sessions; i++) {
        struct session_plan plan = {ROUNDS, {0.01, 0}, draw_bits(&m.draw), measure, &m, NULL};
        struct session_result r;
        begin_session(&m);
        cr_assert_eq(session_run(&plan, &r).code, 0);
        rates.interval_alarms += interval_alarms(&r);
        rates.verdicts[r.verdict]++;
        rates.extended += r.set[0].extended;
    }
    return rates;
}

static double share(const struct rates *r, int count)
{
    return count / (double)r->sessions;
}

/* A limit on a share, wider by three standard errors where `sessions` are fewer than the long form's. */
static double slack(double limit, int sessions)
{
    return sessions < LONG ? 3 * sqrt(limit * (1 - limit) / sessions) : 0;
}

/* "100.00" has six. */
static int column_of(int verdict)
{
    int width = (int)strlen(verdict_words[verdict].name);
    return width < 6 ? 6 : width;
}

static void print_rates(const char *world, double effect, const struct rates *r)
{
    printf("%-33s %+3.0f %%   %6.2f", world, 100 * (effect - 1), 100 * share(r, r->interval_alarms));
    for (int v = 0; v < VERDICTS; v++)
        if (v != VERDICT_NEW && v != VERDICT_GONE)
            printf(" %*.2f", column_of(v), 100 * share(r, r->verdicts[v]));
    printf(" %8.2f\n", 100 * share(r, r->extended));
}

static void print_header(int sessions)
{
    printf("%d sessions a row: 95 %% intervals without 0, and the gate's verdicts at a floor of 1 %% (%%)\n%-33s "
           "effect "
           "interval",
           sessions, "world");
    for (int v = 0; v < VERDICTS; v++)
        if (v != VERDICT_NEW && v != VERDICT_GONE)
            printf(" %*s", column_of(v), verdict_words[v].name);
    printf(" extended\n");
}

Test(false_alarms, interval_gate_and_power)
{
    const char *form = getenv("SDBENCH_FALSE_ALARMS");
    int n = form && !strcmp(form, "all") ? LONG : SHORT;
    print_header(n);
    for (size_t i = 0; i < ARRAY_LEN(worlds); i++) {
        const struct world *w = &worlds[i];
        struct rates same = simulate(w, 1, n), slower = simulate(w, 1.02, n), at_floor = simulate(w, 1.01, n);
        double alarms = share(&same, same.interval_alarms), found = share(&slower, slower.verdicts[VERDICT_SLOWER]);
        double at_edge = share(&at_floor, at_floor.verdicts[VERDICT_SLOWER]);
        double wrong = share(&same, same.verdicts[VERDICT_SLOWER] + same.verdicts[VERDICT_FASTER]);
        print_rates(w->name, 1, &same);
        print_rates(w->name, 1.01, &at_floor);
        print_rates(w->name, 1.02, &slower);
        cr_expect(alarms >= least_interval_alarms - slack(least_interval_alarms, n) &&
                      alarms <= most_interval_alarms + slack(most_interval_alarms, n),
                  "%s: the interval alarms in %.2f %%", w->name, 100 * alarms);
        cr_expect(wrong <= most_gate_alarms + slack(most_gate_alarms, n), "%s: the gate alarms in %.2f %%", w->name,
                  100 * wrong);
        cr_expect(at_edge <= most_gate_alarms + slack(most_gate_alarms, n),
                  "%s: a slowdown as large as the floor is SLOWER in %.2f %%", w->name, 100 * at_edge);
        cr_expect(found >= least_found - slack(least_found, n), "%s: a slowdown of 2 %% is found in %.2f %%", w->name,
                  100 * found);
        cr_expect_eq(slower.verdicts[VERDICT_FASTER], 0, "%s", w->name);
    }
    fflush(stdout);
}
