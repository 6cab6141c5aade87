/* Plans as text: what comes back, and what must not. */
#include "tests/cuda/program/cudnn_checks.h"
#include "tests/cuda/program/cudnn_problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"

static const struct conv_problem convolution = {.n = 6,
                                                .c = 320,
                                                .h = 64,
                                                .w = 64,
                                                .k = 320,
                                                .r = 3,
                                                .s = 3,
                                                .stride = 1,
                                                .pad = {1, 1, 1, 1},
                                                .read = DTYPE_f16,
                                                .write = DTYPE_f16,
                                                .bias = true,
                                                .numerics = NUMERICS_half};

static struct dnn_graph *ask(struct dnn *d, const struct problem *p)
{
    struct dnn_graph *g;
    struct err e = problem_ask(d, p, &g);
    if (e.code)
        stop(e);
    return g;
}

static int refuses(struct dnn_graph *g, const char *text, const char *what)
{
    struct dnn_plan *p = NULL;
    struct err e = dnn_plan_from_text(g, text, &p);
    int failures = 0;
    if (!e.code)
        failures = failed("%s: a text with %s makes a plan", dnn_graph_signature(g), what);
    else if (strchr(err_text(e), '\n') || !*err_text(e))
        failures = failed("%s: a text with %s is refused with other than one line: %s", dnn_graph_signature(g), what,
                          err_text(e));
    dnn_plan_free(p);
    err_free(&e);
    return failures;
}

/* Every length of the first lines, then some; and one bit changed in each of many places. */
static int refuses_damage(struct dnn_graph *g, const char *text)
{
    const size_t size = strlen(text), step = 1 + size / 200;
    char *copy = strdup(text);
    int failures = 0;
    for (size_t at = 0; at < size; at += at < 200 ? 1 : step) {
        copy[at] = 0;
        failures += refuses(g, copy, "its end missing");
        copy[at] = text[at] ^ (char)(1 << at % 7);
        if (copy[at] && copy[at] != text[at])
            failures += refuses(g, copy, "a changed bit");
        copy[at] = text[at];
    }
    free(copy);
    return failures;
}

static int refuses_additions(struct dnn_graph *g, const char *text)
{
    static const char *const garbage[] = {"", "\n", "{}", "null", "hello", "sdbench cudnn plan 1\n", "{\"engine\":{}}"};
    struct text longer = {0};
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LEN(garbage); i++)
        failures += refuses(g, garbage[i], "nothing of a plan");
    text_add(&longer, "%s ", text);
    failures += refuses(g, text_get(&longer), "something behind it");
    text_free(&longer);
    return failures;
}

static int same_again(struct dnn_graph *g, const struct dnn_plan *p, const char *text)
{
    struct dnn_plan *again = NULL;
    char *second = NULL;
    int failures = 0;
    struct err e = dnn_plan_from_text(g, text, &again);
    if (!e.code)
        e = dnn_plan_text(again, &second);
    if (e.code)
        failures = failed("%s", err_text(e));
    else if (strcmp(dnn_plan_name(p), dnn_plan_name(again)) || dnn_plan_workspace(p) != dnn_plan_workspace(again))
        failures = failed("%s: %s came back as %s", dnn_graph_signature(g), dnn_plan_name(p), dnn_plan_name(again));
    else if (strcmp(text, second))
        failures = failed("%s: %s has another text when it comes back", dnn_graph_signature(g), dnn_plan_name(p));
    free(second);
    dnn_plan_free(again);
    err_free(&e);
    return failures;
}

/* others: graphs of other problems, or of another device. */
static int check_one(struct dnn_graph *g, int choice, struct dnn_graph *const *others, int count)
{
    struct dnn_plan *p;
    char *text = NULL;
    struct err e = dnn_plan_make(g, choice, &p);
    if (!e.code)
        e = dnn_plan_text(p, &text);
    if (e.code)
        stop(e);
    int failures = same_again(g, p, text) + refuses_damage(g, text) + refuses_additions(g, text);
    for (int i = 0; i < count; i++)
        failures += refuses(others[i], text, "another problem");
    printf("%s: %s: %zu bytes of text, %zu of workspace\n", dnn_graph_signature(g), dnn_plan_name(p), strlen(text),
           dnn_plan_workspace(p));
    free(text);
    dnn_plan_free(p);
    return failures;
}

int check_texts(void)
{
    struct dnn *d = open_described(described_device_find("sm_90"));
    struct problem one = {.is_conv = true, .conv = convolution}, uneven = one, wide = one, attention = {0};
    uneven.conv.r = uneven.conv.s = 2;
    uneven.conv.pad[2] = uneven.conv.pad[3] = 0;
    wide.conv.write = DTYPE_f32; /* compiled at run time */
    attention.attention = (struct attention_problem){.n = 6,
                                                     .heads = 8,
                                                     .t = 4096,
                                                     .s = 77,
                                                     .d = 40,
                                                     .q = {4096 * 320, 40, 320},
                                                     .k = {77 * 640, 40, 640},
                                                     .v = {77 * 640, 40, 640},
                                                     .y = {4096 * 320, 40, 320},
                                                     .read = DTYPE_f16,
                                                     .numerics = NUMERICS_half};
    struct dnn_graph *g[] = {ask(d, &one), ask(d, &uneven), ask(d, &wide), ask(d, &attention)};
    int failures = 0;
    for (size_t i = 0; i < ARRAY_LEN(g); i++) {
        struct dnn_graph *others[ARRAY_LEN(g)];
        int count = 0;
        for (size_t k = 0; k < ARRAY_LEN(g); k++)
            if (k != i)
                others[count++] = g[k];
        failures += check_one(g[i], 0, others, count);
    }
    failures += check_one(g[0], dnn_graph_choices(g[0]) - 1, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(g); i++)
        dnn_graph_free(g[i]);
    dnn_close(d);
    return failures;
}
