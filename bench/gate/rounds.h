/* In which order the sides of a round are measured. */
#ifndef SDBENCH_BENCH_GATE_ROUNDS_H
#define SDBENCH_BENCH_GATE_ROUNDS_H

#include "bench/statistics/draw.h"

enum side { SIDE_BASE, SIDE_NEW, SIDE_CONTROL, SIDES }; /* control: the base's program once more */

enum { ROUND_PROCESSES = 2 * SIDES, ROUND_ORDERS = 6 };

/* A round measures each side twice, and its second half mirrors the first: base, new, control, control, new, base. Then
 * the two places of each side have the same middle, that of the round, and a drift that is linear in time adds the same
 * to the mean of each side: it cancels in new - base and in control - base, also where the sides take different times,
 * since the mirror holds in time as well. All six such orders are used, in pairs that exchange base and new, so that
 * what is left of a curved drift does not always fall on the same side, nor always on the control. */
enum side round_side(int order, int place);

/* Orders of `rounds` rounds, an even number: as many of each as of its exchanged one, shuffled. */
void draw_orders(struct draw *d, int *order, int rounds);

#endif
