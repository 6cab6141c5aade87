/* A session of metrics: on a driver and a CUPTI of our own, and what it says on a machine without a driver. */
#include "profiler/cupti/metrics/session.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "profiler/cupti/result.h"
#include "tests/cuda/fake_metrics.h"

#if __has_include(<cupti_range_profiler.h>)

static struct err open_fake(struct metrics_session **s)
{
    const struct library driver = fake_metrics_driver(), cupti = fake_metrics_cupti();
    return metrics_session_open(&driver, &cupti, s);
}

/* Whatever happened: nothing of CUPTI's is left open, and its headers were kept to. */
static void check_left(const char *what)
{
    cr_expect_str_empty(fake_metrics.wrong, "%s: %s", what, fake_metrics.wrong);
    cr_expect(!fake_metrics.objects && !fake_metrics.profiling && !fake_metrics.enabled && !fake_metrics.started,
              "%s: %d host objects, profiling %d, enabled %d, started %d", what, fake_metrics.objects,
              fake_metrics.profiling, fake_metrics.enabled, fake_metrics.started);
}

/* Runs `ranges` of them, called by turns after two names. */
static struct err run(size_t ranges, struct metrics *out)
{
    struct metrics_session *s = NULL;
    *out = (struct metrics){0};
    TRY(open_fake(&s));
    for (size_t i = 0; i < ranges; i++) {
        metrics_cupti.range_begin(s, i % 2 ? "step" : "run");
        metrics_cupti.range_end(s);
    }
    struct err e = metrics_cupti.finish(s, out);
    metrics_cupti.close(s);
    return e;
}

static void check_ranges(const struct metrics *m, size_t ranges)
{
    cr_assert_eq(m->ranges, ranges, "%zu", m->ranges);
    for (size_t i = 0; i < ranges; i++) {
        cr_expect_str_eq(m->range[i].name, i % 2 ? "step" : "run");
        for (int k = 0; k < METRIC_COUNT; k++)
            cr_expect_eq(m->range[i].value[k], fake_metrics_value(i, (enum metric)k), "range %zu of %zu, %s: %g", i,
                         ranges, metric_rows[k].name, m->range[i].value[k]);
    }
}

Test(metrics_session, every_range_has_its_values_over_many_batches)
{
    static const size_t counts[] = {0,
                                    1,
                                    2,
                                    METRICS_RANGES_A_BATCH - 1,
                                    METRICS_RANGES_A_BATCH,
                                    METRICS_RANGES_A_BATCH + 1,
                                    3 * METRICS_RANGES_A_BATCH + 7};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct metrics m;
        fake_metrics_reset();
        struct err e = run(counts[i], &m);
        cr_assert(!e.code, "%zu: %s", counts[i], err_text(e));
        check_ranges(&m, counts[i]);
        cr_expect_str_eq(m.chip, "GX100");
        cr_expect_str_eq(m.left_out, "");
        /* the first begins with the session, later ones where a range needs them */
        const int batches = counts[i] ? (int)((counts[i] - 1) / METRICS_RANGES_A_BATCH) + 1 : 1;
        cr_expect_eq(fake_metrics.batches, batches, "%zu ranges: %d batches", counts[i], fake_metrics.batches);
        check_left("a good session");
        metrics_free(&m);
    }
}

Test(metrics_session, tells_versions_and_chip_in_one_line)
{
    struct metrics_session *s;
    struct text line = {0};
    fake_metrics_reset();
    fake_metrics.without = metric_rows[METRIC_tensor_active_share].candidate[0];
    struct err e = open_fake(&s);
    cr_assert(!e.code, "%s", err_text(e));
    metrics_cupti.describe(s, &line);
    cr_expect(!strncmp(text_get(&line), "CUPTI ", 6) && strstr(text_get(&line), "(built for ") &&
                  strstr(text_get(&line), "CUDA 13.0") && strstr(text_get(&line), "GX100") &&
                  strstr(text_get(&line), "left out: tensor_active_share"),
              "%s", text_get(&line));
    cr_expect(!strchr(text_get(&line), '\n'));
    text_free(&line);
    metrics_cupti.close(s);
    metrics_cupti.close(NULL);
    check_left("a session without a range");
}

/* What a chip lacks, or what would need a second pass, is left out, and the rest is measured. */
static const struct {
    const char *what;
    const char **knob;
    enum metric metric;
    const char *says;
} partial[] = {
    {"lacking", &fake_metrics.without, METRIC_dram_read_bytes, "dram_read_bytes (not on this device)"},
    {"costly", &fake_metrics.costly, METRIC_tensor_active_share, "tensor_active_share (2 passes with it)"},
    {"in another unit", &fake_metrics.other_unit, METRIC_cycles, "cycles (it has another unit here)"},
};

