/* Hardware metrics of ranges of work: what they are, and who measures them.
 *
 *     struct metrics_session *s;
 *     TRY(metrics_cupti->open(&s));          // after the device's context exists, on the thread that launches
 *     p->range_begin(s, "step 3"); ... launch ...; p->range_end(s);
 *     struct err e = p->finish(s, &metrics); // also what went wrong in a range
 *     p->close(s);
 *
 * A run with metrics is never a timed one: ranges are waited for, and counters are read between them. */
#ifndef SDBENCH_PROFILER_METRICS_METRICS_H
#define SDBENCH_PROFILER_METRICS_METRICS_H

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

enum metric {
#define METRIC(name, ...) METRIC_##name,
#include "profiler/metrics/metrics.def"
#undef METRIC
    METRIC_COUNT
};

enum { METRIC_CANDIDATES = 2 };
struct metric_row {
    const char *name, *unit, *title;
    const char *dimension; /* CUPTI's word for its unit */
    double scale;          /* from that to ours */
    const char *candidate[METRIC_CANDIDATES];
};
extern const struct metric_row metric_rows[METRIC_COUNT];

struct metrics_range {
    char *name;
    double value[METRIC_COUNT]; /* NAN: left out on this chip */
};

struct metrics {
    struct metrics_range *range; /* in the order in which they were begun; names may repeat */
    size_t ranges;
    char *chip;     /* as CUPTI calls it: "GH100" */
    char *left_out; /* one line: which metrics, and why; "" where all were measured */
};
void metrics_free(struct metrics *m);

struct metrics_session;

/* What sdbench-cupti.so exports as `metrics_cupti`. */
struct metrics_profiler {
    /* ERR_ABSENT with one line that says what to change: not permitted, taken by another profiler, too old, no device.
     */
    struct err (*open)(struct metrics_session **out);
    void (*describe)(const struct metrics_session *s,
                     struct text *out); /* one line: versions, chip, what is left out */

    /* Each of them waits for the device. Ranges do not nest. The first error is kept, and the rest does nothing. */
    void (*range_begin)(struct metrics_session *s, const char *name);
    void (*range_end)(struct metrics_session *s);

    /* The first error; ERR_INVALID where a range was lost or a value is none. Nothing is measured any more. */
    struct err (*finish)(struct metrics_session *s, struct metrics *out);
    void (*close)(struct metrics_session *s); /* legal on NULL */
};

/* Bytes that the hardware moved beside those of the graph's cost rules. Below 1 the rule counts what a cache or fusion
 * saved, or counts twice; above 3 something is read again and again, or the rule forgot it. */
enum metrics_verdict { METRICS_UNKNOWN, METRICS_PLAUSIBLE, METRICS_BELOW_MODEL, METRICS_ABOVE_MODEL };
struct metrics_flag {
    double ratio; /* measured / model; NAN where one of them is not known */
    enum metrics_verdict verdict;
};
struct metrics_flag metrics_flag(double measured_bytes, double model_bytes);

#endif
