/* How many samples of which state, and in which order. */
#ifndef SDBENCH_BENCH_MEASURE_SCHEDULE_H
#define SDBENCH_BENCH_MEASURE_SCHEDULE_H

#include "bench/state/states.h"
#include "bench/workload.h"

struct schedule {
    int count[STATE_COUNT]; /* of each variant; W1: at least so many in all, spread over the processes of C2 */
    int burn_in;            /* passes that no figure takes in */
    bool settle;            /* a process' warm samples begin when its times have settled */
    double seconds;         /* no process begins after that; 0: no limit */
    double precision;       /* half-width of the warm medians' intervals to go on for, relative; 0: the counts decide */
    uint64_t seed;          /* of the order */
};

/* The workload's, with what the options say in its place. */
struct err schedule_make(const struct options *o, const struct workload *w, struct schedule *out);

/* The lists of a command line and a table: "C0:1,C2:6,W1:10". Sets what is named, the rest to 0. */
struct err schedule_parse(const char *option, const char *list, int count[STATE_COUNT]);

/* Passes over all variants and states with a process of their own: as many as the state with most samples has. A state
 * with fewer takes part in the last ones: what a backend maps is known then. Passes behind them, for more precision,
 * are C2's alone. */
int schedule_passes(const struct schedule *s);
bool schedule_takes_part(const struct schedule *s, enum state_id state, int pass);

/* What the k-th process of C2 does behind its cold start (bench/generate/series.h), in out, which is returned; "" where
 * nothing. */
enum { SERIES_TEXT = 64 };
const char *schedule_series(const struct schedule *s, int k, char out[SERIES_TEXT]);

/* Samples that so many variants will have, those of the burn-in too; warm-up runs are no samples. */
int schedule_samples(const struct schedule *s, int rows);

/* Warm samples of one process. */
int schedule_warm_each(const struct schedule *s);

/* Two passes are a round: the second is the first one's mirror, so that a drift hits all alike (ABBA); which of both
 * comes first (BAAB) is drawn. Whether a pass goes backwards: */
bool order_is_backward(uint64_t seed, int pass);

#endif
