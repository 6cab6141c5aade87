#include "bench/measure/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/foreign.h"
#include "bench/statistics/by_process.h"

void bench_result_free(struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++) {
        struct variant_result *v = &r->variant[i];
        for (int s = 0; s < STATE_COUNT; s++) {
            free(v->invalid_reason[s]);
            free(v->disturbed_reason[s]);
        }
        file_list_free(&v->mapped);
        free(v->absent);
        free(v->sample);
        free(v->start);
        free(v->expected);
    }
    free(r->stopped);
    free(r->sensors_unknown);
    r->variants = 0;
}

/* The details of a start; their index, -1 without memory. */
static int keep_start(struct variant_result *v, const struct sample *s)
{
    struct start_details *more = realloc(v->start, ((size_t)v->starts + 1) * sizeof *more);
    if (!more)
        return -1;
    v->start = more;
    more[v->starts] = (struct start_details){.time_ns = sample_time_ns(s),
                                             .unaccounted_ns = s->unaccounted_ns,
                                             .begin_ns = s->begin.time_ns,
                                             .evidence = s->evidence};
    memcpy(more[v->starts].phase, s->phase, sizeof s->phase);
    return v->starts++;
}

static bool make_room(struct variant_result *v)
{
    if (v->samples < v->room)
        return true;
    int room = v->room ? 2 * v->room : 16;
    struct kept_sample *more = realloc(v->sample, (size_t)room * sizeof *more);
    if (!more)
        return false;
    v->sample = more;
    v->room = room;
    return true;
}

struct err variant_result_keep(struct variant_result *v, const struct sample *s)
{
    enum state_id state = (enum state_id)(s->state - state_rows);
    v->peak_bytes = s->peak_resident_bytes > v->peak_bytes ? s->peak_resident_bytes : v->peak_bytes;
    if (s->round < 0 && state == STATE_W1)
        v->burn_in_ns = sample_time_ns(s);
    if (s->round < 0 || s->warm_up)
        return OK;
    if (s->validity == SAMPLE_INVALID) {
        v->invalid++;
        v->last_invalid = s->process + 1;
        if (!v->invalid_reason[state])
            v->invalid_reason[state] = strdup(s->reason);
        return OK;
    }
    if (!make_room(v))
        return err_fail("out of memory for samples");
    if (s->validity == SAMPLE_DISTURBED && !v->disturbed_reason[state])
        v->disturbed_reason[state] = strdup(s->reason);
    struct foreign f = foreign_of(&s->begin, &s->end);
    v->unsettled += !s->settled;
    sensed_sample(&v->sensed, s);
    v->sample[v->samples++] = (struct kept_sample){.state = state,
                                                   .process = s->process,
                                                   .round = s->round,
                                                   .time_ns = sample_time_ns(s),
                                                   .write_ns = s->write_ns,
                                                   .validity = s->validity,
                                                   .judged = f.known,
                                                   .foreign_share = (float)f.share,
                                                   .clock_hz = (float)s->sensors.median_clock_hz,
                                                   .start = sample_is_cold(s) ? keep_start(v, s) : -1};
    return OK;
}

const struct variant_result *bench_result_standard(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (!strcmp(r->variant[i].variant->name, "standard") && r->variant[i].samples)
            return &r->variant[i];
    return NULL;
}

static double time_of(const struct kept_sample *s, enum which_time which)
{
    bool cold = s->start >= 0;
    int64_t ns = s->time_ns;
    ns += which == WITH_WRITE && !cold ? s->write_ns : 0;
    ns -= which == WITHOUT_WRITE && cold ? s->write_ns : 0;
    return (double)ns;
}

double *variant_values(const struct variant_result *v, enum state_id state, enum which_time which, int *n, int **rounds)
{
    size_t most = (size_t)v->samples + 1;
    double *value = calloc(most, sizeof *value);
    int *process = calloc(most, sizeof *process), *round = calloc(most, sizeof *round);
    *n = 0;
    if (value && process && round) {
        for (int i = 0; i < v->samples; i++)
            if (v->sample[i].state == state) {
                process[*n] = v->sample[i].process;
                round[*n] = v->sample[i].round;
                value[(*n)++] = time_of(&v->sample[i], which);
            }
        if (state == STATE_W1)
            *n = medians_by_process(value, process, round, *n);
    } else {
        free(value);
        value = NULL;
    }
    free(process);
    if (rounds && value)
        *rounds = round;
    else
        free(round);
    return value;
}

struct err variant_summary(const struct variant_result *v, enum state_id state, enum which_time which,
                           struct summary *out)
{
    int n;
    double *value = variant_values(v, state, which, &n, NULL);
    if (!value)
        return err_fail("out of memory for statistics");
    sort_ascending(value, n);
    *out = summary_of(value, n);
    free(value);
    return OK;
}

const struct start_details *variant_median_start(const struct variant_result *v, enum state_id state)
{
    int n;
    double *value = variant_values(v, state, AS_MEASURED, &n, NULL);
    if (value && n)
        sort_ascending(value, n);
    double middle = value && n ? value[(n - 1) / 2] : -1;
    free(value);
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].state == state && v->sample[i].start >= 0 && (double)v->sample[i].time_ns == middle)
            return &v->start[v->sample[i].start];
    return NULL;
}

double variant_process_median_ns(const struct variant_result *v, int process, int samples)
{
    double median = NAN, *value = calloc((size_t)samples + 1, sizeof *value);
    int n = 0;
    for (int i = v->samples - 1; value && i >= 0 && v->sample[i].process == process; i--)
        if (v->sample[i].state == STATE_W1 && n < samples)
            value[n++] = (double)v->sample[i].time_ns;
    if (value && n == samples && n && v->last_invalid != process + 1) {
        sort_ascending(value, n);
        median = median_of(value, n);
    }
    free(value);
    return median;
}

int variant_count(const struct variant_result *v, enum state_id state, int *disturbed)
{
    int count = 0;
    *disturbed = 0;
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].state == state) {
            count++;
            *disturbed += v->sample[i].validity == SAMPLE_DISTURBED;
        }
    return count;
}
