/* The gate's decision on made-up machines. */
#include "bench/gate/session.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { R = 8 };

Test(rounds, a_linear_drift_cancels_and_orders_balance)
{
    struct draw d = {1};
    int seen[ROUND_ORDERS] = {0};
    for (int order = 0; order < ROUND_ORDERS; order++) {
        int places[SIDES] = {0}, count[SIDES] = {0};
        for (int place = 0; place < ROUND_PROCESSES; place++) {
            enum side side = round_side(order, place), partner = round_side(order ^ 1, place);
            enum side exchanged = side == SIDE_BASE ? SIDE_NEW : side == SIDE_NEW ? SIDE_BASE : side;
            cr_expect_eq(partner, exchanged, "order %d", order);
            places[side] += place;
            count[side]++;
            cr_expect_eq(round_side(order, ROUND_PROCESSES - 1 - place), side);
        }
        for (int side = 0; side < SIDES; side++)
            cr_expect(count[side] == 2 && places[side] == ROUND_PROCESSES - 1, "order %d", order);
    }
    for (int trial = 0; trial < 100; trial++) {
        int order[MOST_ROUNDS], pairs[ROUND_ORDERS] = {0};
        draw_orders(&d, order, R);
        for (int i = 0; i < R; i++) {
            pairs[order[i]]++;
            seen[order[i]]++;
        }
        for (int k = 0; k < ROUND_ORDERS; k += 2)
            cr_expect(pairs[k] == pairs[k + 1] && pairs[k] >= 1 && pairs[k] <= 2);
    }
    for (int order = 0; order < ROUND_ORDERS; order++)
        cr_expect(seen[order] >= 100 && seen[order] <= 200);
}

/* Times are 1 s, times what the machine makes of it. */
struct machine {
    double (*factor)(enum side side, int round, int call);
    double base_ns;
    int calls, fail_at; /* fail_at: the call that returns an error; below 0 none */
};

static struct err measure(void *context, enum side side, int round, double *median_ns)
{
    struct machine *m = context;
    if (m->calls == m->fail_at)
        return err_make(ERR_CANCELLED, "interrupted");
    *median_ns = m->base_ns * (round == BURN_IN ? 5.0 + side : m->factor(side, round, m->calls));
    m->calls++;
    return OK;
}

static struct session_result *run(double (*factor)(enum side, int, int), int rounds, struct floors floors)
{
    static struct session_result result;
    struct machine m = {factor, 1e9, 0, -1};
    struct session_plan plan = {rounds, floors, 42, measure, &m, NULL};
    cr_assert_eq(session_run(&plan, &result).code, 0);
    return &result;
}

static double equal(enum side side, int round, int call)
{
    (void)side, (void)round, (void)call;
    return 1;
}

static double slower(enum side side, int round, int call)
{
    (void)round, (void)call;
    return side == SIDE_NEW ? 1.02 : 1;
}

static double faster(enum side side, int round, int call)
{
    (void)round, (void)call;
    return side == SIDE_NEW ? 0.97 : 1;
}

/* The clock sinks by 0.3 % a process: over a session a third. */
static double drifting(enum side side, int round, int call)
{
    (void)side, (void)round;
    return exp(0.003 * call);
}

/* 10 % up and down by round. */
static double wild(enum side side, int round, int call)
{
    (void)call;
    return side == SIDE_NEW ? (round % 2 ? 1.1 : 0.9) : 1;
}

static double slower_at_first(enum side side, int round, int call)
{
    (void)call;
    return side == SIDE_NEW && round < R ? 1.02 : 1;
}

static double slower_then_faster(enum side side, int round, int call)
{
    (void)call;
    return side == SIDE_NEW ? (round < R ? 1.02 : 0.97) : 1;
}

static double control_off(enum side side, int round, int call)
{
    (void)round, (void)call;
    return side == SIDE_CONTROL ? 1.015 : 1;
}

/* By chance: off in the first rounds, and then as far to the other side. */
static double control_off_at_first(enum side side, int round, int call)
{
    (void)call;
    return side == SIDE_CONTROL ? (round < R ? 1.015 : 1 / 1.015) : 1;
}

static double control_off_later(enum side side, int round, int call)
{
    (void)call;
    return side == SIDE_CONTROL && round >= R ? 1.015 : slower(side, round, call);
}

