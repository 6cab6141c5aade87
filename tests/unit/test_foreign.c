/* Load by others, from made-up readings: when it is told, and what records and the table say of it. */
#include "bench/json.h"
#include "bench/measure/foreign.h"
#include "bench/measure/record.h"
#include "bench/measure/table.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(foreign, .init = scratch_open, .fini = scratch_close);

/* A reading on some day; seconds of wall time, of the process, of all processors, and of these stolen, all since then.
 */
static struct usage reading(int processors, double wall, double own, double busy, double stolen)
{
    double tick = (double)proc_stat_tick_ns() * 1e-9;
    return (struct usage){.time_ns = 1000000000000 + llround(wall * 1e9),
                          .own_ns = 5000000000 + llround(own * 1e9),
                          .machine = {700000 + llround(busy / tick), 3000 + llround(stolen / tick), processors}};
}

static struct foreign foreign_in(int processors, double wall, double own, double busy, double stolen)
{
    struct usage begin = reading(processors, 0, 0, 0, 0), end = reading(processors, wall, own, busy, stolen);
    return foreign_of(&begin, &end);
}

static const struct {
    const char *what;
    int processors;
    double wall, own, busy, stolen; /* seconds */
    double share, stolen_share;
} known[] = {
    {"all is our own", 2, 10, 20, 20, 0, 0, 0},
    {"others idle, and so are we", 2, 10, 0, 0, 0, 0, 0},
    {"a neighbour on one of two", 2, 10, 10, 20, 0, 0.5, 0},
    {"a neighbour on one of 64", 64, 10, 100, 110, 0, 1 / 64., 0},
    {"stolen counts as load", 4, 10, 30, 34, 4, 0.1, 0.1},
    {"stolen and used by others", 4, 10, 30, 36, 4, 0.15, 0.1},
    {"stolen, but counted as our own", 4, 10, 34, 34, 4, 0.1, 0.1},
    {"the kernel's count lags behind ours", 2, 10, 20, 19.9, 0, 0, 0},
    {"it runs ahead of the clock", 2, 10, 1, 22, 0, 1, 0},
    {"exactly the limit", 2, 10, 10, 10.6, 0, 0.03, 0},
};

Test(foreign, share)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct foreign f = foreign_in(known[i].processors, known[i].wall, known[i].own, known[i].busy, known[i].stolen);
        cr_expect(f.known, "%s: %s", known[i].what, f.reason);
        cr_expect(fabs(f.share - known[i].share) < 1e-9, "%s: %g", known[i].what, f.share);
        cr_expect(fabs(f.stolen_share - known[i].stolen_share) < 1e-9, "%s: stolen %g", known[i].what, f.stolen_share);
        cr_expect(f.disturbed ? strstr(f.reason, "others used") != NULL : !*f.reason, "%s: %s", known[i].what,
                  f.reason);
    }
}

Test(foreign, limit)
{
    cr_expect_not(foreign_in(2, 10, 10, 10.59, 0).disturbed, "2.95 %%");
    struct foreign f = foreign_in(2, 10, 10, 10.62, 0);
    cr_expect(f.disturbed && strstr(f.reason, "3.1 %") && strstr(f.reason, "limit is 3 %"), "%s", f.reason);
    cr_expect_not(strstr(f.reason, "stolen"), "%s", f.reason);
    f = foreign_in(4, 10, 30, 36, 4);
    cr_expect(f.disturbed && strstr(f.reason, "15.0 %") && strstr(f.reason, "10.0 % were stolen"), "%s", f.reason);
}

/* The more of it a neighbour used, the larger the share. */
Test(foreign, grows_with_the_load)
{
    for (int k = 1; k <= 10; k++)
        cr_expect_gt(foreign_in(2, 10, 10, 10 + k, 0).share, foreign_in(2, 10, 10, 9 + k, 0).share, "%d s", k);
}

/* From there on, a tick too much of each processor and of each counter of the sum is no more than the limit. */
Test(foreign, shortest_sample)
{
    static const int processors[] = {1, 2, 3, 8, 64, 512};
    double tick = (double)proc_stat_tick_ns() * 1e-9;
    for (size_t i = 0; i < ARRAY_LEN(processors); i++) {
        int n = processors[i];
        double shortest = (double)foreign_shortest_ns(n) * 1e-9, wrong = tick * (n + BUSY_COUNTERS);
        struct foreign f = foreign_in(n, shortest, 0.5, 0.5 + wrong, 0);
        cr_expect(f.known && !f.disturbed, "%d: share %g %s", n, f.share, f.reason);
        cr_expect_gt(f.share, 0.99 * FOREIGN_LIMIT, "%d: no longer than needed: %g", n, f.share);
        f = foreign_in(n, shortest - 1e-6, 0.5, n * shortest, 0);
        cr_expect(!f.known && !f.disturbed && strstr(f.reason, "too short"), "%d: %s", n, f.reason);
    }
}

static const struct {
    const char *word;
    int before, after;
    double wall, own, busy, stolen;
} unknown[] = {
    {"does not tell", 0, 0, 10, 20, 0, 0},
    {"does not tell", 0, 2, 10, 20, 20, 0},
    {"does not tell", 2, 0, 10, 20, 20, 0},
    {"came or went", 2, 4, 10, 20, 20, 0},
    {"backwards", 2, 2, 10, 5, -1, 0},
    {"backwards", 2, 2, 10, 5, 6, -1},
    {"backwards", 2, 2, 10, -5, 6, 0},
    {"backwards", 2, 2, -10, 5, 6, 0},
    {"too short", 2, 2, 0, 0, 0, 0},
    {"less than this process used", 2, 2, 10, 20, 0, 0},
    {"less than this process used", 2, 2, 10, 20, 9, 0},
    {"more time than there was", 2, 2, 10, 20, 41, 0},
    {"more time than there was", 2, 2, 10, 20, 1e9, 1e9},
};