Test(metrics_session, a_metric_that_cannot_be_had_is_left_out_and_named)
{
    for (size_t i = 0; i < ARRAY_LEN(partial); i++) {
        struct metrics m;
        fake_metrics_reset();
        *partial[i].knob = metric_rows[partial[i].metric].candidate[0];
        struct err e = run(3, &m);
        cr_assert(!e.code, "%s: %s", partial[i].what, err_text(e));
        cr_expect(strstr(m.left_out, partial[i].says), "%s: %s", partial[i].what, m.left_out);
        for (size_t r = 0; r < m.ranges; r++)
            for (int k = 0; k < METRIC_COUNT; k++)
                cr_expect(k == (int)partial[i].metric ? isnan(m.range[r].value[k])
                                                      : m.range[r].value[k] == fake_metrics_value(r, (enum metric)k),
                          "%s: %s", partial[i].what, metric_rows[k].name);
        metrics_free(&m);
        check_left(partial[i].what);
    }
}

/* Each call that opens a session, and what its failing says. */
static const struct {
    const char *call;
    int result;
    const char *says;
} not_opened[] = {
    {"cuInit", 100, "no GPU"},
    {"ProfilerInitialize", 999, "nvidia-smi"},
    {"ProfilerDeviceSupported", 15, "too old for this CUPTI"},
    {"DeviceGetChipName", 2, "cuptiDeviceGetChipName: error 2"},
    {"ProfilerGetCounterAvailability", RESULT_INSUFFICIENT_PRIVILEGES, "NVreg_RestrictProfilingToAdminUsers=0"},
    {"ProfilerHostInitialize", RESULT_INVALID_CHIP_NAME, "newer CUDA toolkit"},
    {"ProfilerHostConfigAddMetrics", 17, "none of the metrics for chip GX100"},
    {"ProfilerHostGetConfigImage", 1, "none of the metrics"},
    {"RangeProfilerEnable", RESULT_INSUFFICIENT_PRIVILEGES, "--cap-add SYS_ADMIN"},
    {"RangeProfilerEnable", RESULT_MIG_DEVICE_NOT_SUPPORTED, "MIG"},
    {"RangeProfilerEnable", RESULT_CONFIDENTIAL_COMPUTING_NOT_SUPPORTED, "confidential computing"},
    {"RangeProfilerEnable", RESULT_HARDWARE_BUSY, "another profiler"},
    {"RangeProfilerEnable", RESULT_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED, "another profiler"},
    {"RangeProfilerGetCounterDataSize", 1, "GetCounterDataSize: error 1"},
    {"RangeProfilerCounterDataImageInitialize", 8, "memory ran out"},
    {"RangeProfilerSetConfig", 1, "SetConfig: error 1"},
    {"RangeProfilerStart", RESULT_INSUFFICIENT_PRIVILEGES, "/etc/modprobe.d"},
};

Test(metrics_session, what_keeps_it_from_opening_is_one_line_that_says_what_to_do)
{
    for (size_t i = 0; i < ARRAY_LEN(not_opened); i++) {
        struct metrics_session *s;
        fake_metrics_reset();
        fake_metrics.failing = not_opened[i].call;
        fake_metrics.result = not_opened[i].result;
        struct err e = open_fake(&s);
        cr_expect_eq(e.code, ERR_ABSENT, "%s: code %d", not_opened[i].call, e.code);
        cr_expect(strstr(err_text(e), not_opened[i].says), "%s: %s", not_opened[i].call, err_text(e));
        cr_expect(!strchr(err_text(e), '\n') && !s);
        err_free(&e);
        check_left(not_opened[i].call);
    }
}

Test(metrics_session, what_a_device_does_not_support_is_named)
{
    static const char *const says[] = {"7.5 or later", "SLI", "virtual GPU", "confidential computing", "mining", "WSL"};
    for (size_t i = 0; i < ARRAY_LEN(says); i++) {
        struct metrics_session *s;
        fake_metrics_reset();
        fake_metrics.unsupported = (int)i + 1;
        struct err e = open_fake(&s);
        cr_expect_eq(e.code, ERR_ABSENT);
        cr_expect(strstr(err_text(e), says[i]), "%s: %s", says[i], err_text(e));
        err_free(&e);
        check_left(says[i]);
    }
}

Test(metrics_session, needs_a_context_and_every_symbol)
{
    static const char *const absent[] = {"cuCtxSynchronize", "cuptiProfilerHostEvaluateToGpuValues",
                                         "cuptiRangeProfilerPushRange", "cuptiDeviceGetChipName"};
    struct metrics_session *s;
    fake_metrics_reset();
    fake_metrics.no_context = true;
    struct err e = open_fake(&s);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(strstr(err_text(e), "no CUDA context"), "%s", err_text(e));
    err_free(&e);
    for (size_t i = 0; i < ARRAY_LEN(absent); i++) {
        fake_metrics_reset();
        fake_metrics.absent = absent[i];
        e = open_fake(&s);
        cr_expect_eq(e.code, ERR_ABSENT);
        cr_expect(strstr(err_text(e), absent[i]) && strstr(err_text(e), "too old"), "%s", err_text(e));
        err_free(&e);
        check_left(absent[i]);
    }
}

