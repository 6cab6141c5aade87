/* The table: for each variant on one device, how many problems have plans, and what replaces the others. */
#include "tests/cuda/program/cudnn_checks.h"
#include "tests/cuda/program/cudnn_outcomes.h"
#include "tests/cuda/program/cudnn_problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer { UNASKED, PRECOMPILED, COMPILED, REPLACED, NOTHING, ANSWERS };

/* A problem of any variant and its answer, so that what variants share is asked once. */
struct known {
    struct problem problem;
    enum answer answer;
    const char *replacement;
};
struct table {
    const struct described_device *device;
    struct dnn *dnn;
    struct outcomes compiled;
    struct known *known;
    int count, capacity, failures, plans;
};

/* Every precompiled choice has to become a plan; whether there was one. */
static bool make_precompiled(struct table *t, struct dnn_graph *g)
{
    int made = 0;
    for (int c = 0; c < dnn_graph_choices(g); c++) {
        struct dnn_plan *p;
        if (dnn_choice_compiles(g, c))
            continue;
        struct err e = dnn_plan_make(g, c, &p);
        if (e.code)
            t->failures += failed("%s: %s", t->device->name, err_text(e));
        else
            dnn_plan_free(p);
        made += !e.code;
        err_free(&e);
    }
    t->plans += made;
    return made;
}

/* One problem of each pattern is compiled, by the first of its choices that can be: a few need more of a device than
 * its description. */
static bool make_compiled(struct table *t, struct dnn_graph *g, const struct problem *p)
{
    enum { MOST_TRIED = 4 };
    char pattern[128];
    struct err first = OK;
    bool made = false, tried = false;
    problem_pattern(p, pattern);
    if (outcomes_known(&t->compiled, pattern))
        return true;
    for (int c = 0, attempts = 0; c < dnn_graph_choices(g) && attempts < MOST_TRIED && !made; c++) {
        struct dnn_plan *plan;
        if (!dnn_choice_compiles(g, c))
            continue;
        attempts++;
        tried = true;
        made = outcomes_from_before(&t->compiled, pattern, dnn_graph_signature(g), dnn_choice_name(g, c));
        if (made)
            break;
        struct err e = dnn_plan_make(g, c, &plan);
        if (!e.code) {
            made = true;
            outcomes_add(&t->compiled, pattern, dnn_graph_signature(g), dnn_choice_name(g, c));
            dnn_plan_free(plan);
        }
        first = err_first(first, e);
    }
    if (tried && !made)
        printf("%s: %s cannot be compiled: %s\n", t->device->name, pattern, err_text(first));
    err_free(&first);
    return made;
}

static enum answer ask(struct table *t, const struct problem *p);

/* Results in float32 of 16-bit convolutions can be written in 16 bits and converted. */
static bool has_narrow_form(struct table *t, const struct problem *p)
{
    struct problem narrow = *p;
    if (!p->is_conv || p->conv.write == p->conv.read)
        return false;
    narrow.conv.write = narrow.conv.read;
    return ask(t, &narrow) == PRECOMPILED;
}

/* What the backend runs in place of cuDNN; NULL where it has nothing. cuDNN has attention of 16-bit values since sm_80.
 */
static const char *replacement(struct table *t, const struct problem *p)
{
    if (p->is_conv)
        return has_narrow_form(t, p) ? "16-bit result and a cast" : NULL;
    if (p->causal)
        return "own causal kernel";
    if (p->attention.read == DTYPE_f32)
        return "own float32 kernel";
    return t->device->sm < 80 ? "GEMM, softmax, GEMM" : NULL;
}

