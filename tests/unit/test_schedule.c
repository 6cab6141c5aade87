/* How many samples of which state, and in which order: lists, what completes them, passes and their order. */
#include "bench/measure/schedule.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/series.h"

static const struct {
    const char *list, *words[3];
} refused[] = {
    {"", {"--states", "no state is called \"\""}},
    {"C2,", {"no state is called \"\""}},
    {"settled:1", {"--states", "\"settled\"", "C0, C1, C2, C3, C4, W0, W1"}},
    {"c2:1", {"c2"}},
    {"C2:", {"--states C2:", "0 to 100000"}},
    {"C2:x", {"--states C2:x", "0 to 100000"}},
    {"C2:6x", {"--states C2:6x", "0 to 100000"}},
    {"C2:-1", {"--states C2:-1", "0 to 100000"}},
    {"C2:100001", {"--states C2:100001", "0 to 100000"}},
    {"C2:99999999999999999999", {"0 to 100000"}},
    {"C2:1:2", {"--states C2:1:2"}},
    {"C2:1,C2:3", {"--states", "C2", "twice"}},
};

Test(schedule, refuses_with_the_option_and_the_part)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        int count[STATE_COUNT];
        struct err e = schedule_parse("--states", refused[i].list, count);
        cr_expect(e.code == ERR_FAILED, "\"%s\": %d", refused[i].list, e.code);
        for (int w = 0; w < 3 && refused[i].words[w]; w++)
            cr_expect(strstr(err_text(e), refused[i].words[w]), "\"%s\": no \"%s\" in: %s", refused[i].list,
                      refused[i].words[w], err_text(e));
        err_free(&e);
    }
}

/* "C0 C1 C2 C3 C4 W0 W1", as they are counted. */
static const char *counts_text(const int count[STATE_COUNT], char out[128])
{
    *out = 0;
    for (int i = 0; i < STATE_COUNT; i++)
        sprintf(out + strlen(out), "%s%d", i ? " " : "", count[i]);
    return out;
}

/* Of made-up options on a workload of "C0:1,C2:2,W1:4". */
static struct err make(const char *states, int samples, struct schedule *out)
{
    const struct options o = {.states = states, .samples = samples, .precision = 0.5, .seconds = 9};
    const struct workload w = {.name = "w", .states = "C0:1,C2:2,W1:4", .burn_in = 1, .settle = true};
    return schedule_make(&o, &w, out);
}

static const struct {
    const char *states;
    int samples;
    const char *counts, *why;
} completed[] = {
    {NULL, 0, "1 0 2 0 0 0 4", "the workload's"},
    {NULL, 50, "1 0 2 0 0 0 50", "--samples says how many warm ones"},
    {"C2:3", 0, "0 0 3 0 0 0 4", "what is named takes the place of all, but the warm ones stay"},
    {"C2:3,W1:7", 0, "0 0 3 0 0 0 7", "both are named"},
    {"C2:3,W1:7", 9, "0 0 3 0 0 0 9", "--samples has the last word"},
    {"C2:3,W1:0", 0, "0 0 3 0 0 0 0", "none is asked for by name"},
    {"C2", 0, "0 0 1 0 0 0 4", "without a number it is one"},
    {"W1:5", 0, "0 0 1 0 0 0 5", "warm samples need a process"},
    {"W0:3,W1:0", 0, "0 0 3 0 0 3 0", "one process each"},
    {"C4:2,W0:3,C2:1", 0, "0 0 3 0 2 3 4", "as many processes as the most of them need"},
    {"C0:2,W1:0", 0, "2 0 0 0 0 0 0", "a state of its own needs no other"},
    {"C0:0,C1:1,C3:4", 0, "0 1 1 4 0 0 4", "warm ones beside other states"},
};

Test(schedule, what_is_named_is_completed)
{
    for (size_t i = 0; i < ARRAY_LEN(completed); i++) {
        struct schedule s;
        char text[128];
        struct err e = make(completed[i].states, completed[i].samples, &s);
        cr_assert(!e.code, "%s: %s", completed[i].why, err_text(e));
        cr_expect_str_eq(counts_text(s.count, text), completed[i].counts, "%s: %s", completed[i].why, text);
        cr_expect(s.burn_in == 1 && s.settle && s.seconds == 9);
        cr_expect_float_eq(s.precision, 0.005, 1e-12, "percent become a share");
    }
}

Test(schedule, nothing_at_all_is_refused)
{
    struct schedule s;
    struct err e = make("C2:0,W1:0", 0, &s);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "--states: no sample at all"), "%d %s", e.code, err_text(e));
    err_free(&e);
}

/* The rows of the table are read by the same code as options. */
Test(schedule, all_workloads_have_one)
{
    static const struct options o;
    for (const struct workload *w = workloads; w->name; w++) {
        struct schedule s;
        cr_expect(!schedule_make(&o, w, &s).code, "%s", w->name);
        cr_expect(s.count[STATE_C0] && s.count[STATE_C2] >= 2 && s.count[STATE_W1] >= s.count[STATE_C2], "%s", w->name);
    }
}