/* What breaks a measurement that runs: set up by a row, over two batches. */
static const struct {
    const char *what, *call; /* NULL: a flag below instead */
    int result, after;
    struct fake_metrics flags;
    enum err_code code;
    const char *says;
} broken[] = {
    {"a push fails", "RangeProfilerPushRange", 7, 3, {0}, ERR_FAILED, "PushRange: error 7"},
    {"a pop fails", "RangeProfilerPopRange", 7, 3, {0}, ERR_FAILED, "PopRange: error 7"},
    {"a stop fails", "RangeProfilerStop", 7, 0, {0}, ERR_FAILED, "Stop: error 7"},
    {"the second batch does not start", "RangeProfilerStart", 26, 1, {0}, ERR_ABSENT, "another profiler"},
    {"decoding fails", "RangeProfilerDecodeData", 999, 1, {0}, ERR_FAILED, "DecodeData: error 999"},
    {"counting fails", "RangeProfilerGetCounterDataInfo", 1, 0, {0}, ERR_FAILED, "GetCounterDataInfo: error 1"},
    {"a name fails", "RangeProfilerCounterDataGetRangeInfo", 1, 9, {0}, ERR_FAILED, "GetRangeInfo: error 1"},
    {"a value fails", "ProfilerHostEvaluateToGpuValues", 25, 9, {0}, ERR_FAILED, "EvaluateToGpuValues: error 25"},
    {"the device fails", "cuCtxSynchronize", 700, 5, {0}, ERR_FAILED, "cuCtxSynchronize gave 700"},
    {"ranges are dropped", NULL, 0, 0, {.dropped = 2}, ERR_INVALID, "dropped 2 of"},
    {"ranges are lost", NULL, 0, 0, {.lost = 1}, ERR_INVALID, "255 ranges where 256"},
    {"a range comes twice", NULL, 0, 0, {.doubled = 1}, ERR_INVALID, "tells of it twice"},
    {"a value is no number", NULL, 0, 0, {.no_number = true}, ERR_INVALID, "is no value: nan"},
    {"one pass is not enough", NULL, 0, 0, {.not_whole = true}, ERR_INVALID, "one pass was not enough"},
};

Test(metrics_session, what_breaks_a_range_is_told_at_the_end_and_nothing_is_returned)
{
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        struct metrics m;
        fake_metrics = broken[i].flags;
        fake_metrics.failing = broken[i].call;
        fake_metrics.result = broken[i].result;
        fake_metrics.after = broken[i].after;
        struct err e = run(METRICS_RANGES_A_BATCH + 5, &m);
        cr_expect_eq(e.code, broken[i].code, "%s: code %d", broken[i].what, e.code);
        cr_expect(strstr(err_text(e), broken[i].says), "%s: %s", broken[i].what, err_text(e));
        cr_expect(!m.range && !m.ranges && !m.chip);
        err_free(&e);
        check_left(broken[i].what);
    }
}

/* B begins a range, E ends one. */
Test(metrics_session, ranges_that_nest_or_do_not_pair_are_an_error)
{
    static const struct {
        const char *calls, *says;
    } rows[] = {
        {"BB", "begins inside \"0\""}, {"E", "not begun"}, {"BEE", "not begun"}, {"BEB", "\"2\" was not ended"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct metrics_session *s;
        struct metrics m;
        fake_metrics_reset();
        struct err e = open_fake(&s);
        cr_assert(!e.code, "%s", err_text(e));
        for (int k = 0; rows[i].calls[k]; k++) {
            char name[16];
            snprintf(name, sizeof name, "%d", k);
            if (rows[i].calls[k] == 'B')
                metrics_cupti.range_begin(s, name);
            else
                metrics_cupti.range_end(s);
        }
        e = metrics_cupti.finish(s, &m);
        cr_expect_eq(e.code, ERR_FAILED, "%s", rows[i].calls);
        cr_expect(strstr(err_text(e), rows[i].says), "%s: %s", rows[i].calls, err_text(e));
        err_free(&e);
        metrics_cupti.close(s);
        check_left(rows[i].calls);
    }
}

/* The real CUPTI of this machine, whose driver is not there. */
Test(metrics_session, says_in_one_line_that_there_is_no_driver)
{
    struct library cupti, none;
    struct err e = library_driver(&none);
    if (!e.code)
        cr_skip_test("this machine has a driver");
    cr_expect_eq(e.code, ERR_ABSENT);
    err_free(&e);
    struct metrics_session *s;
    e = metrics_cupti.open(&s);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(strstr(err_text(e), "no NVIDIA driver is here") && !strchr(err_text(e), '\n') && !s, "%s", err_text(e));
    err_free(&e);
    /* A driver that starts, and that CUPTI does not find: its own refusal. */
    e = library_cupti(true, &cupti);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    fake_metrics_reset();
    const struct library driver = fake_metrics_driver();
    e = metrics_session_open(&driver, &cupti, &s);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(strstr(err_text(e), "cuptiProfilerInitialize: error ") && !strchr(err_text(e), '\n') && !s, "%s",
              err_text(e));
    err_free(&e);
}

#else

Test(metrics_session, says_in_one_line_that_it_was_not_built)
{
    struct metrics_session *s;
    struct err e = metrics_cupti.open(&s);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(strstr(err_text(e), "CUDA 12.6") && !strchr(err_text(e), '\n'), "%s", err_text(e));
    err_free(&e);
}

#endif
