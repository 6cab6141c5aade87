/* cuDNN's choices for one problem, each made, run once and then timed. */
#include "tests/cuda/program/gpu_first.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/base/clock.h"

enum {
    LARGEST_WORKSPACE = 512 << 20, /* as the backend's own choice */
    MOST_RUNS = 50,
    TIMED_NS = 10000000, /* so many runs as take this long */
    HOPELESS = 4,        /* times the best: one run tells enough, if it is long beside a launch */
    LONG_NS = 1000000,
};

struct timed {
    int choice; /* -1: none yet */
    int64_t make_ns, run_ns;
    int runs; /* that run_ns is the mean of */
};

static struct err run_plan(void *plan)
{
    return dnn_plan_run(plan);
}

/* The first run loads code, the second says how many more are worth their time. best_ns: 0 where there is none. */
static struct err time_plan(struct first *f, struct dnn_plan *plan, const size_t slots[DNN_SLOTS], int64_t best_ns,
                            struct timed *t)
{
    size_t bytes[TIMING_OPERANDS] = {0};
    void *at[TIMING_OPERANDS];
    int64_t all;
    if (dnn_plan_workspace(plan) > LARGEST_WORKSPACE)
        return err_fail("a workspace of %zu bytes", dnn_plan_workspace(plan));
    memcpy(bytes, slots, DNN_SLOTS * sizeof *bytes);
    bytes[DNN_SLOTS] = dnn_plan_workspace(plan);
    TRY(timing_operands(f->timing, bytes, at));
    TRY(dnn_plan_bind(plan, at, 1, at[DNN_SLOTS]));
    TRY(timing_run(f->timing, run_plan, plan, 1, &all));
    TRY(timing_run(f->timing, run_plan, plan, 1, &all));
    const int64_t fit = TIMED_NS / (all > 0 ? all : 1);
    t->runs = fit < 2 ? 2 : fit > MOST_RUNS ? MOST_RUNS : (int)fit;
    if (best_ns && all > LONG_NS && all > HOPELESS * best_ns)
        t->runs = 1;
    else
        TRY(timing_run(f->timing, run_plan, plan, t->runs, &all));
    t->run_ns = all / t->runs;
    return t->run_ns > 0 ? OK : err_fail("its time is less than the events can tell");
}

static struct err time_choice(struct first *f, struct dnn_graph *g, const size_t bytes[DNN_SLOTS], int64_t best_ns,
                              struct timed *t)
{
    struct dnn_plan *plan;
    const int64_t begin = clock_now_ns();
    TRY(dnn_plan_make(g, t->choice, &plan));
    t->make_ns = clock_now_ns() - begin;
    struct err e = time_plan(f, plan, bytes, best_ns, t);
    dnn_plan_free(plan);
    return e;
}

static cJSON *choice_json(const struct dnn_graph *g, const struct timed *t, double flop, struct err e)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "choice", t->choice);
    cJSON_AddStringToObject(json, "engine", dnn_choice_name(g, t->choice));
    cJSON_AddBoolToObject(json, "compiled_at_run_time", dnn_choice_compiles(g, t->choice));
    if (t->make_ns)
        cJSON_AddNumberToObject(json, "make_ms", (double)t->make_ns / 1e6);
    if (e.code) {
        cJSON_AddStringToObject(json, "error", err_text(e));
    } else {
        cJSON_AddNumberToObject(json, "runs", t->runs);
        cJSON_AddNumberToObject(json, "run_us", (double)t->run_ns / 1e3);
        cJSON_AddNumberToObject(json, "tflop_per_s", flop / (double)t->run_ns / 1e3);
    }
    return json;
}

void first_engines(struct first *f, cJSON *line, struct dnn_graph *g, const size_t bytes[DNN_SLOTS], double flop,
                   int most)
{
    const int choices = dnn_graph_choices(g), end = choices < most ? choices : most;
    struct timed best = {.choice = -1}, first = best;
    struct err failed = OK;
    int tried = 0;
    cJSON_AddNumberToObject(line, "choices", choices);
    cJSON_AddNumberToObject(line, "gflop", flop / 1e9);
    cJSON *each = cJSON_AddArrayToObject(line, "each");
    for (; tried < end && (!tried || clock_now_ns() < f->item_until_ns); tried++) {
        struct timed t = {.choice = tried};
        struct err e = time_choice(f, g, bytes, best.run_ns, &t);
        cJSON_AddItemToArray(each, choice_json(g, &t, flop, e));
        if (!e.code && t.choice == 0)
            first = t;
        if (!e.code && (best.choice < 0 || t.run_ns < best.run_ns))
            best = t;
        failed = err_first(failed, e);
    }
    cJSON_AddNumberToObject(line, "tried", tried);
    if (best.choice < 0) {
        line_end(f, line, failed.code ? failed : err_fail("no choice was tried"), " ");
        dnn_graph_free(g);
        return;
    }
    err_free(&failed); /* it is in "each" */
    char before[64] = "failed";
    if (first.choice == 0) {
        cJSON_AddItemToObject(line, "first", choice_json(g, &first, flop, OK));
        snprintf(before, sizeof before, "%.1f us", (double)first.run_ns / 1e3);
    }
    cJSON_AddItemToObject(line, "best", choice_json(g, &best, flop, OK));
    line_end(f, line, OK, "first %s, best of %d/%d %.1f us (%.1f TFLOP/s)%s %s", before, tried, choices,
             (double)best.run_ns / 1e3, flop / (double)best.run_ns / 1e3,
             dnn_choice_compiles(g, best.choice) ? " compiled" : "", dnn_choice_name(g, best.choice));
    dnn_graph_free(g);
}
