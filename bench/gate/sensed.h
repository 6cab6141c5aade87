/* What sensors have to say of a gate's verdict: whether both sides were measured under the same clocks. Pure. */
#ifndef SDBENCH_BENCH_GATE_SENSED_H
#define SDBENCH_BENCH_GATE_SENSED_H

#include "bench/gate/session.h"
#include "bench/measure/result.h"

/* Makes a verdict INVALID, with the reason,
 *
 *     where the power cap held both sides down for shares of the time that are too far apart (bench/rules/arms.h);
 *     where new is SLOWER in time and SAME in cycles, the time of a process times its median clock: then its clock was
 *     lower, and the program did not do more.
 *
 * What is not known changes nothing. */
void gate_judge_sensed(const struct variant_result *base, const struct variant_result *new, const struct floors *floors,
                       struct session_result *s);

/* log(new / base) of cycles, by the usable rounds of the first set. */
struct t_interval gate_cycles(const struct variant_result *base, const struct variant_result *new,
                              const struct session_result *s);

#endif
