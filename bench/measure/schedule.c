#include "bench/measure/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/clock.h"

enum { MAX_SAMPLES = 100000 };

/* `named`: a bit for each state that was. */
static struct err parse_item(const char *option, char *item, int count[STATE_COUNT], unsigned *named)
{
    const struct state_row *state;
    char *colon = strchr(item, ':'), *end = NULL;
    if (colon)
        *colon = 0;
    TRY(err_wrap(state_find(item, &state), "%s", option));
    long n = colon ? strtol(colon + 1, &end, 10) : 1;
    if (colon && (end == colon + 1 || *end || n < 0 || n > MAX_SAMPLES))
        return err_fail("%s %s:%s: the number of samples must be 0 to %d", option, item, colon + 1, MAX_SAMPLES);
    if (*named >> (state - state_rows) & 1)
        return err_fail("%s names %s twice", option, item);
    *named |= 1u << (state - state_rows);
    count[state - state_rows] = (int)n;
    return OK;
}

struct err schedule_parse(const char *option, const char *list, int count[STATE_COUNT])
{
    char *copy = strdup(list), *rest = copy;
    struct err e = copy ? OK : err_fail("out of memory");
    unsigned named = 0;
    memset(count, 0, STATE_COUNT * sizeof *count);
    for (char *item; !e.code && (item = strsep(&rest, ","));)
        e = parse_item(option, item, count, &named);
    free(copy);
    return e;
}

/* Whatever runs in a live process needs one, which C2 gives. */
static struct err complete(struct schedule *s)
{
    int inside = 0, own = 0;
    for (int i = 0; i < STATE_COUNT; i++)
        if (!state_rows[i].live)
            own += s->count[i];
        else
            inside = s->count[i] > inside && i != STATE_W1 ? s->count[i] : inside;
    if (s->count[STATE_W1] && !inside)
        inside = 1;
    if (s->count[STATE_C2] < inside)
        s->count[STATE_C2] = inside;
    return own + inside ? OK : err_fail("--states: no sample at all is asked for");
}

struct err schedule_make(const struct options *o, const struct workload *w, struct schedule *out)
{
    *out = (struct schedule){.burn_in = w->burn_in,
                             .settle = w->settle,
                             .seconds = o->seconds,
                             .precision = o->precision / 100,
                             .seed = o->given[OPTION_order_seed] ? o->order_seed : (uint64_t)clock_now_ns() % 1000000};
    int warm;
    TRY(schedule_parse("workload", w->states, out->count));
    warm = out->count[STATE_W1];
    if (o->states) {
        TRY(schedule_parse("--states", o->states, out->count));
        if (!out->count[STATE_W1] && !strstr(o->states, "W1"))
            out->count[STATE_W1] = warm;
    }
    if (o->samples)
        out->count[STATE_W1] = o->samples;
    return complete(out);
}

int schedule_passes(const struct schedule *s)
{
    int most = 0;
    for (int i = 0; i < STATE_COUNT; i++)
        if (!state_rows[i].live && s->count[i] > most)
            most = s->count[i];
    return most;
}

bool schedule_takes_part(const struct schedule *s, enum state_id state, int pass)
{
    int planned = schedule_passes(s);
    bool counts = pass >= planned - s->count[state] && (pass < planned || state == STATE_C2);
    return !state_rows[state].live && s->count[state] && counts;
}

int schedule_warm_each(const struct schedule *s)
{
    int processes = s->count[STATE_C2];
    return processes ? (s->count[STATE_W1] + processes - 1) / processes : 0;
}

int schedule_samples(const struct schedule *s, int rows)
{
    int own = s->count[STATE_C0] + s->count[STATE_C1] + s->count[STATE_C2] + s->count[STATE_C3];
    int live = s->count[STATE_C4] + s->count[STATE_W0] + s->count[STATE_C2] * schedule_warm_each(s);
    return rows * (own + live + 2 * s->burn_in);
}

const char *schedule_series(const struct schedule *s, int k, char out[SERIES_TEXT])
{
    int warm = schedule_warm_each(s);
    snprintf(out, SERIES_TEXT, "%s", s->settle && warm ? "settle," : "");
    if (warm)
        snprintf(out + strlen(out), SERIES_TEXT - strlen(out), "W1:%d,", warm);
    if (k < s->count[STATE_W0])
        strcat(out, "W0,");
    if (k < s->count[STATE_C4])
        strcat(out, "C4,");
    if (*out)
        out[strlen(out) - 1] = 0;
    return out;
}

/* splitmix64's finalizer: a bit that looks drawn for each round. */
static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

bool order_is_backward(uint64_t seed, int pass)
{
    bool mirrored = mixed(seed ^ mixed((uint64_t)(pass / 2))) & 1;
    return (pass % 2 != 0) != mirrored;
}
