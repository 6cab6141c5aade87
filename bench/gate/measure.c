#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/gate/gate.h"
#include "bench/gate/sensed.h"

/* Settled samples of a process: as many as take this long, within bounds. More tell little: processes differ, and the
 * process is what counts. */
#define SAMPLES_NS 0.5e9
enum { FEWEST_SAMPLES = 3, MOST_SAMPLES = 12, DEFAULT_ROUNDS = 8 };

struct measuring {
    struct gate *g;
    struct gated *v;
};

static int samples_for(int64_t one_ns)
{
    double n = ceil(SAMPLES_NS / (double)(one_ns > 0 ? one_ns : 1));
    return n < FEWEST_SAMPLES ? FEWEST_SAMPLES : n > MOST_SAMPLES ? MOST_SAMPLES : (int)n;
}

static struct err measure_side(void *context, enum side side, int round, double *median_ns)
{
    struct measuring *m = context;
    struct gated *v = m->v;
    char then[SERIES_TEXT];
    int process = m->g->result.processes;
    if (round >= 0 && !v->warm_each)
        v->warm_each = samples_for(v->row[SIDE_BASE].burn_in_ns);
    snprintf(then, sizeof then, "%sW1:%d", m->g->result.schedule.settle ? "settle," : "", round < 0 ? 1 : v->warm_each);
    TRY(bench_measure_process(&m->g->run, &v->row[side], STATE_C2, round, then));
    *median_ns =
        round < 0 ? (double)v->row[side].burn_in_ns : variant_process_median_ns(&v->row[side], process, v->warm_each);
    return OK;
}

static struct err pause_before_confirmation(void *context)
{
    struct measuring *m = context;
    double seconds = m->g->o->confirm_after;
    struct timespec t = {(time_t)seconds, (long)((seconds - floor(seconds)) * 1e9)};
    if (!m->g->o->quiet)
        fprintf(stderr, "%s: %s so far; another set of rounds has to confirm it\n", m->v->variant->name,
                verdict_words[m->v->session->set[0].verdict].name);
    while (seconds > 0 && nanosleep(&t, &t))
        if (progress_interrupted())
            return err_make(ERR_CANCELLED, "cancelled");
    return OK;
}

struct err gate_measure(struct gate *g, struct gated *v)
{
    struct measuring m = {g, v};
    const struct session_plan plan = {.rounds = g->o->rounds ? g->o->rounds : DEFAULT_ROUNDS,
                                      .floors = v->floors,
                                      .seed = g->seed,
                                      .measure = measure_side,
                                      .pause = pause_before_confirmation,
                                      .context = &m};
    if (!v->session && !(v->session = calloc(1, sizeof *v->session)))
        return err_fail("out of memory");
    for (int side = 0; side < SIDES; side++)
        v->row[side].slow_down = side == SIDE_NEW ? g->o->canary / 100 : 0;
    struct usage begin = usage_begin();
    begin.own_ns = usage_family_ns();
    struct err e = session_run(&plan, v->session);
    struct usage end = usage_end();
    end.own_ns = usage_family_ns();
    v->foreign = foreign_of(&begin, &end);
    if (!e.code)
        gate_judge_sensed(&v->row[SIDE_BASE], &v->row[SIDE_NEW], &v->floors, v->session);
    return e;
}