Test(foreign, unknown_is_no_number)
{
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        struct usage begin = reading(unknown[i].before, 0, 0, 0, 0);
        struct usage end =
            reading(unknown[i].after, unknown[i].wall, unknown[i].own, unknown[i].busy, unknown[i].stolen);
        struct foreign f = foreign_of(&begin, &end);
        cr_expect(!f.known && !f.disturbed && f.share == 0, "row %zu: share %g", i, f.share);
        cr_expect(strstr(f.reason, unknown[i].word), "row %zu: %s", i, f.reason);
    }
}

/* A run that never was: one cold sample that is too short, and three warm ones of which the second was disturbed. */
struct made_up {
    struct options options;
    struct sample sample[4];
    struct bench_result result;
};

static void make_up(struct made_up *m, double busy)
{
    static const struct {
        bool cold;
        double wall, own;
    } rows[] = {{true, 0.001, 0.001}, {false, 10, 20}, {false, 10, 16}, {false, 10, 20}};
    *m = (struct made_up){0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        m->sample[i] = (struct sample){.cold = rows[i].cold, .begin = reading(2, 0, 0, 0, 0)};
        m->sample[i].end = reading(2, rows[i].wall, rows[i].own, i == 2 ? busy : rows[i].own, 0);
    }
    cr_assert(!workload_from_options(&m->options, "quick", &m->result.workload).code);
    m->result.options = &m->options;
    m->result.preset = &presets[0];
    m->result.variants = 1;
    m->result.weights_resident = 1;
    m->result.variant[0] = (struct variant_result){.variant = &variants[0], .sample = m->sample, .samples = 4};
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

Test(foreign, is_recorded)
{
    struct made_up m;
    make_up(&m, 18.4);
    struct err e = records_write(&m.result, scratch_path("records.jsonl"));
    cr_assert(!e.code, "%s", err_text(e));
    size_t n;
    int samples = 0;
    char *lines = scratch_read("records.jsonl", &n), *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        cJSON *record = cJSON_Parse(line);
        if (strcmp(json_string(record, "kind"), "sample")) {
            cJSON_Delete(record);
            continue;
        }
        bool is_short = samples == 0, disturbed = samples == 2;
        cr_expect_eq(cJSON_IsNumber(get(record, "foreign_share")), !is_short, "%s", line);
        cr_expect_eq(cJSON_IsNumber(get(record, "stolen_share")), !is_short, "%s", line);
        cr_expect_eq(strstr(json_string(record, "foreign_share_unknown"), "too short") != NULL, is_short, "%s", line);
        cr_expect_float_eq(json_number(record, "foreign_share"), disturbed ? 0.12 : 0, 1e-9, "%s", line);
        cr_expect_str_eq(json_string(record, "validity"), disturbed ? "disturbed" : "valid");
        cr_expect_eq(strstr(json_string(record, "reason"), "12.0 %") != NULL, disturbed, "%s", line);
        cr_expect_eq(cJSON_HasObjectItem(record, "reason"), disturbed, "%s", line);
        samples++;
        cJSON_Delete(record);
    }
    cr_expect_eq(samples, 4, "none is dropped");
    free(lines);
}

Test(foreign, marks_the_table)
{
    struct made_up m;
    struct text marks = {0}, note = {0};
    make_up(&m, 18.4);
    table_marks(&m.result, &marks);
    table_note_unjudged(&m.result, &note);
    cr_expect(strstr(text_get(&marks), "! Standard, warm start: ") == marks.bytes, "%s", text_get(&marks));
    cr_expect(strstr(text_get(&marks), "1 of 3 samples (at most 12.0 %)"), "%s", text_get(&marks));
    cr_expect_not(strstr(text_get(&marks), "cold"), "%s", text_get(&marks));
    cr_expect(strstr(text_get(&note), "1 of 4 samples: not known"), "%s", text_get(&note));
    text_free(&marks);
    text_free(&note);
    make_up(&m, 16.1);
    table_marks(&m.result, &marks);
    cr_expect_str_empty(text_get(&marks), "0.5 %% is no reason");
    text_free(&marks);
}

Test(foreign, is_in_the_json)
{
    struct made_up m;
    make_up(&m, 18.4);
    cJSON *json = cJSON_CreateObject();
    struct err e = table_json(&m.result, json);
    cr_assert(!e.code, "%s", err_text(e));
    const cJSON *row = cJSON_GetArrayItem(get(json, "rows"), 0), *cold = get(row, "cold"), *warm = get(row, "warm");
    cr_expect_eq(json_number(warm, "samples"), 3);
    cr_expect_eq(json_number(warm, "disturbed_samples"), 1);
    cr_expect_eq(json_number(warm, "unjudged_samples"), 0);
    cr_expect_float_eq(json_number(warm, "largest_foreign_share"), 0.12, 1e-9);
    cr_expect_eq(json_number(cold, "disturbed_samples"), 0);
    cr_expect_eq(json_number(cold, "unjudged_samples"), 1);
    cr_expect_not(cJSON_HasObjectItem(cold, "largest_foreign_share"), "unknown is no number");
    cr_expect(strstr(cJSON_GetArrayItem(get(json, "notes"), 0)->valuestring, "! Standard, warm start"));
    cJSON_Delete(json);
}