static enum answer ask_cudnn(struct table *t, const struct problem *p, const char **instead)
{
    struct dnn_graph *g;
    enum answer a = REPLACED;
    struct err e = problem_ask(t->dnn, p, &g);
    if (!e.code) {
        t->failures += check_notes(g, p->is_conv ? p->conv.numerics : p->attention.numerics);
        a = make_precompiled(t, g) ? PRECOMPILED : make_compiled(t, g, p) ? COMPILED : REPLACED;
        dnn_graph_free(g);
    }
    if (a == REPLACED && !(*instead = replacement(t, p))) {
        t->failures += failed("%s: no plan and nothing else: %s", t->device->name, err_text(e));
        a = NOTHING;
    } else if (e.code && e.code != ERR_ABSENT) {
        t->failures += failed("%s: %s", t->device->name, err_text(e));
    }
    err_free(&e);
    return a;
}

static struct known *find(struct table *t, const struct problem *p)
{
    for (int i = 0; i < t->count; i++)
        if (!memcmp(&t->known[i].problem, p, sizeof *p))
            return &t->known[i];
    if (t->count == t->capacity) {
        t->capacity = t->capacity ? 2 * t->capacity : 256;
        t->known = realloc(t->known, (size_t)t->capacity * sizeof *t->known);
        if (!t->known)
            stop(err_fail("out of memory"));
    }
    t->known[t->count] = (struct known){.answer = UNASKED};
    memcpy(&t->known[t->count].problem, p, sizeof *p); /* with its padding */
    return &t->known[t->count++];
}

static enum answer ask(struct table *t, const struct problem *p)
{
    enum answer a = find(t, p)->answer;
    const char *instead = NULL;
    if (a == UNASKED) {
        a = ask_cudnn(t, p, &instead);
        struct known *k = find(t, p);
        k->answer = a;
        k->replacement = instead;
    }
    return a;
}

/* Each replacement once, with the number of problems that it is for. */
static void print_replaced(struct table *t, const struct problems *p)
{
    for (int i = 0; i < p->count; i++) {
        const char *instead = find(t, &p->all[i])->replacement;
        int same = 0, before = 0;
        for (int k = 0; instead && k < p->count; k++) {
            const char *other = find(t, &p->all[k])->replacement;
            const bool is_same = other && !strcmp(other, instead);
            same += is_same;
            before += is_same && k < i;
        }
        if (instead && !before)
            printf("%-7s %-15s %*d by: %s\n", t->device->name, "", 38, same, instead);
    }
}

/* Where cuDNN has to compile a float32 result of 16-bit values, its 16-bit result must be there without. */
static void check_narrow_form(struct table *t, const struct problem *p)
{
    if (p->is_conv && p->conv.write != p->conv.read && !has_narrow_form(t, p))
        t->failures +=
            failed("%s: a convolution has neither a precompiled float32 result nor a 16-bit one: n%d c%d h%d k%d",
                   t->device->name, (int)p->conv.n, (int)p->conv.c, (int)p->conv.h, (int)p->conv.k);
}

static void check_variant(struct table *t, const struct variant_row *row)
{
    struct problems p = problems_of(row);
    int count[ANSWERS] = {0};
    for (int i = 0; i < p.count; i++) {
        count[ask(t, &p.all[i])]++;
        check_narrow_form(t, &p.all[i]);
    }
    printf("%-7s %-15s %8d %11d %8d %8d\n", t->device->name, row->name, p.count, count[PRECOMPILED], count[COMPILED],
           count[REPLACED]);
    print_replaced(t, &p);
    problems_free(&p);
}

int check_table(const struct described_device *device, const char *cache)
{
    struct table t = {.device = device, .dnn = open_described(device)};
    outcomes_open(&t.compiled, cache, dnn_version(), device->name);
    printf("%-7s %-15s %8s %11s %8s %8s\n", "chip", "variant", "problems", "precompiled", "compiled", "replaced");
    for (const struct variant_row *row = variant_rows; row->name; row++)
        check_variant(&t, row);
    printf("%-7s %d plans made of %d problems, %d patterns compiled (%d of them before)\n", device->name, t.plans,
           t.count, t.compiled.patterns, t.compiled.from_before);
    outcomes_close(&t.compiled);
    free(t.known);
    dnn_close(t.dnn);
    return t.failures;
}
