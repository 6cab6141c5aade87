/* Load by others, from made-up readings: when it is told, and what records and the table say of it. */
#include "bench/json.h"
#include "bench/measure/foreign.h"
#include "bench/measure/records.h"
#include "bench/measure/table.h"
#include "bench/measure/validity.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
        enum state_id state;
        double wall, own;
    } rows[] = {{STATE_C2, 0.001, 0.001}, {STATE_W1, 10, 20}, {STATE_W1, 10, 16}, {STATE_W1, 10, 20}};
    *m = (struct made_up){0};
    struct bench_result *r = &m->result;
    cr_assert(!workload_from_options(&m->options, "tiny", &r->job.workload).code);
    r->job.options = &m->options;
    r->job.preset = &presets[0];
    r->variants = 1;
    r->variant[0].variant = &variants[0];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sample *s = &m->sample[i];
        *s = (struct sample){.state = &state_rows[rows[i].state], .settled = true, .begin = reading(2, 0, 0, 0, 0)};
        s->end = reading(2, rows[i].wall, rows[i].own, i == 2 ? busy : rows[i].own, 0);
        s->unaccounted_ns = sample_time_ns(s);
        s->evidence.reached = true;
        r->schedule.count[rows[i].state]++;
        validity_judge(s, &(struct validity_context){0});
        cr_assert(!variant_result_keep(&r->variant[0], s).code);
    }
}

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

Test(foreign, is_recorded)
{
    struct made_up m;
    struct run_folder f = {.run = "r"};
    make_up(&m, 18.4);
    for (int i = 0; i < 4; i++) {
        cJSON *record = record_sample(&f, &m.result, &m.result.variant[0], &m.sample[i]);
        bool is_short = i == 0, disturbed = i == 2;
        cr_expect_eq(cJSON_IsNumber(get(record, "foreign_share")), !is_short, "%d", i);
        cr_expect_eq(cJSON_IsNumber(get(record, "stolen_share")), !is_short, "%d", i);
        cr_expect_eq(strstr(json_string(record, "foreign_share_unknown"), "too short") != NULL, is_short, "%d", i);
        cr_expect_float_eq(json_number(record, "foreign_share"), disturbed ? 0.12 : 0, 1e-9, "%d", i);
        cr_expect_str_eq(json_string(record, "validity"), disturbed ? "disturbed" : "valid");
        cr_expect_eq(strstr(json_string(record, "reason"), "12.0 %") != NULL, disturbed, "%d", i);
        cr_expect_eq(cJSON_HasObjectItem(record, "reason"), disturbed, "%d", i);
        cJSON_Delete(record);
    }
    bench_result_free(&m.result);
}

static void expect_notes(const struct made_up *m, const char *word, const char * not )
{
    struct text notes = {0};
    cr_assert(!table_notes(&m->result, &notes).code);
    cr_expect(strstr(text_get(&notes), word), "no \"%s\": %s", word, text_get(&notes));
    cr_expect_not(strstr(text_get(&notes), not ), "\"%s\": %s", not, text_get(&notes));
    text_free(&notes);
}

Test(foreign, marks_the_table)
{
    struct made_up m;
    make_up(&m, 18.4);
    expect_notes(&m, "! Standard, W1: 1 of 3 samples disturbed (others used at most 12.0 %", "C2: 1 of");
    expect_notes(&m, "1 of 4 samples: not known", "! Standard, C2");
    bench_result_free(&m.result);
    make_up(&m, 16.1);
    expect_notes(&m, "1 of 4 samples: not known", "! ");
    bench_result_free(&m.result);
}

/* Who reads it should not be told that others did what another reason did. */
Test(foreign, is_not_blamed_for_other_reasons)
{
    struct made_up m;
    make_up(&m, 16.1);
    struct sample s = m.sample[2];
    validity_judge(&s, &(struct validity_context){.other_run_known = true, .other_run = true});
    cr_assert(!variant_result_keep(&m.result.variant[0], &s).code);
    expect_notes(&m, "! Standard, W1: 1 of 4 samples disturbed (another timed run of sdbench", "others used");
    bench_result_free(&m.result);
}

Test(foreign, is_in_the_json)
{
    struct made_up m;
    make_up(&m, 18.4);
    cJSON *json = cJSON_CreateObject();
    struct err e = table_json(&m.result, json);
    cr_assert(!e.code, "%s", err_text(e));
    const cJSON *states = get(cJSON_GetArrayItem(get(json, "rows"), 0), "states"),
                *cold = cJSON_GetArrayItem(states, 0), *warm = cJSON_GetArrayItem(states, 1);
    cr_expect_str_eq(json_string(cold, "state"), "C2");
    cr_expect_eq(json_number(cold, "samples"), 1);
    cr_expect_eq(json_number(cold, "disturbed_samples"), 0);
    cr_expect_str_eq(json_string(warm, "state"), "W1");
    cr_expect_eq(json_number(warm, "samples"), 3);
    cr_expect_eq(json_number(warm, "disturbed_samples"), 1);
    cr_expect(strstr(cJSON_GetArrayItem(get(json, "notes"), 0)->valuestring, "! Standard, W1"));
    cJSON_Delete(json);
    bench_result_free(&m.result);
}
