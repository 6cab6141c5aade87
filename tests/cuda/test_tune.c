/* pipeline/runtime/cuda/choice/tune: the choice among candidates whose times are made up. */
#include "pipeline/runtime/cuda/choice/tune.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MOST = 12, MS = 1000000 };

/* Candidates as a row describes them, and what was done with each. */
struct made_up {
    int count;
    int64_t ns[MOST];         /* of one run; -1: fails; -2: fails after its first run; -3: interrupted */
    unsigned compiled;        /* a bit each */
    double noise;             /* share of a run's time, up or down */
    double drift;             /* share that every run adds to all later ones */
    int64_t deadline;         /* 0: none */
    double second_pass[MOST]; /* factor for runs after the first of several in one call; 0: 1 */

    int64_t clock;
    uint64_t random;
    int calls[MOST], runs[MOST], passes[MOST];
    double slower;
};

static double noise_of(struct made_up *m)
{
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    return m->noise * ((double)(m->random >> 11) * 0x1p-52 - 1);
}

static struct err time_made_up(void *context, int candidate, int runs, int64_t *ns)
{
    struct made_up *m = context;
    int64_t one = m->ns[candidate];
    cr_assert(candidate >= 0 && candidate < m->count && runs > 0);
    m->calls[candidate]++;
    m->runs[candidate] += runs;
    if (one == -1 || (one == -2 && m->calls[candidate] > 1))
        return err_fail("candidate %d fails", candidate);
    if (one == -3)
        return err_make(ERR_CANCELLED, "interrupted");
    if (one == -2)
        one = MS;
    double second = m->second_pass[candidate], factor = 1 + noise_of(m) + m->slower;
    m->passes[candidate] += m->calls[candidate] > 2;
    if (second > 0 && m->passes[candidate] == 2)
        factor *= second;
    m->slower += m->drift * runs;
    *ns = (int64_t)((double)one * runs * factor);
    m->clock += *ns;
    return OK;
}

static bool compiles_made_up(void *context, int candidate)
{
    return ((struct made_up *)context)->compiled >> candidate & 1;
}

static int64_t now_made_up(void *context)
{
    return ((struct made_up *)context)->clock;
}

static struct err run(struct made_up *m, struct tune_result *r)
{
    const struct tune_job job = {
        m,          m->count, m->compiled ? compiles_made_up : NULL, time_made_up, m->deadline ? now_made_up : NULL,
        m->deadline};
    return tune(&job, r);
}

static struct tune_result tuned(struct made_up *m, const char *which)
{
    struct tune_result r;
    struct err e = run(m, &r);
    cr_assert(!e.code, "%s: %s", which, err_text(e));
    int begun = 0;
    for (int i = 0; i < m->count; i++)
        begun += m->calls[i] > 0;
    cr_expect(r.tried == begun && r.tried + r.untried == m->count, "%s: %d tried, %d untried, %d begun", which, r.tried,
              r.untried, begun);
    return r;
}

/* What is chosen, and how many fail and are not tried. */
static const struct row {
    const char *which;
    struct made_up m;
    int chosen, failed, untried;
} rows[] = {
    {"one candidate", {.count = 1, .ns = {MS}}, 0, 0, 0},
    {"a faster one", {.count = 3, .ns = {MS, 2 * MS, MS / 2}}, 2, 0, 0},
    {"the fastest of several", {.count = 4, .ns = {MS, MS * 8 / 10, MS * 6 / 10, MS * 7 / 10}}, 2, 0, 0},
    {"equal ones keep the first", {.count = 4, .ns = {MS, MS, MS, MS}}, 0, 0, 0},
    {"2.9 % is not enough", {.count = 2, .ns = {100000, 97100}}, 0, 0, 0},
    {"3.1 % is", {.count = 2, .ns = {100000, 96900}}, 1, 0, 0},
    {"3.1 % in the first pass alone is not", {.count = 2, .ns = {100000, 96900}, .second_pass = {0, 1.02}}, 0, 0, 0},
    {"among equally fast ones the earlier", {.count = 4, .ns = {100000, 80000, 79000, 80000}}, 1, 0, 0},
    {"a later one that is a margin faster still", {.count = 3, .ns = {100000, 80000, 77000}}, 2, 0, 0},
    {"the first one fails", {.count = 3, .ns = {-1, MS, MS}}, 1, 1, 0},
    {"the first two fail", {.count = 4, .ns = {-1, -1, 2 * MS, MS}}, 3, 2, 0},
    {"another one fails", {.count = 3, .ns = {MS, -1, MS / 2}}, 2, 1, 0},
    {"another one fails after it ran", {.count = 3, .ns = {MS, -2, MS / 2}}, 2, 1, 0},
    {"no time at all", {.count = 3, .ns = {0, 0, 0}}, 0, 0, 0},
    {"long ones", {.count = 3, .ns = {2000000000, 2000000000, 1000000000}}, 2, 0, 0},
    {"two compiled ones",
     {.count = 6, .ns = {MS, MS / 2, MS / 3, MS / 4, MS / 5, MS * 9 / 10}, .compiled = 0x1e},
     2,
     0,
     2},
    {"a compiled first one counts", {.count = 4, .ns = {MS, MS / 2, MS / 3, MS / 4}, .compiled = 0xf}, 1, 0, 2},
    {"compiled ones, while none runs", {.count = 4, .ns = {-1, -1, MS, MS / 2}, .compiled = 0xf}, 2, 2, 1},
    {"a deadline that has passed", {.count = 3, .ns = {MS, MS / 2, MS / 3}, .deadline = 1}, 0, 0, 2},
    {"a deadline that has passed, until one runs", {.count = 4, .ns = {-1, -1, MS, MS / 2}, .deadline = 1}, 2, 2, 1},
    {"a deadline after the second", {.count = 3, .ns = {100 * MS, 50 * MS, MS}, .deadline = 500 * MS}, 1, 0, 1},
    {"a deadline between its passes", {.count = 3, .ns = {100 * MS, 50 * MS, MS}, .deadline = 400 * MS}, 0, 0, 1},
};

