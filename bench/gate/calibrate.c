#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate/gate.h"

/* One session of a program with itself; both its differences are such, that of the control too. NAN where it has none.
 */
static struct err one_session(struct gate *g, struct gated *v, double *difference)
{
    TRY(gate_measure(g, v));
    const struct session_set *s = &v->session->set[0];
    *difference = s->d.known ? change_of(s->d.estimate) : NAN;
    return OK;
}

static struct err keep_floor(struct gate *g, const struct gated *v, double *difference, int n)
{
    char *path = NULL;
    struct noise_floor floor = {.key = gate_floor_key(g, v), .difference = difference, .sessions = n};
    struct floor_file file = {0};
    TRY(floors_path(&path));
    struct err e = floors_put(path, &floor);
    if (!e.code)
        e = floors_read(path, &file);
    const struct noise_floor *kept = e.code ? NULL : floors_find(&file, &floor.key);
    if (kept)
        printf("%s: floor %.2f %% from %d sessions, kept in %s\n", v->variant->name, 100 * kept->floor, kept->sessions,
               path);
    floors_free(&file);
    free(path);
    return e;
}

static struct err calibrate(struct gate *g, struct gated *v, int sessions)
{
    double *difference = calloc((size_t)sessions, sizeof *difference), one;
    int n = 0;
    struct err e = difference ? OK : err_fail("out of memory");
    for (int i = 0; i < sessions && !e.code; i++) {
        e = one_session(g, v, &one);
        g->seed++; /* another order each time */
        if (!e.code && isfinite(one))
            difference[n++] = one;
        if (!e.code && !g->o->quiet)
            fprintf(stderr, "%s: session %d of %d: %+.2f %%\n", v->variant->name, i + 1, sessions, 100 * one);
    }
    if (!e.code)
        e = keep_floor(g, v, difference, n);
    free(difference);
    return e;
}

struct err gate_calibrate(struct gate *g)
{
    int sessions = g->o->sessions ? g->o->sessions : MIN_FLOOR_SESSIONS;
    for (int i = 0; i < g->variants; i++)
        if (!g->gated[i].absent)
            TRY(calibrate(g, &g->gated[i], sessions));
    return OK;
}
