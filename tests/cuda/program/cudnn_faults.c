/* Failing calls: from opening a device to a plan that came back from its text, each call in turn fails. */
#include "tests/cuda/program/cudnn_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err plan_and_back(struct dnn_graph *g)
{
    struct dnn_plan *p = NULL, *again = NULL;
    char *text = NULL;
    static _Alignas(16) char memory[16];
    void *const slot[DNN_SLOTS] = {memory, memory, memory, memory, memory};
    struct err e = dnn_plan_make(g, 0, &p);
    if (!e.code)
        e = dnn_plan_bind(p, slot, 1, memory);
    if (!e.code)
        e = dnn_plan_text(p, &text);
    if (!e.code)
        e = dnn_plan_from_text(g, text, &again);
    dnn_graph_free(g); /* plans keep what they need of it */
    if (!e.code)
        e = dnn_plan_bind(p, slot, 1, memory);
    dnn_plan_free(again);
    dnn_plan_free(p);
    free(text);
    return e;
}

static struct err once(const char *json, const struct conv_problem *p)
{
    struct dnn *d = NULL;
    struct dnn_graph *g;
    struct err e = dnn_open_described(json, &d);
    if (!e.code)
        e = dnn_conv(d, p, &g);
    if (!e.code)
        e = plan_and_back(g);
    dnn_close(d);
    return e;
}

static int check_problem(const char *json, const struct conv_problem *p)
{
    int failures = 0, tried = 0;
    calls = (struct calls){0};
    struct err e = once(json, p);
    const int all = calls.made;
    if (e.code || calls.descriptors)
        failures += failed("without a fault: %s, %d descriptors left", err_text(e), calls.descriptors);
    err_free(&e);
    /* All of the first calls, then fewer: the later ones repeat themselves from engine to engine; and the last ones. */
    for (int at = 1; at <= all; at += at < 80 || at > all - 40 ? 1 : 1 + at / 16, tried++) {
        if (at > 80 && at < all - 40 && at + at / 16 > all - 40)
            at = all - 40;
        calls = (struct calls){.fails_at = at};
        e = once(json, p);
        if (!e.code || strchr(err_text(e), '\n'))
            failures += failed("call %d of %d fails: %s", at, all, err_text(e));
        if (calls.descriptors)
            failures += failed("call %d of %d fails: %d descriptors left", at, all, calls.descriptors);
        err_free(&e);
    }
    printf("%d calls, %d of them failed once\n", all, tried);
    return failures;
}

/* The driver has no device: a line that says so. */
static int check_no_device(void)
{
    struct dnn *d = NULL;
    struct err e = dnn_open(NULL, &d);
    int failures = 0;
    if (!e.code || strchr(err_text(e), '\n'))
        failures = failed("opening a device that is not there: %s", err_text(e));
    printf("no device: %s\n", err_text(e));
    err_free(&e);
    return failures;
}

int check_faults(void)
{
    char json[DESCRIBED_JSON];
    described_device_json(described_device_find("sm_90"), json, sizeof json);
    struct conv_problem p = {.n = 1,
                             .c = 32,
                             .h = 8,
                             .w = 8,
                             .k = 32,
                             .r = 3,
                             .s = 3,
                             .stride = 1,
                             .pad = {1, 1, 1, 1},
                             .read = DTYPE_f16,
                             .write = DTYPE_f16,
                             .bias = true,
                             .residual = true,
                             .numerics = NUMERICS_half};
    int failures = check_no_device() + check_problem(json, &p);
    p.read = p.write = DTYPE_f32;
    p.numerics = NUMERICS_ieee;
    return failures + check_problem(json, &p);
}
