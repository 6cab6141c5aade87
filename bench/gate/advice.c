#include "bench/gate/advice.h"

#include <math.h>
#include <stdlib.h>

#include "bench/statistics/benjamini_hochberg.h"
#include "bench/statistics/sign_flip.h"

#define SMALLEST_SHARE 0.01
enum { WHOLE = -1, MOST_ROUNDS_LOOKED_AT = MOST_FOR_SIGN_FLIP };

static double time_of(const struct variant_result *v, const struct kept_sample *s, int phase)
{
    return phase == WHOLE ? (double)s->time_ns : (double)v->start[s->start].phase[phase].time_ns;
}

/* Of all its starts, in *out (room for v->samples); how many. */
static int times_of(const struct variant_result *v, int phase, double *out)
{
    int n = 0;
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].start >= 0)
            out[n++] = time_of(v, &v->sample[i], phase);
    return n;
}

/* The mean logarithm of a round's starts; NAN where there is none, or a phase was not entered. */
static double round_mean(const struct variant_result *v, int phase, int round)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].start >= 0 && v->sample[i].round == round) {
            double ns = time_of(v, &v->sample[i], phase);
            sum += ns > 0 ? log(ns) : NAN;
            n++;
        }
    return n ? sum / n : NAN;
}

static struct err fill(const struct variant_result *base, const struct variant_result *new, int phase,
                       struct advice_row *out)
{
    double d[MOST_ROUNDS_LOOKED_AT], *room = calloc((size_t)(base->samples + new->samples) + 1, sizeof *room);
    int n = 0;
    if (!room)
        return err_fail("out of memory for statistics");
    int count = times_of(base, phase, room);
    sort_ascending(room, count);
    out->base_ns = median_of(room, count);
    count = times_of(new, phase, room);
    sort_ascending(room, count);
    out->new_ns = median_of(room, count);
    free(room);
    for (int round = 0; round < MOST_ROUNDS_LOOKED_AT; round++) {
        double difference = round_mean(new, phase, round) - round_mean(base, phase, round);
        if (isfinite(difference))
            d[n++] = difference;
    }
    struct sign_flip flip = sign_flip_test(d, n);
    out->title = phase == WHOLE ? "cold start" : phases[phase].title;
    out->d = mean_interval(d, n, 0.95);
    out->p = flip.known ? flip.p : 1;
    return OK;
}

struct err advice_make(const struct variant_result *base, const struct variant_result *new, struct advice *out)
{
    double p[MAX_ADVICE], q[MAX_ADVICE];
    *out = (struct advice){0};
    for (int phase = WHOLE; phase < PHASE_COUNT; phase++) {
        struct advice_row *row = &out->row[out->rows];
        TRY(fill(base, new, phase, row));
        double least = SMALLEST_SHARE * out->row[0].base_ns;
        if (row->d.known && (row->base_ns >= least || row->new_ns >= least))
            out->rows++;
        else if (phase == WHOLE)
            return OK;
    }
    for (int i = 0; i < out->rows; i++)
        p[i] = out->row[i].p;
    TRY(benjamini_hochberg(p, out->rows, q));
    for (int i = 0; i < out->rows; i++)
        out->row[i].q = q[i];
    return OK;
}
