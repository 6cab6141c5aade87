/* `bench`: its records, the order of its samples, and how many there are. */
#include "tests/cli/bench_run.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/schedule.h"

TestSuite(cli_bench_records, .init = bench_open, .fini = scratch_close, .timeout = 120);

/* Units stand at the end of names; these few are numbers of things, or have none. */
static bool has_unit(const char *name)
{
    static const char *const units[] = {"_ns",     "_bytes", "_ratio",  "_share", "_db", "_hz",
                                        "_faults", "_files", "_events", "_mw",    "_mj", "_c"};
    static const char *const plain[] = {"schema",
                                        "cores",
                                        "cores_online",
                                        "numa_nodes",
                                        "cgroup_cores",
                                        "threads",
                                        "process",
                                        "round",
                                        "entries",
                                        "evaluations",
                                        "launches",
                                        "flop",
                                        "nice",
                                        "pixels_largest_difference",
                                        "samples",
                                        "bytes",
                                        "autogroup_enabled",
                                        "autogroup_nice",
                                        "readings",
                                        "foreign_processes",
                                        "images"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (length > strlen(units[i]) && !strcmp(name + length - strlen(units[i]), units[i]))
            return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(name, plain[i]))
            return true;
    return false;
}

/* What the user asked for has the names of options, and counts those of kinds and states. */
static bool is_asked_for(const char *name)
{
    return !strcmp(name, "job") || !strcmp(name, "schedule") || !strcmp(name, "records");
}

static void check_units(const cJSON *value, const cJSON *record)
{
    const cJSON *field;
    cJSON_ArrayForEach(field, value)
    {
        cr_expect_not(cJSON_IsNull(field), "%s: not known is left out: %s", field->string, record_line(record));
        if (cJSON_IsNumber(field) && cJSON_IsObject(value))
            cr_expect(has_unit(field->string), "%s has no unit: %s", field->string, record_line(record));
        else if ((cJSON_IsObject(field) || cJSON_IsArray(field)) && !(field->string && is_asked_for(field->string)))
            check_units(field, record);
    }
}

/* Others may do what they like meanwhile: the share, or why there is none; and a reason where it is large. */
static void check_foreign(const cJSON *record)
{
    double share = record_number(record, "foreign_share"), stolen = record_number(record, "stolen_share");
    const char *validity = record_text(record, "validity"), *line = record_line(record);
    cr_expect(isnan(share) == !!*record_text(record, "foreign_share_unknown"), "%s", line);
    cr_expect(isnan(share) || (0 <= stolen && stolen <= share && share <= 1), "%s", line);
    cr_expect(!(share > 0.03) || strcmp(validity, "valid"), "%s", line);
    cr_expect_eq(!strcmp(validity, "valid"), !*record_text(record, "reason"), "%s", line);
}

/* The phases, and what is in none, add up to the time exactly. */
static void check_phases(const cJSON *record)
{
    const cJSON *phase, *phases = cJSON_GetObjectItem(record, "phases");
    double left = record_number(record, "time_ns") - record_number(record, "unaccounted_ns");
    bool begins = false;
    cJSON_ArrayForEach(phase, phases)
    {
        left -= record_number(phase, "time_ns");
        begins |= record_number(phase, "begin_ns") == 0 && !strcmp(record_text(phase, "name"), "spawn to main");
        cr_expect(record_number(phase, "begin_ns") >= 0 && record_number(phase, "time_ns") >= 0 &&
                      record_number(phase, "begin_ns") <= record_number(record, "time_ns"),
                  "%s", record_line(record));
    }
    const char *state = record_text(record, "state");
    cr_expect_eq(left, 0, "%g ns are nowhere: %s", left, record_line(record));
    cr_expect(record_number(record, "unaccounted_ns") >= 0, "%s", record_line(record));
    cr_expect_geq(cJSON_GetArraySize(phases), *state == 'C' ? 9 : 4, "%s", record_line(record));
    cr_expect_eq(begins, *state == 'C' && strcmp(state, "C4"), "a process begins with its start: %s",
                 record_line(record));
}

/* The state before it, and the conditions during it. */
static void check_sample(const cJSON *record)
{
    static const char *const numbers[] = {
        "at_ns",        "time_ns",      "write_ns", "processor_time_ns", "peak_resident_bytes",
        "minor_faults", "major_faults", "nice",     "memory_free_bytes"};
    const char *state = record_text(record, "state"), *line = record_line(record);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cr_expect(isfinite(record_number(record, numbers[i])), "no %s: %s", numbers[i], line);
    cr_expect(strlen(record_text(record, "pixels_hash")) == 16 && strlen(record_text(record, "latents_hash")) == 16,
              "%s", line);
    cr_expect(*record_text(record, "scheduler"), "%s", line);
    double share = record_number(record, "weights_resident_share");
    if (!strcmp(state, "C2"))
        cr_expect(share >= 0.99 && share <= 1, "%s", line);
    else if (strcmp(state, "C0"))
        cr_expect(isnan(share), "what happens in a live process has no cache state: %s", line);
    cr_expect(cJSON_HasObjectItem(record, "round") != cJSON_IsTrue(cJSON_GetObjectItem(record, "burn_in")), "%s", line);
    check_foreign(record);
    check_phases(record);
}

