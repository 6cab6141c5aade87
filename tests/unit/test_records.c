/* Reading records: whole files, files that end anywhere, and files that hold anything. */
#include "bench/record/read.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/json.h"
#include "bench/record/record.h"

TestSuite(records, .init = scratch_open, .fini = scratch_close);

#define ENVIRONMENT "{\"schema\":2,\"kind\":\"environment\",\"planned\":{\"samples\":3}}\n"
#define SAMPLE      "{\"schema\":2,\"kind\":\"sample\",\"time_ns\":5,\"note\":\"a\\nb {\"}\n"
#define END         "{\"schema\":2,\"kind\":\"end\",\"status\":\"complete\",\"records\":{\"environment\":1,\"sample\":3}}\n"

static struct err count_one(void *context, const cJSON *record)
{
    cr_assert(cJSON_IsObject(record));
    ++*(int *)context;
    return OK;
}

/* What a file of n bytes says; the line of what is missing is malloc'ed. */
static char *read_bytes(const char *bytes, size_t n, struct records_summary *s)
{
    int seen = 0;
    struct text missing = {0};
    scratch_write("records.jsonl", bytes, n);
    struct err e = records_read(scratch_path("records.jsonl"), (struct records_visitor){&seen, count_one}, s);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_eq(seen, s->records);
    cr_expect_eq(s->lines, s->records + s->bad_lines + s->newer_lines + s->is_cut_off);
    text_add(&missing, "%s", "");
    records_missing_text(s, &missing);
    cr_expect_not(strchr(missing.bytes, '\n'), "%s", missing.bytes);
    return missing.bytes;
}

static char *read_text(const char *text, struct records_summary *s)
{
    return read_bytes(text, strlen(text), s);
}

Test(records, begin_with_what_all_have)
{
    static const char *const names[] = {"schema", "kind", "run", "variant", "backend", "workload", "time"};
    int year, month, day, hour, minute, second, ms, end = 0;
    cJSON *record = record_begin("sample", "r", "fused", "cpu", "tiny");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        cr_expect_str_eq(cJSON_GetArrayItem(record, (int)i)->string, names[i]);
    cr_expect_eq(json_number(record, "schema"), RECORD_SCHEMA);
    cr_expect_str_eq(json_string(record, "backend"), "cpu");
    const char *at = json_string(record, "time");
    cr_expect_eq(sscanf(at, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day, &hour, &minute, &second, &ms, &end),
                 7, "%s", at);
    cr_expect_eq((size_t)end, strlen(at), "%s", at);
    cJSON_Delete(record);
    char text[RECORD_TIME_SIZE];
    record_time_text((struct timespec){1795555346, 125999999}, text);
    cr_expect_str_eq(text, "2026-11-24T21:22:26.125Z");
}

Test(records, find_numbers_that_are_not_finite)
{
    const double values[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        struct text where = {0};
        cJSON *record = cJSON_Parse("{\"a\":1,\"phases\":[{\"b\":2},[3,{\"c\":1e308}]]}");
        cr_expect_not(record_is_not_finite(record, &where));
        cr_expect_eq(where.length, 0);
        cJSON *list = cJSON_GetArrayItem(cJSON_GetObjectItem(record, "phases"), 1);
        cJSON_AddNumberToObject(cJSON_GetArrayItem(list, 1), "d", values[i]);
        cr_expect(record_is_not_finite(record, &where));
        cr_expect_str_eq(text_get(&where), "phases[1][1].d");
        text_free(&where);
        cJSON_Delete(record);
    }
}

