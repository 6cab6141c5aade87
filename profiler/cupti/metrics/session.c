#include "profiler/cupti/metrics/session.h"

#if __has_include(<cupti_range_profiler.h>) /* CUDA 12.6 and later; else absent.c */

#include <cupti.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/cupti/metrics/device.h"
#include "profiler/cupti/metrics/ranges.h"

struct metrics_session {
    struct metrics_device device;
    struct metrics_host *host;
    struct metrics_choice choice;
    struct metrics_ranges *ranges;
    struct metrics result;
    size_t read; /* ranges of result that have their values; those after it are the batch */
    bool in_range;
    struct err error; /* the first */
};

/* CUPTI was given a range's number in place of its name, since names may repeat. */
static struct err range_of(struct metrics_session *s, size_t index, struct metrics_range **out)
{
    const char *name = "";
    char *end;
    TRY(metrics_ranges_name(s->ranges, index, &name));
    const unsigned long long number = strtoull(name, &end, 10);
    if (end == name || *end || number >= s->result.ranges || !isnan(s->result.range[number].value[s->choice.metric[0]]))
        return err_make(ERR_INVALID, "metrics: CUPTI tells of a range \"%s\" that was not run, or tells of it twice",
                        name);
    *out = &s->result.range[number];
    return OK;
}

static struct err evaluate(struct metrics_session *s, size_t index)
{
    struct metrics_range *range = NULL;
    double value[METRIC_COUNT];
    TRY(range_of(s, index, &range));
    TRY(metrics_ranges_values(s->ranges, s->host, index, value));
    for (size_t i = 0; i < s->choice.count; i++) {
        if (!isfinite(value[i]) || value[i] < 0)
            return err_make(ERR_INVALID, "metrics: %s of range \"%s\" is no value: %g",
                            metric_rows[s->choice.metric[i]].name, range->name, value[i]);
        range->value[s->choice.metric[i]] = value[i];
    }
    return OK;
}

/* Ranges since metrics_ranges_start are read from the device, and get their values. */
static struct err read_batch(struct metrics_session *s)
{
    const size_t ran = s->result.ranges - s->read;
    TRY(metrics_ranges_stop(s->ranges, ran));
    for (size_t i = 0; i < ran; i++)
        TRY(evaluate(s, i));
    s->read = s->result.ranges;
    return OK;
}

static struct err wait_for_device(const struct metrics_session *s)
{
    CUresult result = s->device.synchronize();
    return result == CUDA_SUCCESS
               ? OK
               : err_fail("metrics: the device does not finish: cuCtxSynchronize gave %d", (int)result);
}

static struct err add_range(struct metrics_session *s, const char *name)
{
    struct metrics *m = &s->result;
    if (!(m->ranges & (m->ranges - 1))) { /* room doubles */
        void *room = realloc(m->range, (m->ranges ? 2 * m->ranges : 1) * sizeof *m->range);
        if (!room)
            return err_fail("metrics: out of memory");
        m->range = room;
    }
    struct metrics_range *r = &m->range[m->ranges];
    r->name = strdup(name);
    for (int i = 0; i < METRIC_COUNT; i++)
        r->value[i] = NAN;
    if (!r->name)
        return err_fail("metrics: out of memory");
    m->ranges++;
    return OK;
}

static struct err range_push(struct metrics_session *s, const char *name)
{
    char number[24];
    if (s->in_range)
        return err_fail("metrics: range \"%s\" begins inside \"%s\"", name, s->result.range[s->result.ranges - 1].name);
    if (!metrics_ranges_started(s->ranges))
        TRY(metrics_ranges_start(s->ranges));
    snprintf(number, sizeof number, "%zu", s->result.ranges);
    TRY(add_range(s, name));
    TRY(wait_for_device(s)); /* what was enqueued before is no part of it */
    TRY(metrics_ranges_push(s->ranges, number));
    s->in_range = true;
    return OK;
}

static struct err range_pop(struct metrics_session *s)
{
    if (!s->in_range)
        return err_fail("metrics: a range ends that was not begun");
    TRY(wait_for_device(s));
    s->in_range = false;
    TRY(metrics_ranges_pop(s->ranges));
    return s->result.ranges - s->read == METRICS_RANGES_A_BATCH ? read_batch(s) : OK;
}

static void range_begin(struct metrics_session *s, const char *name)
{
    if (!s->error.code)
        s->error = range_push(s, name);
}

static void range_end(struct metrics_session *s)
{
    if (!s->error.code)
        s->error = range_pop(s);
}

static struct err finish(struct metrics_session *s, struct metrics *out)
{
    *out = (struct metrics){0};
    if (!s->error.code && s->in_range)
        s->error = err_fail("metrics: range \"%s\" was not ended", s->result.range[s->result.ranges - 1].name);
    if (!s->error.code && metrics_ranges_started(s->ranges))
        s->error = read_batch(s);
    struct err e = s->error;
    s->error = OK;
    TRY(e);
    s->result.chip = strdup(s->device.chip);
    s->result.left_out = strdup(text_get(&s->choice.left_out));
    if (!s->result.chip || !s->result.left_out)
        return err_fail("metrics: out of memory");
    *out = s->result;
    s->result = (struct metrics){0};
    s->read = 0;
    return OK;
}

static void describe(const struct metrics_session *s, struct text *out)
{
    cupti_describe_version(s->device.cupti, out);
    text_add(out, ", driver for CUDA %d.%d, chip %s, %zu metrics in one pass", s->device.driver / 1000,
             s->device.driver % 1000 / 10, s->device.chip, s->choice.count);
    if (s->choice.left_out.length)
        text_add(out, "; left out: %s", text_get(&s->choice.left_out));
}

static void close_session(struct metrics_session *s)
{
    if (!s)
        return;
    metrics_ranges_close(s->ranges);
    if (s->host)
        metrics_choice_free(s->host, &s->choice);
    metrics_host_close(s->host);
    metrics_device_close(&s->device);
    metrics_free(&s->result);
    err_free(&s->error);
    free(s);
}

struct err metrics_session_open(const struct library *driver, const struct library *cupti, struct metrics_session **out)
{
    struct metrics_session *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return err_fail("metrics: out of memory");
    struct err e = metrics_host_open(cupti, &s->host);
    if (!e.code)
        e = metrics_device_open(driver, cupti, &s->device);
    if (!e.code)
        e = metrics_host_choose(s->host, s->device.chip, s->device.availability, &s->choice);
    if (!e.code)
        e = metrics_ranges_open(cupti, s->device.context, &s->choice, METRICS_RANGES_A_BATCH, &s->ranges);
    if (!e.code)
        e = metrics_ranges_start(s->ranges); /* where it is not permitted, it is said now */
    if (e.code)
        close_session(s);
    else
        *out = s;
    return e;
}

static struct err open_session(struct metrics_session **out)
{
    struct library driver, cupti;
    *out = NULL;
    TRY(library_driver(&driver));
    TRY(library_cupti(true, &cupti));
    return metrics_session_open(&driver, &cupti, out);
}

__attribute__((visibility("default"))) const struct metrics_profiler metrics_cupti = {
    .open = open_session,
    .describe = describe,
    .range_begin = range_begin,
    .range_end = range_end,
    .finish = finish,
    .close = close_session,
};

#endif
