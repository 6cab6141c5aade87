#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate/gate.h"
#include "bench/measure/probe.h"
#include "bench/verbs.h"
#include "pipeline/base/clock.h"
#include "pipeline/base/file.h"

static struct err check(const struct options *o)
{
    if (o->arguments)
        return err_fail("gate takes no argument, \"%.40s\" was given (sdbench gate --help)", o->argument[0]);
    if (!o->base && !o->calibrate && !o->counters)
        return err_fail("gate needs a side to compare with: --base DIR or --base REF");
    if (o->base && (o->calibrate || o->counters))
        return err_fail("--%s has one side: without --base", o->calibrate ? "calibrate" : "counters");
    if (o->rounds % 2)
        return err_fail("--rounds %d: must be even, so that orders balance", o->rounds);
    return OK;
}

/* The new side before the base: where it does not build there is nothing to compare. */
static struct err find_sides(struct gate *g)
{
    TRY(side_new(g->folder.path, &g->new));
    return g->o->base ? side_base(g->o->base, g->folder.path, &g->base) : side_new(g->folder.path, &g->base);
}

/* The default file where there is one; one that is named is made where --bless says so. */
static struct err read_blessed(struct gate *g)
{
    g->blessed_path = g->o->blessed ? g->o->blessed : COUNTERS_FILE;
    return blessed_read(g->blessed_path, &g->blessed);
}

static struct err bless(struct gate *g)
{
    struct counters measured[MAX_GATED];
    size_t n = 0;
    for (int i = 0; i < g->variants; i++)
        if (g->gated[i].row[SIDE_NEW].told)
            measured[n++] = g->gated[i].counters;
    if (!g->o->bless || !n)
        return OK;
    TRY(blessed_bless(g->blessed_path, measured, n));
    if (!g->o->quiet)
        fprintf(stderr, "blessed: %zu plans in %s\n", n, g->blessed_path);
    return OK;
}

/* Without a base there is nothing to compare: one process of each variant tells its counters. */
static struct err count(struct gate *g)
{
    for (int i = 0; i < g->variants; i++) {
        struct gated *v = &g->gated[i];
        if (v->absent)
            continue;
        TRY(bench_measure_process(&g->run, &v->row[SIDE_NEW], STATE_C2, -1, ""));
        TRY(gate_compare_plans(g, v));
        if (!g->o->json)
            gate_print_counters(g, v);
    }
    return bless(g);
}

static struct err measure(struct gate *g)
{
    TRY(bench_run_begin(&g->run));
    TRY(find_sides(g));
    TRY(read_blessed(g));
    TRY(gate_prepare(g));
    if (g->o->calibrate)
        return gate_calibrate(g);
    if (g->o->counters)
        return count(g);
    for (int i = 0; i < g->variants; i++) {
        struct gated *v = &g->gated[i];
        if (v->absent || v->only_new || v->only_base)
            continue;
        TRY(gate_measure(g, v));
        TRY(gate_compare_plans(g, v));
    }
    TRY(gate_record(g));
    return bless(g);
}

static void gate_free(struct gate *g)
{
    bench_run_free(&g->run);
    for (int i = 0; i < MAX_GATED; i++) {
        free(g->gated[i].absent);
        free(g->gated[i].session);
        free(g->gated[i].plan[0]);
        free(g->gated[i].plan[1]);
    }
    blessed_free(&g->blessed);
    side_free(&g->base);
    side_free(&g->new);
    bench_result_free(&g->result);
    run_folder_close(&g->folder);
    free(g);
}

static struct err run_in_folder(struct gate *g)
{
    struct err e = measure(g);
    if (e.code) {
        run_folder_fail(&g->folder, e.code == ERR_CANCELLED ? RUN_CANCELLED : RUN_FAILED, err_text(e));
        return e;
    }
    struct err conclusion = g->o->calibrate ? OK : gate_conclude(g);
    e = g->o->base ? gate_write_markdown(g, conclusion) : OK;
    if (!e.code)
        e = run_folder_end(&g->folder, RUN_COMPLETE, conclusion.text);
    if (!e.code && g->o->base)
        e = gate_print(g, conclusion);
    if (!e.code)
        return conclusion;
    err_free(&conclusion);
    return e;
}

struct err verb_gate(const struct options *o)
{
    TRY(check(o));
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return err_fail("out of memory");
    g->o = o;
    g->seed = o->given[OPTION_order_seed] ? o->order_seed : (uint64_t)clock_now_ns() % 1000000;
    g->run =
        (struct bench_run){.result = &g->result, .folder = &g->folder, .progress = &g->progress, .lock = {.fd = -1}};
    progress_open(&g->progress, o->quiet, 0);
    struct err e = job_make(o, o->workload || !probe_device(o, &g->progress) ? "quick" : "article", &g->result.job);
    g->result.schedule.settle = g->result.job.workload.settle;
    if (!e.code)
        e = run_folder_open(o->out, o->calibrate ? "calibrate" : "gate", &g->folder);
    if (!e.code)
        e = run_in_folder(g);
    gate_free(g);
    return e;
}