static void check_record(const cJSON *record)
{
    static const char *const texts[] = {"kind", "run", "variant", "backend", "workload", "time"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(*record_text(record, texts[i]), "no %s: %s", texts[i], record_line(record));
    cr_expect_eq(record_number(record, "schema"), 2);
    check_units(record, record);
    if (record_is(record, "sample"))
        check_sample(record);
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

static int count_of(const struct record_list *l, const char *kind)
{
    int count = 0;
    for (int i = 0; i < l->count; i++)
        count += record_is(l->record[i], kind);
    return count;
}

/* As many as were planned, and as the end says. */
static void check_counts(const struct record_list *l, bool planned)
{
    int samples = record_list_samples(l, NULL, NULL);
    const cJSON *end = l->record[l->count - 1];
    cr_expect(record_is(l->record[0], "environment") && count_of(l, "environment") == 1);
    cr_assert(record_is(end, "end") && count_of(l, "end") == 1, "%s", record_line(end));
    cr_expect_str_eq(record_text(end, "status"), "complete");
    cr_expect_eq(record_number(get(end, "records"), "sample"), samples);
    cr_expect_eq(record_number(get(end, "records"), "plan"), count_of(l, "plan"));
    if (planned)
        cr_expect_eq(record_number(get(l->record[0], "planned"), "samples"), samples, "%s", record_line(l->record[0]));
    else
        cr_expect_not(cJSON_HasObjectItem(l->record[0], "planned"), "nobody knew beforehand");
}

Test(cli_bench_records, say_everything)
{
    BENCH_QUIETLY(NULL_TINY, "--out", "r", "--states", "C0:1,C1:1,C2:2,C3:1,C4:1,W0:1,W1:4");
    struct record_list l = record_list_read("r");
    for (int i = 0; i < l.count; i++)
        check_record(l.record[i]);
    check_counts(&l, true);
    cr_expect_eq(count_of(&l, "plan"), 4);
    cr_expect_eq(count_of(&l, "equivalence"), 0, "what computes nothing is not compared");
    cr_expect_eq(record_list_samples(&l, "C0", NULL), 4);
    cr_expect_eq(record_list_samples(&l, "C1", NULL), 0, "it is the same as C0");
    cr_expect_eq(record_list_samples(&l, "C2", NULL), 4 * (2 + 1), "with one of the burn-in");
    cr_expect_eq(record_list_samples(&l, "C4", NULL), 4);
    cr_expect_eq(record_list_samples(&l, "W0", NULL), 4);
    cr_expect_eq(record_list_samples(&l, "W1", NULL), 4 * (4 + 1));
    const cJSON *schedule = get(l.record[0], "schedule");
    cr_expect_eq(record_number(get(schedule, "samples"), "C2"), 2);
    cr_expect_eq(record_number(schedule, "burn_in_passes"), 1);
    cr_expect(isfinite(record_number(schedule, "order_seed")));
    record_list_free(&l);
}

Test(cli_bench_records, of_what_computes)
{
    bench_need_cpu();
    BENCH_QUIETLY(CPU_SMALL, "--out", "r", "--states", "C2:1,C4:1,W1:2", "--variants", "standard,fused");
    struct record_list l = record_list_read("r");
    for (int i = 0; i < l.count; i++) {
        check_record(l.record[i]);
        const char *state = record_text(l.record[i], "state");
        double share = record_number(l.record[i], "libraries_resident_share");
        cr_expect(strcmp(state, "C2") || isnan(share) || share >= 0.99, "%s", record_line(l.record[i]));
    }
    check_counts(&l, true);
    cr_expect_eq(count_of(&l, "equivalence"), 1, "fused with standard");
    record_list_free(&l);
}

/* Variants and states as their processes came: "standard C0", ... NULL behind the last; burn-in left out. */
enum { MOST = 64 };
struct order {
    char item[MOST][40];
    int count;
};

static struct order order_of(const char *folder)
{
    struct order o = {0};
    struct record_list l = record_list_read(folder);
    for (int i = 0; i < l.count; i++) {
        const char *state = record_text(l.record[i], "state");
        if (!record_is_sample(l.record[i], NULL) || cJSON_HasObjectItem(l.record[i], "burn_in") ||
            (strcmp(state, "C0") && strcmp(state, "C2")))
            continue;
        cr_assert_lt(o.count, MOST);
        snprintf(o.item[o.count++], sizeof *o.item, "%s %s", record_text(l.record[i], "variant"), state);
    }
    record_list_free(&l);
    return o;
}

static bool same_order(const struct order *a, const struct order *b)
{
    bool same = a->count == b->count;
    for (int i = 0; i < a->count && same; i++)
        same = !strcmp(a->item[i], b->item[i]);
    return same;
}

static void order_run(const char *folder, const char *seed, struct order *out)
{
    /* C0 need not be reached here: an invalid sample has its place all the same. */
    struct program_result r =
        program_run((const char *const[]){"bench", NULL_LEAST, "--variants", "standard,mixed,fused", "--states",
                                          "C0:4,C2:4,W1:4", "--order-seed", seed, "--out", folder, "-q", NULL},
                    &(struct program_setting){.folder = scratch_path("")});
    cr_assert(r.code == 0 || r.code == 2, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    *out = order_of(folder);
}

Test(cli_bench_records, passes_are_mirrored_in_a_drawn_order)
{
    static const char *const forward[] = {"standard C0", "standard C2", "mixed C0", "mixed C2", "fused C0", "fused C2"};
    enum { ITEMS = 6, PASSES = 4 };
    struct order first, again, other;
    uint64_t seed = 1, another = 2;
    while (order_is_backward(another, 0) == order_is_backward(seed, 0))
        another++;
    char text[32];
    order_run("a", "1", &first);
    order_run("b", "1", &again);
    snprintf(text, sizeof text, "%d", (int)another);
    order_run("c", text, &other);
    cr_expect(same_order(&first, &again), "the seed decides");
    cr_expect_not(same_order(&first, &other), "another seed, another order");
    cr_assert_eq(first.count, PASSES * ITEMS);
    for (int pass = 0; pass < PASSES; pass++)
        for (int i = 0; i < ITEMS; i++) {
            const char *expected = forward[order_is_backward(seed, pass) ? ITEMS - 1 - i : i];
            const char *mirror = first.item[(pass ^ 1) * ITEMS + ITEMS - 1 - i];
            cr_expect_str_eq(first.item[pass * ITEMS + i], expected, "pass %d, %d: %s", pass, i,
                             first.item[pass * ITEMS + i]);
            cr_expect_str_eq(first.item[pass * ITEMS + i], mirror, "pass %d and its mirror", pass);
        }
}

/* Two passes are one round. */
Test(cli_bench_records, rounds_are_pairs_of_passes)
{
    BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C2:5,W1:5", "--out", "r");
    struct record_list l = record_list_read("r");
    for (int i = 0, k = 0; i < l.count; i++)
        if (record_is_sample(l.record[i], "C2") && !cJSON_HasObjectItem(l.record[i], "burn_in"))
            cr_expect_eq(record_number(l.record[i], "round"), k++ / 2, "%s", record_line(l.record[i]));
    record_list_free(&l);
}

Test(cli_bench_records, samples_are_as_many_as_asked_for)
{
    BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C2:2", "--samples", "9", "--out", "a");
    struct record_list l = record_list_read("a");
    cr_expect_eq(record_list_samples(&l, "W1", NULL), 2 * 5 + 1, "at least, five in each process, and the burn-in");
    check_counts(&l, true);
    record_list_free(&l);
    BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C2:3,W1:0", "--out", "b");
    l = record_list_read("b");
    cr_expect_eq(record_list_samples(&l, "C2", NULL), 3 + 1);
    record_list_free(&l);
}

/* It goes on where the medians are not sure enough yet, four times as long at most, with C2 alone. */
Test(cli_bench_records, precision_asks_for_more)
{
    BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C0:1,C2:2,W1:2", "--precision", "0.0000001",
                  "--out", "r", "--json");
    struct record_list l = record_list_read("r");
    cr_expect_eq(record_list_samples(&l, "C2", NULL), 4 * 2 + 1);
    cr_expect_eq(record_list_samples(&l, "C0", NULL), 1);
    cr_expect_float_eq(record_number(get(l.record[0], "schedule"), "precision_ratio"), 1e-9, 1e-15);
    check_counts(&l, false);
    record_list_free(&l);
    BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C2:6,W1:6", "--precision", "100", "--out", "s");
    l = record_list_read("s");
    cr_expect_eq(record_list_samples(&l, "C2", NULL), 6 + 1, "sure to 100 %% they are from six on");
    record_list_free(&l);
}

Test(cli_bench_records, seconds_end_a_run)
{
    struct program_result r = BENCH(NULL_LEAST, "--variants", "standard", "--states", "C2:100000,W1:100000",
                                    "--seconds", "0.5", "--out", "r", "-q");
    EXPECT_WORDS(r.output, "note: fewer samples than planned: --seconds 0.5: the time was over");
    program_result_free(&r);
    struct record_list l = record_list_read("r");
    int samples = record_list_samples(&l, "C2", NULL);
    cr_expect(1 < samples && samples < 1000, "%d", samples);
    cr_expect_eq(record_number(get(l.record[0], "schedule"), "limit_ns"), 5e8);
    cr_expect(strstr(record_text(l.record[l.count - 1], "reason"), "the time was over"));
    check_counts(&l, false);
    record_list_free(&l);
}