/* Objects that are whole count, whatever comes behind them. */
Test(records, every_beginning_of_a_file_is_readable)
{
    static const char whole[] = ENVIRONMENT SAMPLE SAMPLE SAMPLE END;
    struct records_summary s;
    for (size_t n = 0; n < sizeof whole; n++) {
        int objects = 0, samples = 0;
        const char *at = whole;
        for (const char *end; (end = strchr(at, '\n')) && (size_t)(end - whole) <= n; at = end + 1) {
            objects++;
            samples += !strncmp(at, SAMPLE, strlen(SAMPLE));
        }
        bool is_between = (size_t)(at - whole) >= n;
        char *missing = read_bytes(whole, n, &s), says[64];
        cr_expect_eq(s.records, objects, "%zu bytes: %s", n, missing);
        cr_expect_eq(s.samples, samples, "%zu bytes", n);
        cr_expect_eq(s.bad_lines, 0, "%zu bytes", n);
        cr_expect_eq(s.is_cut_off, !is_between, "%zu bytes: %s", n, missing);
        snprintf(says, sizeof says, "%d of 3 samples are there", samples);
        cr_expect_eq(strstr(missing, says) != NULL, objects > 0 && samples < 3, "%zu bytes: %s", n, missing);
        cr_expect_eq(strstr(missing, "no end record") != NULL, objects > 0 && objects < 5, "%zu bytes: %s", n, missing);
        cr_expect_eq(!*missing, objects == 5, "%zu bytes: %s", n, missing);
        free(missing);
    }
}

static const struct {
    const char *what, *text, *missing;
} files[] = {
    {"nothing", "", "no record"},
    {"whole", ENVIRONMENT SAMPLE SAMPLE SAMPLE END, ""},
    {"in mid-run", ENVIRONMENT SAMPLE, "cut off: 1 of 3 samples are there, no end record"},
    {"in a line", ENVIRONMENT SAMPLE "{\"sch",
     "cut off: 1 of 3 samples are there, the last line is not whole, no end record"},
    {"of Windows", "{\"schema\":2,\"kind\":\"end\",\"status\":\"complete\"}\r\n", ""},
    {"no plan", SAMPLE, "cut off: no end record"},
    {"cancelled",
     ENVIRONMENT SAMPLE "{\"schema\":2,\"kind\":\"end\",\"status\":\"cancelled\",\"reason\":\"Ctrl-C\","
                        "\"records\":{\"environment\":1,\"sample\":1}}\n",
     "cancelled (Ctrl-C), 1 of 3 samples are there"},
    {"failed", "{\"schema\":2,\"kind\":\"end\",\"status\":\"failed\",\"reason\":\"a\\nb\"}\n", "failed (a b)"},
    {"no status", "{\"schema\":2,\"kind\":\"end\"}\n", "ended without a status"},
    {"a line was lost", SAMPLE END, "1 of 3 samples are there"},
    {"schema 1 has no end", "{\"schema\":1,\"kind\":\"sample\"}\n", ""},
    {"schema 1, cut", "{\"schema\":1,\"kind\":\"sample\"}\n{", "cut off: the last line is not whole"},
    {"one bad line", ENVIRONMENT "x\n" SAMPLE SAMPLE SAMPLE END, "1 line cannot be read (line 2 is not JSON)"},
    {"bad lines", SAMPLE "[1]\n\n" END,
     "1 of 3 samples are there, 2 lines cannot be read (line 2 is JSON, but no object)"},
    {"no schema", "{\"kind\":\"end\"}\n", "no record, 1 line cannot be read (line 1 has no schema)"},
    {"half a schema", "{\"schema\":1.5,\"kind\":\"end\"}\n", "no record, 1 line cannot be read (line 1 has no schema)"},
    {"a text as schema", "{\"schema\":\"1\",\"kind\":\"a\"}\n",
     "no record, 1 line cannot be read (line 1 has no schema)"},
    {"no kind", "{\"schema\":1,\"kind\":3}\n", "no record, 1 line cannot be read (line 1 has no kind)"},
    {"two objects", "{\"schema\":1,\"kind\":\"a\"} {}\n", "no record, 1 line cannot be read (line 1 is not JSON)"},
    {"too large", "{\"schema\":1,\"kind\":\"a\",\"b\":[1e999]}\n",
     "no record, 1 line cannot be read (line 1 has a number that is too large)"},
    {"of the future", "{\"schema\":9,\"kind\":\"sample\"}\n",
     "1 record of schema 9, where this sdbench knows up to 2: a newer one reads all"},
};

Test(records, tell_what_is_missing)
{
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        struct records_summary s;
        char *missing = read_text(files[i].text, &s);
        cr_expect_str_eq(missing, files[i].missing, "%s: %s", files[i].what, missing);
        free(missing);
    }
}

