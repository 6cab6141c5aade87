#include <stdio.h>
#include <string.h>

#include "bench/profile/cells.h"
#include "bench/profile/print.h"
#include "bench/profile/take.h"

#include <stdlib.h>

enum { STEP_NAME = 40 };

double profile_steps_busy_ns(const struct profile *p)
{
    double sum = 0;
    for (int i = 0; i < p->steps; i++)
        sum += p->step[i].busy_ns;
    return sum;
}

/* Of the runs of the same stage: what a step is compared with. 0 without memory. */
static double stage_median(const struct profile *p, const struct profile_step *of)
{
    double *busy = calloc((size_t)p->steps, sizeof *busy), median = 0;
    int n = 0;
    for (int i = 0; busy && i < p->steps; i++)
        if (!strcmp(p->step[i].plan, of->plan) && !strcmp(p->step[i].stage, of->stage))
            busy[n++] = p->step[i].busy_ns;
    if (busy)
        median = take_median(busy, n);
    free(busy);
    return median;
}

static void add_row(const char *name, double busy_ns, double span_ns, double all_ns, struct text *out)
{
    text_add(out, "  ");
    cell_name(name, STEP_NAME, out);
    cell_number(busy_ns * 1e-6, 11, ALL_DIGITS, out);
    cell_number(all_ns > 0 ? 100 * busy_ns / all_ns : 0, 7, 1, out);
    cell_number(span_ns * 1e-6, 11, ALL_DIGITS, out);
    cell_number((span_ns - busy_ns) * 1e-6, 11, ALL_DIGITS, out);
}

static void add_step(const struct profile *p, const struct profile_step *s, double all_ns, struct text *out)
{
    struct text name = {0};
    const double median = stage_median(p, s);
    text_add(&name, "%s %s %d", s->plan, s->stage, s->step);
    add_row(text_get(&name), s->busy_ns, s->span_ns, all_ns, out);
    if (median > 0)
        cell_number(100 * (s->busy_ns / median - 1), 11, 1, out);
    text_add(out, "\n");
    text_free(&name);
}

void profile_add_steps(const struct profile *p, int top, struct text *out)
{
    const double all_ns = profile_steps_busy_ns(p);
    const int rows = p->steps < top ? p->steps : top;
    double busy = 0, span = 0;
    text_add(out, "\n  ");
    cell_name("steps, in their order", STEP_NAME, out);
    text_add(out, "%11s%7s%11s%11s%11s\n", "busy ms", "%", "span ms", "idle ms", "% longer");
    for (int i = 0; i < rows; i++)
        add_step(p, &p->step[i], all_ns, out);
    for (int i = rows; i < p->steps; i++) {
        busy += p->step[i].busy_ns;
        span += p->step[i].span_ns;
    }
    char more[32];
    snprintf(more, sizeof more, "%d more", p->steps - rows);
    if (rows < p->steps) {
        add_row(more, busy, span, all_ns, out);
        text_add(out, "\n");
    }
    text_add(out, "    (%% longer: than the median of the same stage)\n");
}
