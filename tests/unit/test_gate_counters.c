/* Exact counters: compared with blessed ones, and the file that holds these. */
#include "bench/gate/counters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "tests/support/scratch.h"

TestSuite(gate_counters, .init = scratch_open, .fini = scratch_close);

static const struct counters one = {.workload = "tiny",
                                    .variant = "fused",
                                    .backend = "cpu",
                                    .library = "oneDNN 2.6.3, avx2",
                                    .threads = 2,
                                    .graph_hash = 0xfedcba9876543210,
                                    .launches = 120,
                                    .arena_bytes = 4096,
                                    .weights_bytes = 1000000,
                                    .flop = (uint64_t)1 << 53};

static struct counters with(const char *variant, const char *library)
{
    struct counters c = one;
    snprintf(c.variant, sizeof c.variant, "%s", variant);
    snprintf(c.library, sizeof c.library, "%s", library);
    return c;
}

static struct blessed read_all(void)
{
    struct blessed b;
    struct err e = blessed_read(scratch_path("a/counters.json"), &b);
    cr_assert(!e.code, "%s", err_text(e));
    return b;
}

static void bless(const struct counters *c, size_t n)
{
    struct err e = blessed_bless(scratch_path("a/counters.json"), c, n);
    cr_assert(!e.code, "%s", err_text(e));
}

Test(gate_counters, equal_changed_new)
{
    struct blessed b = read_all();
    cr_expect_eq(b.count, 0, "no file is no entries");
    cr_expect_eq(counters_compare(&b, &one).state, COUNTERS_NEW);
    bless(&one, 1);
    b = read_all();
    cr_expect_eq(counters_compare(&b, &one).state, COUNTERS_EQUAL);

    struct counters now = one;
    now.graph_hash = 1;
    now.launches = 119;
    now.flop--;
    struct counters_verdict v = counters_compare(&b, &now);
    cr_expect(v.state == COUNTERS_CHANGED && v.changes == 3 && !v.other_library);
    cr_expect_str_eq(v.change[0].field, "graph_hash");
    cr_expect_str_eq(v.change[0].before, "fedcba9876543210");
    cr_expect_str_eq(v.change[0].after, "0000000000000001");
    cr_expect_str_eq(v.change[1].before, "120");
    cr_expect_str_eq(v.change[1].after, "119");
    cr_expect_str_eq(v.change[2].before, "9007199254740992");
    cr_expect_str_eq(v.change[2].after, "9007199254740991");
    now = with("mixed", one.library);
    cr_expect_eq(counters_compare(&b, &now).state, COUNTERS_NEW);
    blessed_free(&b);
}

Test(gate_counters, an_arena_is_for_its_threads)
{
    bless(&one, 1);
    struct blessed b = read_all();
    struct counters now = one;
    now.arena_bytes++;
    struct counters_verdict v = counters_compare(&b, &now);
    cr_expect(v.state == COUNTERS_CHANGED && v.changes == 1 && !v.other_threads);
    cr_expect_str_eq(v.change[0].field, "arena_bytes");
    now.threads = 4;
    v = counters_compare(&b, &now);
    cr_expect(v.state == COUNTERS_EQUAL && v.other_threads);
    now.launches++;
    cr_expect_eq(counters_compare(&b, &now).state, COUNTERS_CHANGED);
    blessed_free(&b);
}

Test(gate_counters, another_library_has_the_same_graph)
{
    const struct counters others[] = {one, with("fused", "oneDNN 3.2, avx2")};
    bless(others, 2);
    struct blessed b = read_all();
    struct counters now = with("fused", "oneDNN 3.5, avx2");
    now.launches = now.arena_bytes = now.weights_bytes = 1; /* the library's own */
    struct counters_verdict v = counters_compare(&b, &now);
    cr_expect(v.state == COUNTERS_NEW && v.other_library && v.blessed);
    now.graph_hash++;
    v = counters_compare(&b, &now);
    cr_expect(v.state == COUNTERS_CHANGED && v.other_library && v.changes == 1);
    b.entry[1].graph_hash++; /* blessed on one of the two machines */
    cr_expect_eq(counters_compare(&b, &now).state, COUNTERS_NEW);
    blessed_free(&b);
}

Test(gate_counters, blessing_keeps_the_others_and_sorts)
{
    struct counters c[] = {with("mixed", "b"), with("fused", "b"), with("fused", "a")};
    size_t n;
    bless(c, 3);
    c[1].launches = 7;
    bless(&c[1], 1);
    char *text = scratch_read("a/counters.json", &n);
    const char *a = strstr(text, "\"fused\",\"backend\":\"cpu\",\"library\":\"a\""),
               *b = strstr(text, "\"fused\",\"backend\":\"cpu\",\"library\":\"b\""), *m = strstr(text, "\"mixed\"");
    cr_expect(a && b && m && a < b && b < m, "%s", text);
    int lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    cr_expect_eq(lines, 5, "an entry a line: %s", text);
    cr_expect(!strncmp(text, "[\n{", 3) && !strcmp(text + n - 4, "}\n]\n"), "%s", text);
    free(text);
    struct blessed all = read_all();
    cr_expect(all.count == 3 && all.entry[0].launches == 120 && all.entry[1].launches == 7);
    blessed_free(&all);
    cr_expect_eq(scratch_count(), 1, "no temporary is left");
}

