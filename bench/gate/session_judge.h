/* What the rounds of a gate say: of each set by itself, and both together. */
#ifndef SDBENCH_BENCH_GATE_SESSION_JUDGE_H
#define SDBENCH_BENCH_GATE_SESSION_JUDGE_H

#include "bench/gate/session.h"

/* Fills the figures, verdict and reason of a set from its rounds; `planned` and `extended` are set already. */
void session_judge(struct session_result *r, int set, const struct floors *floors);

/* The verdict and the line of the whole. */
void session_conclude(struct session_result *r);

#endif