Test(records, a_nul_ends_no_line)
{
    static const char bytes[] = "{\"schema\":1,\"kind\":\"a\"}\0\n{\"schema\":1,\"kind\":\"a\"}\n";
    struct records_summary s;
    free(read_bytes(bytes, sizeof bytes - 1, &s));
    cr_expect_eq(s.records, 1);
    cr_expect_eq(s.first_bad_line, 1);
}

/* A record without a newline behind it is whole: it has its last brace. */
Test(records, the_last_newline_may_be_missing)
{
    struct records_summary s;
    char *missing = read_bytes(END, strlen(END) - 1, &s);
    cr_expect(s.has_end && !s.is_cut_off && s.records == 1, "%s", missing);
    free(missing);
}

Test(records, counts_that_are_none_are_not_believed)
{
    static const char *const counts[] = {"-1", "\"3\"", "1e300", "null", "[]"};
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        char text[128];
        struct records_summary s;
        snprintf(text, sizeof text, "{\"schema\":2,\"kind\":\"environment\",\"planned\":{\"samples\":%s}}\n",
                 counts[i]);
        free(read_text(text, &s));
        cr_expect(s.has_environment && s.planned_samples < 0, "%s", text);
    }
}

/* A line of 200 MB, and then a record: neither holds more memory than a line may. */
Test(records, a_long_line_is_skipped)
{
    enum { MB = 1 << 20, LONG = 200 };
    struct records_summary s;
    struct rusage before, after;
    int fd = open(scratch_path("long"), O_RDWR | O_CREAT, 0600);
    cr_assert(fd >= 0 && !ftruncate(fd, (off_t)LONG * MB) && lseek(fd, 0, SEEK_END) > 0);
    cr_assert(write(fd, "\n" SAMPLE, 1 + strlen(SAMPLE)) > 0 && !close(fd));
    getrusage(RUSAGE_SELF, &before);
    cr_assert(!records_read(scratch_path("long"), (struct records_visitor){0}, &s).code);
    getrusage(RUSAGE_SELF, &after);
    cr_expect(s.records == 1 && s.samples == 1 && s.bad_lines == 1 && s.first_bad_line == 1);
    cr_expect_str_eq(s.first_bad_reason, "is longer than 16 MB");
    cr_expect_lt(after.ru_maxrss - before.ru_maxrss, LONG * 1024 / 2, "kB");
}

Test(records, old_ones_are_read)
{
    const char *root = getenv("SDBENCH_SOURCE");
    struct records_summary s;
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/schema-1", root ? root : ".");
    struct err e = records_read(path, (struct records_visitor){0}, &s);
    cr_assert(!e.code, "%s", err_text(e));
    struct text missing = {0};
    records_missing_text(&s, &missing);
    cr_expect(s.newest_schema == 1 && s.samples > 0 && s.has_environment && !s.has_end);
    cr_expect_str_empty(text_get(&missing));
    text_free(&missing);
}

static struct err refuse_second(void *context, const cJSON *record)
{
    (void)record;
    return ++*(int *)context == 2 ? err_fail("enough") : OK;
}

Test(records, a_visitor_ends_the_reading)
{
    int seen = 0;
    struct records_summary s;
    scratch_write("a", SAMPLE SAMPLE SAMPLE, 3 * strlen(SAMPLE));
    struct err e = records_read(scratch_path("a"), (struct records_visitor){&seen, refuse_second}, &s);
    cr_expect_str_eq(err_text(e), "enough");
    cr_expect_eq(seen, 2);
    err_free(&e);
}

Test(records, what_is_no_file_is_refused)
{
    struct records_summary s;
    cr_assert(!mkfifo(scratch_path("fifo"), 0600) && !mkdir(scratch_path("empty"), 0700));
    const struct {
        const char *path, *says;
    } cases[] = {{scratch_path("missing"), "missing: No such file or directory"},
                 {scratch_path("empty"), "empty/records.jsonl: No such file or directory"},
                 {scratch_path("fifo"), "fifo: not a regular file"},
                 {"/dev/zero", "/dev/zero: not a regular file"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = records_read(cases[i].path, (struct records_visitor){0}, &s);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "%s", err_text(e));
        err_free(&e);
    }
}