static double unusable_once(enum side side, int round, int call)
{
    return round == 3 && side == SIDE_CONTROL ? NAN : slower(side, round, call);
}

static double unusable_thrice(enum side side, int round, int call)
{
    return round % 3 == 1 && side == SIDE_NEW ? -1 : equal(side, round, call);
}

static double infinite_thrice(enum side side, int round, int call)
{
    return round % 3 == 1 && side == SIDE_NEW ? INFINITY : equal(side, round, call);
}

static double unusable_later(enum side side, int round, int call)
{
    return round >= R + 2 ? NAN : slower(side, round, call);
}

/* What each machine leads to. */
static const struct session_case {
    const char *name;
    double (*factor)(enum side side, int round, int call);
    enum verdict verdict;
    int rounds, sets; /* rounds with the burn-in */
    bool extended;    /* the first set */
    const char *words;
} cases[] = {
    {"equal", equal, VERDICT_SAME, 1 + R, 1, false, "+0.00 % [+0.00, +0.00], floor 1.00 %, control +0.00 %, 8 rounds"},
    {"slower", slower, VERDICT_SLOWER, 1 + 2 * R, 2, false, "; confirmed: +2.00 % [+2.00, +2.00]"},
    {"faster", faster, VERDICT_FASTER, 1 + 2 * R, 2, false, "-3.00 % [-3.00, -3.00], floor 1.00 %"},
    {"drifting", drifting, VERDICT_SAME, 1 + R, 1, false, "control"},
    {"wild", wild, VERDICT_AMBIGUOUS, 1 + 2 * R, 1, true, "16 rounds (extended)"},
    {"not confirmed", slower_at_first, VERDICT_AMBIGUOUS, 1 + 2 * R, 2, false, "; not confirmed: +0.00 %"},
    {"the other way", slower_then_faster, VERDICT_AMBIGUOUS, 1 + 2 * R, 2, false, "; not confirmed: -3.00 %"},
    {"control off", control_off, VERDICT_INVALID, 1 + 2 * R, 1, true,
     "control: the base differs from itself by +1.50 % over 16 rounds, more than the floor of 1.00 %"},
    {"control off at first", control_off_at_first, VERDICT_SAME, 1 + 2 * R, 1, true, "control +0.00 %"},
    {"control off later", control_off_later, VERDICT_INVALID, 1 + 3 * R, 2, false, "; confirmation: control: the base"},
    {"one unusable", unusable_once, VERDICT_SLOWER, 1 + 2 * R, 2, false, "7 rounds; confirmed"},
    {"three unusable", unusable_thrice, VERDICT_INSUFFICIENT, 1 + R, 1, false,
     "5 of 8 rounds are usable, 6 are needed"},
    {"three infinite", infinite_thrice, VERDICT_INSUFFICIENT, 1 + R, 1, false, "5 of 8 rounds are usable"},
    {"unusable later", unusable_later, VERDICT_INSUFFICIENT, 1 + 2 * R, 2, false, "; confirmation: 2 of 8 rounds"},
};

Test(session, verdicts)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct session_case *c = &cases[i];
        const struct session_result *r = run(c->factor, R, (struct floors){0.01, 0});
        cr_expect_eq(r->verdict, c->verdict, "%s: %s", c->name, verdict_words[r->verdict].name);
        cr_expect_eq(r->rounds, c->rounds, "%s: %d rounds", c->name, r->rounds);
        cr_expect_eq(r->sets, c->sets, "%s: %d sets", c->name, r->sets);
        cr_expect_eq(r->set[0].extended, c->extended, "%s", c->name);
        cr_expect(strstr(r->reason, c->words), "%s: %s", c->name, r->reason);
        cr_expect_eq(r->round[0].round, BURN_IN);
        cr_expect_not(r->round[0].usable);
        for (int k = 1; k < r->rounds; k++)
            cr_expect_eq(r->round[k].round, k - 1);
    }
}