Test(schedule, a_given_seed_is_taken)
{
    struct options o = {.order_seed = 0};
    const struct workload w = {.states = "C2:1"};
    struct schedule s;
    o.given[OPTION_order_seed] = true;
    cr_assert(!schedule_make(&o, &w, &s).code);
    cr_expect_eq(s.seed, 0, "0 is a seed too");
    o.order_seed = UINT64_MAX;
    cr_assert(!schedule_make(&o, &w, &s).code);
    cr_expect_eq(s.seed, UINT64_MAX);
}

/* A state with fewer samples takes part in the last passes, and in exactly as many as it has samples. */
Test(schedule, passes)
{
    const struct schedule s = {
        .count = {[STATE_C0] = 1, [STATE_C1] = 3, [STATE_C2] = 5, [STATE_C4] = 9, [STATE_W1] = 99}};
    cr_expect_eq(schedule_passes(&s), 5);
    for (int state = 0; state < STATE_COUNT; state++) {
        int taken = 0;
        for (int pass = 0; pass < 5; pass++) {
            bool takes_part = schedule_takes_part(&s, (enum state_id)state, pass);
            cr_expect(!takes_part || pass >= 5 - s.count[state], "%s in pass %d", state_rows[state].name, pass);
            taken += takes_part;
        }
        cr_expect_eq(taken, state_rows[state].live ? 0 : s.count[state], "%s", state_rows[state].name);
    }
}

/* Warm medians are to become more precise, and nothing else. */
Test(schedule, passes_for_more_precision)
{
    const struct schedule s = {.count = {[STATE_C0] = 1, [STATE_C2] = 2, [STATE_C3] = 2, [STATE_W1] = 4}};
    for (int pass = 2; pass < 8; pass++)
        for (int state = 0; state < STATE_COUNT; state++)
            cr_expect_eq(schedule_takes_part(&s, (enum state_id)state, pass), state == STATE_C2, "%s in pass %d",
                         state_rows[state].name, pass);
    const struct schedule none = {.count = {[STATE_C0] = 1}};
    cr_expect_not(schedule_takes_part(&none, STATE_C2, 1), "what has no sample has none then");
}

/* Passes 2 k and 2 k + 1 go different ways, and which one begins is drawn: both happen, about as often. */
Test(schedule, order_is_mirrored_and_drawn)
{
    int mirrored = 0, differ = 0;
    for (int k = 0; k < 1000; k++) {
        cr_assert_neq(order_is_backward(7, 2 * k), order_is_backward(7, 2 * k + 1), "round %d", k);
        mirrored += order_is_backward(7, 2 * k);
        differ += order_is_backward(7, 2 * k) != order_is_backward(8, 2 * k);
    }
    cr_expect(400 < mirrored && mirrored < 600, "BAAB in %d of 1000 rounds", mirrored);
    cr_expect(400 < differ && differ < 600, "another seed differs in %d of 1000 rounds", differ);
}

/* Warm samples are spread evenly, those of a state in a live process go to the first processes. */
Test(schedule, what_a_process_does)
{
    struct schedule s = {.count = {[STATE_C2] = 4, [STATE_C4] = 1, [STATE_W0] = 2, [STATE_W1] = 10}, .settle = true};
    static const char *const expected[] = {"settle,W1:3,W0,C4", "settle,W1:3,W0", "settle,W1:3", "settle,W1:3"};
    char text[SERIES_TEXT];
    cr_expect_eq(schedule_warm_each(&s), 3);
    for (int k = 0; k < 4; k++)
        cr_expect_str_eq(schedule_series(&s, k, text), expected[k], "process %d: %s", k, text);
    s.settle = false;
    cr_expect_str_eq(schedule_series(&s, 3, text), "W1:3");
    s.count[STATE_W1] = 0;
    s.settle = true;
    cr_expect_str_eq(schedule_series(&s, 0, text), "W0,C4", "nothing settles for nothing");
    cr_expect_str_empty(schedule_series(&s, 3, text));
    s.count[STATE_C2] = 0;
    cr_expect_eq(schedule_warm_each(&s), 0);
}

/* What one says the other reads. */
Test(schedule, series_can_be_parsed)
{
    const struct schedule s = {.count = {[STATE_C2] = 1, [STATE_C4] = 1, [STATE_W0] = 1, [STATE_W1] = 100000},
                               .settle = true};
    char text[SERIES_TEXT];
    struct series series;
    cr_assert(!series_parse(schedule_series(&s, 0, text), &series).code, "%s", text);
    cr_expect_eq(series.items, 4);
    cr_expect(series.item[1].kind == SERIES_W1 && series.item[1].count == 100000);
}

Test(schedule, samples_are_counted_with_their_spread)
{
    struct schedule s = {.count = {[STATE_C0] = 1, [STATE_C2] = 4, [STATE_C4] = 1, [STATE_W0] = 2, [STATE_W1] = 10}};
    cr_expect_eq(schedule_samples(&s, 1), 1 + 4 + 1 + 2 + 4 * 3);
    cr_expect_eq(schedule_samples(&s, 3), 3 * 20);
    s.burn_in = 2;
    cr_expect_eq(schedule_samples(&s, 3), 3 * (20 + 2 * 2), "a cold and a warm one of each pass");
    cr_expect_eq(schedule_samples(&s, 0), 0);
}