Test(tune, choices)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct made_up m = rows[i].m;
        struct tune_result r = tuned(&m, rows[i].which);
        cr_expect(r.chosen == rows[i].chosen, "%s: %d is chosen", rows[i].which, r.chosen);
        cr_expect(r.failed == rows[i].failed, "%s: %d failed", rows[i].which, r.failed);
        cr_expect(r.untried == rows[i].untried, "%s: %d untried", rows[i].which, r.untried);
    }
}

Test(tune, times_of_one_run)
{
    struct made_up faster = {.count = 3, .ns = {MS, MS / 2, MS * 7 / 10}}, same = {.count = 2, .ns = {3 * MS, 3 * MS}},
                   alone = {.count = 1, .ns = {MS}};
    struct tune_result r = tuned(&faster, "faster");
    cr_expect(r.first_ns == MS && r.chosen_ns == MS / 2, "%lld %lld", (long long)r.first_ns, (long long)r.chosen_ns);
    r = tuned(&same, "same");
    cr_expect(r.first_ns == 3 * MS && r.chosen_ns == 3 * MS);
    r = tuned(&alone, "alone");
    cr_expect(r.first_ns == 0 && r.chosen_ns == 0);
    cr_expect(alone.runs[0] == 1, "it runs once, to see that it does");
}

Test(tune, slow_ones_are_abandoned)
{
    struct made_up m = {.count = 3, .ns = {MS, 4 * MS, MS * 11 / 10}};
    tuned(&m, "slow");
    cr_expect(m.runs[1] == 2, "warmed once and run once: %d", m.runs[1]);
    cr_expect(m.runs[2] > 2, "one that is nearly as fast has its pass: %d", m.runs[2]);
}

/* Noise of 1 % each way, of single runs: equal ones are not confused, one that is 10 % faster is found. */
Test(tune, noise)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct made_up equal = {.count = 6, .ns = {MS, MS, MS, MS, MS, MS}, .noise = 0.01, .random = seed};
        struct made_up faster = {.count = 4, .ns = {MS, MS, MS * 9 / 10, MS}, .noise = 0.01, .random = seed};
        cr_expect(tuned(&equal, "equal").chosen == 0, "seed %d", (int)seed);
        cr_expect(tuned(&faster, "faster").chosen == 2, "seed %d", (int)seed);
    }
}

/* A clock that falls or rises by up to 2 % a run, as when a card warms up: no equal one looks faster. */
Test(tune, drift)
{
    static const double drifts[] = {0.02, 0.005, 0.0005, -0.0005, -0.003};
    for (size_t i = 0; i < ARRAY_LEN(drifts); i++) {
        struct made_up equal = {.count = 8,
                                .ns = {20 * MS, 20 * MS, 20 * MS, 20 * MS, 20 * MS, 20 * MS, 20 * MS, 20 * MS}};
        struct made_up faster = {.count = 4, .ns = {20 * MS, 20 * MS, 16 * MS, 20 * MS}};
        equal.drift = faster.drift = drifts[i];
        cr_expect(tuned(&equal, "equal").chosen == 0, "drift %g", drifts[i]);
        cr_expect(tuned(&faster, "faster").chosen == 2, "drift %g", drifts[i]);
    }
}

static void expect_error(struct made_up *m, int code, const char *says)
{
    struct tune_result r;
    struct err e = run(m, &r);
    cr_expect((int)e.code == code && strstr(err_text(e), says), "%s", err_text(e));
    err_free(&e);
}

Test(tune, errors)
{
    expect_error(&(struct made_up){.count = 3, .ns = {-1, -1, -1}}, ERR_FAILED, "candidate 0 fails");
    expect_error(&(struct made_up){0}, ERR_FAILED, "no implementation");
    expect_error(&(struct made_up){.count = 3, .ns = {-2, MS, MS}}, ERR_FAILED, "candidate 0 fails");
    expect_error(&(struct made_up){.count = 3, .ns = {MS, -3, MS}}, ERR_CANCELLED, "interrupted");
    expect_error(&(struct made_up){.count = 3, .ns = {-1, -3, MS}}, ERR_CANCELLED, "interrupted");
    struct made_up m = {.count = 3, .ns = {-3, MS, MS}};
    expect_error(&m, ERR_CANCELLED, "interrupted");
    cr_expect(!m.calls[1] && !m.calls[2], "nothing follows an interruption");
}