#define ROW                                                                                                          \
    "{\"workload\":\"w\",\"variant\":\"v\",\"backend\":\"b\",\"library\":\"l\",\"graph_hash\":\"0123456789abcdef\"," \
    "\"threads\":2,\"launches\":1,\"arena_bytes\":2,\"weights_bytes\":3,\"flop\":4}"

Test(gate_counters, damaged_files)
{
    static const struct {
        const char *text, *words[2];
    } cases[] = {
        {"", {"line 1", "begin with ["}},
        {"{}", {"line 1", "begin with ["}},
        {"[\n" ROW "\n" ROW "\n]\n", {"line 3", "comma"}},
        {"[\n" ROW ",\n" ROW "\n]\n", {"line 3", "second entry"}},
        {"[\n" ROW, {"line 2", "middle"}},
        {"[\n" ROW ",\n", {"line 3", "middle"}},
        {"[\n" ROW ",\n]\n", {"line 3", "no JSON"}},
        {"[\n" ROW "\n]\nmore", {"line 4", "more"}},
        {"[\n<<<<<<< HEAD\n" ROW "\n]\n", {"line 2", "no JSON"}},
        {"[\n" ROW ",\n{\"workload\":\"w\"}\n]\n", {"line 3", "variant"}},
        {"[\n1\n]\n", {"line 2", "object"}},
        {"[\n\n{\"workload\":7}\n]\n", {"line 3", "workload"}},
        {"[\n{\"workload\":\n\"w\",\n,}\n]\n", {"line 4", "no JSON"}},
        {"[[[[[[[[[[[[", {"line 1", "no JSON"}},
        {"[\n\xff\n]", {"no text", "counters.json"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct blessed b;
        scratch_write("counters.json", cases[i].text, strlen(cases[i].text));
        struct err e = blessed_read(scratch_path("counters.json"), &b);
        cr_expect_eq(e.code, ERR_FAILED, "%s", cases[i].text);
        for (int k = 0; k < 2; k++)
            cr_expect(strstr(err_text(e), cases[i].words[k]), "no \"%s\" in: %s", cases[i].words[k], err_text(e));
        cr_expect(!strchr(err_text(e), '\n') && !b.count);
        err_free(&e);
        e = blessed_bless(scratch_path("counters.json"), &one, 1);
        cr_expect_eq(e.code, ERR_FAILED, "and it is not written over: %s", cases[i].text);
        err_free(&e);
    }
}

/* One field at a time, of a row that is otherwise right. */
Test(gate_counters, damaged_fields)
{
    static const char *const cases[][2] = {
        {"\"0123456789abcdef\"", "\"0123456789abcde\""},
        {"\"0123456789abcdef\"", "\"0123456789abcdeg\""},
        {"\"launches\":1", "\"launches\":-1"},
        {"\"launches\":1", "\"launches\":1.5"},
        {"\"launches\":1", "\"launches\":1e300"},
        {"\"launches\":1", "\"launches\":\"1\""},
        {"\"launches\":1", "\"lunches\":1"},
        {"\"launches\":1", "\"launches\":1,\"launches\":1"},
        {"\"launches\":1", "\"launches\":1,\"note\":1"},
        {"\"l\"", "\"\""},
        {"\"l\"", "\"\\u0001\""},
        {"\"flop\":4", "\"flop\":9007199254740993.0e1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[1000];
        const char *at = strstr(ROW, cases[i][0]);
        cr_assert(at, "%s", cases[i][0]);
        snprintf(text, sizeof text, "[\n%.*s%s%s\n]\n", (int)(at - ROW), ROW, cases[i][1], at + strlen(cases[i][0]));
        scratch_write("counters.json", text, strlen(text));
        struct blessed b;
        struct err e = blessed_read(scratch_path("counters.json"), &b);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "line 2: "), "%s: %s", cases[i][1], err_text(e));
        err_free(&e);
    }
}

Test(gate_counters, the_library_has_no_threads)
{
    static const struct device_facts none, card = {.name = "NVIDIA H200",
                                                   .slice = "1g.18gb",
                                                   .capability = 90,
                                                   .driver = "580.65",
                                                   .libraries = "CUDA 13.0, cuDNN 9.19.0"};
    static const char *const cases[][2] = {
        {"oneDNN 2.6.3, avx512_core_bf16, 2 threads, OpenMP", "oneDNN 2.6.3, avx512_core_bf16"},
        {"obvious loops with double sums, 1 thread", "obvious loops with double sums"},
        {"computes nothing", "computes nothing"},
        {"made, of 3 threaded, parts", "made, of 3 threaded, parts"},
        {"", "unknown"},
    };
    char line[COUNTERS_LIBRARY];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        counters_library(cases[i][0], &none, line);
        cr_expect_str_eq(line, cases[i][1]);
    }
    counters_library("a line with choices", &card, line);
    cr_expect_str_eq(line, "NVIDIA H200 slice 1g.18gb, sm_90, CUDA 13.0, cuDNN 9.19.0");
}