Test(session, figures)
{
    const struct session_result *r = run(slower, R, (struct floors){0.01, 0});
    cr_expect_float_eq(r->change, 0.02, 1e-12);
    cr_expect_float_eq(r->set[0].base_ns, 1e9, 1e-3);
    cr_expect_float_eq(r->set[0].new_ns, 1.02e9, 1e-3);
    cr_expect_float_eq(r->set[1].d.estimate, log(1.02), 1e-12);
    cr_expect_float_eq(r->set[0].sign_flip.p, 2 / 256.0, 1e-15);
    cr_expect(r->set[0].planned == R && r->set[0].usable == R);
    cr_expect_eq(r->round[R].set, 0);
    cr_expect_eq(r->round[R + 1].set, 1);
}

/* To rounding, in each round, for both differences. */
Test(session, linear_drift_cancels)
{
    const struct session_result *r = run(drifting, R, (struct floors){0.01, 0});
    for (int i = 1; i < r->rounds; i++) {
        cr_expect_float_eq(r->round[i].d_new, 0, 1e-12);
        cr_expect_float_eq(r->round[i].d_control, 0, 1e-12);
    }
}

Test(session, an_absolute_floor)
{
    const struct session_result *r = run(slower, R, (struct floors){0.01, 30e6}); /* 20 ms do not count */
    cr_expect_eq(r->verdict, VERDICT_SAME, "%s", r->reason);
    cr_expect_eq(run(slower, R, (struct floors){0.01, 15e6})->verdict, VERDICT_SLOWER);
}

Test(session, few_and_many_rounds)
{
    const struct session_result *r = run(slower, FEWEST_ROUNDS, (struct floors){0.01, 0});
    cr_expect(r->verdict == VERDICT_SLOWER && r->rounds == 1 + 2 * FEWEST_ROUNDS);
    cr_expect_eq(run(unusable_once, FEWEST_ROUNDS, (struct floors){0.01, 0})->verdict, VERDICT_INSUFFICIENT);
    r = run(wild, MOST_ROUNDS, (struct floors){0.01, 0});
    cr_expect(r->verdict == VERDICT_AMBIGUOUS && r->set[0].usable == 2 * MOST_ROUNDS);
    cr_expect_not(r->set[0].sign_flip.known);
}

Test(session, the_seed_makes_the_order)
{
    struct session_result first = *run(equal, R, (struct floors){0.01, 0}), other;
    const struct session_result *again = run(equal, R, (struct floors){0.01, 0});
    struct machine m = {equal, 1e9, 0, -1};
    cr_assert_eq(session_run(&(struct session_plan){R, {0.01, 0}, 43, measure, &m, NULL}, &other).code, 0);
    cr_expect_eq(m.calls, ROUND_PROCESSES * (1 + R));
    int differ = 0;
    for (int i = 0; i < first.rounds; i++) {
        cr_expect_eq(first.round[i].order, again->round[i].order);
        differ += first.round[i].order != other.round[i].order;
    }
    cr_expect_gt(differ, 0);
}

Test(session, an_error_ends_it_and_keeps_the_rounds)
{
    struct session_result r;
    struct machine m = {equal, 1e9, 0, 3 * ROUND_PROCESSES + 2};
    struct err e = session_run(&(struct session_plan){R, {0.01, 0}, 1, measure, &m, NULL}, &r);
    cr_expect_eq(e.code, ERR_CANCELLED);
    cr_expect_str_eq(err_text(e), "interrupted");
    err_free(&e);
    cr_expect(r.rounds == 4 && r.round[2].usable && !r.round[3].usable && r.verdict == VERDICT_INSUFFICIENT);
    cr_expect(r.round[3].median_ns[1] == 1e9 && r.round[3].median_ns[2] == 0);
}

Test(session, plans_that_cannot_be)
{
    static const struct {
        int rounds;
        struct floors floors;
    } bad[] = {{7, {0.01, 0}}, {2, {0.01, 0}}, {34, {0.01, 0}}, {0, {0.01, 0}},  {8, {0, 0}},
               {8, {1, 0}},    {8, {NAN, 0}},  {8, {0.01, -1}}, {8, {0.01, NAN}}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct session_result r;
        struct machine m = {equal, 1e9, 0, -1};
        struct err e = session_run(&(struct session_plan){bad[i].rounds, bad[i].floors, 1, measure, &m, NULL}, &r);
        cr_expect_eq(e.code, ERR_FAILED, "case %zu", i);
        cr_expect(m.calls == 0 && r.rounds == 0);
        err_free(&e);
    }
}
