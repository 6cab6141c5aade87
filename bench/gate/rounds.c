#include "bench/gate/rounds.h"

/* Orders 2k and 2k + 1 exchange base and new. */
static const enum side first_half[ROUND_ORDERS][SIDES] = {
    {SIDE_BASE, SIDE_NEW, SIDE_CONTROL}, {SIDE_NEW, SIDE_BASE, SIDE_CONTROL}, {SIDE_BASE, SIDE_CONTROL, SIDE_NEW},
    {SIDE_NEW, SIDE_CONTROL, SIDE_BASE}, {SIDE_CONTROL, SIDE_BASE, SIDE_NEW}, {SIDE_CONTROL, SIDE_NEW, SIDE_BASE},
};

enum side round_side(int order, int place)
{
    return first_half[order][place < SIDES ? place : ROUND_PROCESSES - 1 - place];
}

void draw_orders(struct draw *d, int *order, int rounds)
{
    int first = draw_below(d, ROUND_ORDERS / 2);
    for (int i = 0; i < rounds; i++)
        order[i] = 2 * ((first + i / 2) % (ROUND_ORDERS / 2)) + i % 2;
    for (int i = rounds - 1; i > 0; i--) { /* Fisher and Yates */
        int j = draw_below(d, i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
