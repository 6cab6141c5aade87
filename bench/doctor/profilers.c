#include "bench/doctor/findings.h"
#include "profiler/find.h"

/* Whether it can be attached is found out by attaching it, and letting go again. */
void doctor_trace(struct findings *f)
{
    const struct trace_source *source;
    struct trace *t = trace_new();
    struct text line = {0};
    void *state = NULL;
    struct err e = t ? trace_source_find("cupti", &source) : err_fail("out of memory for a trace");
    if (!e.code)
        e = source->open(t, &state);
    if (!e.code) {
        source->describe(state, &line);
        source->close(state);
    }
    findings_add(f, "gpu", "trace", !e.code, "%s", e.code ? err_text(e) : text_get(&line));
    err_free(&e);
    text_free(&line);
    trace_free(t);
}

void doctor_metrics(struct findings *f)
{
    const struct metrics_profiler *profiler;
    struct metrics_session *session = NULL;
    struct text line = {0};
    struct err e = metrics_profiler_find(&profiler);
    if (!e.code)
        e = profiler->open(&session);
    if (!e.code) {
        profiler->describe(session, &line);
        profiler->close(session);
    }
    findings_add(f, "gpu", "metrics", !e.code, "%s", e.code ? err_text(e) : text_get(&line));
    err_free(&e);
    text_free(&line);
}
