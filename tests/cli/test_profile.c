/* `profile` as a user runs it: processes of their own for timing and tracing, one folder, an account that closes. */
#include "tests/cli/bench_run.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(cli_profile, .init = bench_open, .fini = scratch_close, .timeout = 120);

#define PROFILE(code, ...) bench_run(code, (const char *const[]){"profile", __VA_ARGS__, "--out", "p", "-q", NULL})
#define SMALL              "--workload", "tiny", "--steps", "2", "--preset", "diffusers", "--size", "64x64", "--threads", "1"

static const char *const parts[] = {"named_ns",        "copy_ns",          "set_ns",     "unattributed_ns",
                                    "unclassified_ns", "idle_in_graph_ns", "host_gap_ns"};

static double sum_of_parts(const cJSON *account)
{
    double sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sum += record_number(account, parts[i]);
    return sum;
}

static double sum_of_times(const cJSON *kernel)
{
    const cJSON *item;
    double sum = 0;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(kernel, "times_ns")) sum += item->valuedouble;
    return sum;
}

static bool is_of(const cJSON *record, const char *kind, const char *variant)
{
    return record_is(record, kind) && !strcmp(record_text(record, "variant"), variant);
}

static int count_of(const struct record_list *l, const char *kind, const char *variant)
{
    int n = 0;
    for (int i = 0; i < l->count; i++)
        n += is_of(l->record[i], kind, variant);
    return n;
}

/* Every nanosecond of every repetition is in one part, and all work is in a row. */
static void expect_closed(const struct record_list *l, const char *variant, int repetitions)
{
    double work = 0, rows = 0;
    for (int i = 0; i < l->count; i++) {
        const cJSON *r = l->record[i];
        if (is_of(r, "account", variant)) {
            cr_expect_eq(sum_of_parts(r), record_number(r, "span_ns"), "%s", record_line(r));
            cr_expect_eq(record_number(r, "unattributed_ns") + record_number(r, "unclassified_ns"), 0);
            cr_expect_str_eq(record_text(r, "validity"), "valid", "%s", record_line(r));
            work += record_number(r, "named_ns") + record_number(r, "copy_ns");
        } else if (is_of(r, "kernel", variant)) {
            rows += sum_of_times(r);
        }
    }
    cr_expect_eq(count_of(l, "account", variant), repetitions);
    cr_expect(work > 0 && work == rows, "%.0f in accounts, %.0f in rows", work, rows);
}

static const cJSON *find(const struct record_list *l, const char *kind, const char *variant)
{
    for (int i = 0; i < l->count; i++)
        if (is_of(l->record[i], kind, variant))
            return l->record[i];
    cr_assert_fail("no %s of %s", kind, variant);
    return NULL;
}

/* A layer's convolution once in each step, with its cost. */
static void expect_conv_in(const struct record_list *l, const char *variant, int steps)
{
    const cJSON *found = NULL;
    for (int i = 0; i < l->count; i++)
        if (is_of(l->record[i], "kernel", variant) && !strcmp(record_text(l->record[i], "plan"), "denoise_step") &&
            strstr(record_line(l->record[i]), "\"path\":[\"unet/conv_in\""))
            found = l->record[i];
    cr_assert_not_null(found);
    cr_expect_str_eq(record_text(found, "class"), "convolution");
    cr_expect_eq(record_number(found, "calls"), steps);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(found, "times_ns")), 2 * steps);
    cr_expect(record_number(found, "product_flop") > 0 && record_number(found, "model_bytes") > 0);
}

Test(cli_profile, accounts_for_the_cpu)
{
    bench_need_cpu();
    struct stat st;
    struct program_result r =
        PROFILE(0, SMALL, "--backend", "cpu", "--variants", "standard,fused", "--repetitions", "2");
    struct record_list l = record_list_read("p");
    static const char *const variants[] = {"standard", "fused"};
    for (int i = 0; i < 2; i++) {
        expect_closed(&l, variants[i], 2);
        expect_conv_in(&l, variants[i], 2);
        const cJSON *p = find(&l, "profile", variants[i]);
        cr_expect_str_eq(record_text(p, "source"), "host clock");
        cr_expect_str_eq(record_text(p, "validity"), "valid", "%s", record_line(p));
        cr_expect(record_number(p, "overhead_ratio") > -1 && record_number(p, "callback_ns") > 0);
        cr_expect(record_number(p, "launches") > 100);
        cr_expect_eq(count_of(&l, "step", variants[i]), variants[i][0] == 'f' ? 5 : 4, "stages and steps");
        cr_expect(count_of(&l, "sample", variants[i]) == 3 && count_of(&l, "plan", variants[i]) == 1);
        char trace[64];
        snprintf(trace, sizeof trace, "p/%s", record_text(p, "trace"));
        cr_expect(!stat(scratch_path(trace), &st) && st.st_size > 1000, "%s", trace);
    }
    record_list_free(&l);
    bench_drop(r);
}

/* A device without CUPTI: the shared object that opens it is not there. */
Test(cli_profile, without_cupti_the_timing_still_runs)
{
    const char *program = getenv("SDBENCH_PROGRAM");
    char real[PATH_MAX], folder[PATH_MAX + 32];
    cr_assert(realpath(program ? program : "build/sdbench", real));
    snprintf(folder, sizeof folder, "%.*s/tests/device", (int)(strrchr(real, '/') - real), real);
    setenv("SDBENCH_BACKENDS", folder, 1);
    setenv("SDBENCH_CUDA", folder, 1); /* a driver that only loads lies there */
    struct program_result r = PROFILE(2, SMALL, "--backend", "cuda", "--variants", "fused", "--repetitions", "2");
    struct record_list l = record_list_read("p");
    cr_expect_eq(record_list_samples(&l, "W1", "valid") + record_list_samples(&l, "W1", "disturbed"), 2);
    EXPECT_WORDS(r.log, "fused: not traced: CUPTI cannot be used", "was not built");
    const cJSON *p = find(&l, "profile", "fused");
    cr_expect_str_eq(record_text(p, "validity"), "invalid");
    EXPECT_WORDS(record_text(p, "reason"), "CUPTI cannot be used");
    cr_expect_eq(strchr(r.log, '\n'), r.log + strlen(r.log) - 1, "one line: %s", r.log);
    record_list_free(&l);
    bench_drop(r);
}

Test(cli_profile, tells_what_it_cannot_take)
{
    static const struct {
        const char *option, *value, *words;
    } rows[] = {{"--by", "colour", "colour"},
                {"--runs", "timing,tracing", "did you mean"},
                {"--repetitions", "1", "between 2 and 1000"},
                {"--top", "0", "between 1 and"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct program_result r = PROFILE(3, "--backend", "null", rows[i].option, rows[i].value);
        EXPECT_WORDS(r.log, rows[i].words);
        bench_drop(r);
    }
    cr_expect_eq(bench_files_left(), 0);
}

/* The same as JSON: all of both variants, and what one won against the other. */
Test(cli_profile, as_json)
{
    struct program_result r = PROFILE(0, SMALL, "--backend", "null", "--variants", "standard,fused", "--repetitions",
                                      "2", "--runs", "trace", "--by", "class", "--json");
    cJSON *json = cJSON_Parse(r.output);
    cr_assert_not_null(json, "%s", r.output);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "profiles")), 2);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "alignments")), 1);
    cJSON_Delete(json);
    bench_drop(r);
}
