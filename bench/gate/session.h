/* The gate's decision: which process to measure next, and what all of them together say. Pure: it starts nothing and
 * reads no clock; whoever calls it measures.
 *
 *     burn-in    one round, its results dropped
 *     first set  R rounds, each a value d = mean log(new) - mean log(base), and the same for the control; look at the
 *                97.5 % t interval of d. Where it says neither SLOWER, FASTER nor SAME, or the control does not hold,
 *                once R more, and a second and last look, at all 2 R (two looks at alpha / 2 each: 5 % together)
 *     confirmed  SLOWER and FASTER only: the same again on fresh rounds, extension included, with no burn-in since
 *                nothing has cooled down. Another word than the first makes it AMBIGUOUS
 *
 * The control is the base's program under another name. Where its mean |d| is above the margin after the last look of a
 * set, the machine shows differences of that size between equal programs: INVALID. A sample that is not a time above 0
 * (NaN: unusable) ends its round, which is dropped and counted; fewer than 4 usable rounds, or than three quarters of
 * those planned, are INSUFFICIENT, and are not extended.
 *
 * The confirmation has its extension because without it one in ten real slowdowns of twice the floor would not be
 * confirmed where processes differ by 0.6 %. tests/unit/test_false_alarms.c simulates all of this. The absolute floor
 * is no second condition but widens the margin (verdict.h), so that a difference below it can be SAME.
 */
#ifndef SDBENCH_BENCH_GATE_SESSION_H
#define SDBENCH_BENCH_GATE_SESSION_H

#include <stdint.h>

#include "bench/gate/rounds.h"
#include "bench/gate/verdict.h"
#include "bench/statistics/sign_flip.h"

enum {
    FEWEST_ROUNDS = 4,
    MOST_ROUNDS = 32,
    SESSION_SETS = 2,
    SESSION_ROUNDS = 1 + 2 * SESSION_SETS * MOST_ROUNDS, /* burn-in, two looks a set */
    BURN_IN = -1
};

#define LOOK_LEVEL 0.975

struct session_plan {
    int rounds; /* R: an even number, FEWEST_ROUNDS to MOST_ROUNDS */
    struct floors floors;
    uint64_t seed; /* of the orders: record it */
    /* Measures one fresh process: the median of its timed samples, or NaN where they cannot be used (say why in the
     * record). round: BURN_IN, then 0, 1, ... through all sets. An error ends the session. */
    struct err (*measure)(void *context, enum side side, int round, double *median_ns);
    void *context;
    struct err (*pause)(void *context); /* before the confirmation; NULL: it follows at once */
};

struct session_round {
    int round, set, order;             /* set: 0 first, 1 confirmation; burn-in is in set 0 */
    bool usable;                       /* never the burn-in's */
    double median_ns[ROUND_PROCESSES]; /* in the order of measuring; 0 where not measured, NaN where unusable */
    double d_new, d_control;           /* mean log(side) - mean log(base); 0 where not usable */
};

struct session_set {
    int planned, usable; /* rounds */
    bool extended;
    enum verdict verdict;
    double base_ns, new_ns;         /* medians of processes */
    double margin;                  /* of log ratios */
    struct t_interval d, d_control; /* of log ratios, LOOK_LEVEL */
    struct sign_flip sign_flip;     /* of d, for the record: not known above MOST_FOR_SIGN_FLIP rounds */
    char reason[160];
};

struct session_result {
    enum verdict verdict;
    char reason[512];         /* one line: figures, floor, control, confirmation */
    double change, low, high; /* new / base - 1 by the first set, and its 97.5 % interval */
    struct session_set set[SESSION_SETS];
    int sets; /* begun: 2 where there was a confirmation */
    struct session_round round[SESSION_ROUNDS];
    int rounds;
};

/* After an error `out` holds the rounds so far, and verdict INSUFFICIENT. */
struct err session_run(const struct session_plan *plan, struct session_result *out);

#endif
