/* What is told of a target that does not come back, and that inputs are made as promised. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/supervise.h"
#include "tests/support/scratch.h"

static void open_source(void)
{
    scratch_open();
    setenv("SDBENCH_SOURCE", scratch_path(""), 1);
    setenv("TMPDIR", scratch_path(""), 1);
}

TestSuite(fuzz_supervise, .init = open_source, .fini = scratch_close);

static void *volatile lost;

/* One bug for each first letter. */
static void buggy(const uint8_t *data, size_t size)
{
    volatile bool forever = true;
    char path[1024];
    snprintf(path, sizeof path, "%s/left", fuzz_folder());
    fuzz_require(size > 1, "inputs are longer than one byte");
    if (*data == 'k')
        raise(SIGKILL);
    if (*data == 'e')
        exit(0);
    while (*data == 'l' && forever)
        continue;
    if (*data == 'f')
        fuzz_require(dup(0) > 0, "a file can be left open");
    if (*data == 'm')
        lost = malloc(100);
    if (*data == 'd')
        fuzz_require(!mkdir(path, 0777), "a folder can be made");
}

static const struct fuzz_target target = {
    .name = "buggy", .run = buggy, .token = (const char *const[]){NULL}, .limit_ms = 50};

static void run_twice(const struct fuzz_target *t, void *input)
{
    fuzz_run(t, (const uint8_t *)"good", 4);
    fuzz_run(t, input, strlen(input));
}

static void expect_found(const char *input, const char *words)
{
    struct fuzz_finding found;
    size_t length;
    struct err e = fuzz_supervise(&target, run_twice, (void *)(uintptr_t)input, &found);
    cr_assert(e.code == ERR_MISMATCH && strstr(err_text(e), words), "%s: %s", input, err_text(e));
    cr_expect_eq(found.counts.runs, 1);
    cr_assert(strstr(err_text(e), found.path) && !strncmp(found.path, scratch_path(""), strlen(scratch_path(""))));
    char *saved = scratch_read(found.path + strlen(scratch_path("")), &length);
    cr_expect(length == strlen(input) && !memcmp(saved, input, length), "%s: %s is saved", input, saved);
    free(saved);
    err_free(&e);
}

Test(fuzz_supervise, findings)
{
    expect_found("!", "does not hold: inputs are longer than one byte");
    expect_found("killed", "ended by signal 9");
    expect_found("exit", "ended the process");
    expect_found("loop", "more than 50 ms of CPU time");
    expect_found("file", "does not hold: all files are closed");
#ifdef __SANITIZE_ADDRESS__ /* only then is memory counted */
    expect_found("memory", "does not hold: all memory is given back");
#endif
    cr_expect_eq(scratch_count(), 1, "something other than build/ is left");
}

Test(fuzz_supervise, what_is_in_the_folder_goes)
{
    struct fuzz_finding found;
    struct err e = fuzz_supervise(&target, run_twice, "disk", &found);
    cr_expect(!e.code && found.counts.runs == 2 && !*found.path, "%s", err_text(e));
    cr_expect_eq(scratch_count(), 0);
}

static void interrupt(const struct fuzz_target *t, void *context)
{
    (void)t, (void)context;
    raise(SIGINT);
}

Test(fuzz_supervise, an_interrupt_is_no_finding)
{
    struct fuzz_finding found;
    struct err e = fuzz_supervise(&target, interrupt, NULL, &found);
    cr_expect(e.code == ERR_CANCELLED && !*found.path, "%s", err_text(e));
    err_free(&e);
    cr_expect_eq(scratch_count(), 0);
}

/* The short test is the same one on every machine. */
Test(fuzz_mutate, inputs_are_repeatable_and_bounded)
{
    static uint8_t long_one[FUZZ_BYTES], a[FUZZ_BYTES], b[FUZZ_BYTES];
    struct corpus c = {0};
    corpus_add(&c, (const uint8_t *)"", 0);
    corpus_add(&c, (const uint8_t *)"{\"a\": [1, 20]}", 14);
    corpus_add(&c, long_one, sizeof long_one);
    struct mutator one = {5, &c, fuzz_targets[FUZZ_json].token}, two = one;
    size_t empty = 0, longest = 0, different = 0;
    for (int i = 0; i < 3000; i++) {
        size_t n = mutate(&one, a), m = mutate(&two, b);
        cr_assert(n == m && n <= FUZZ_BYTES && !memcmp(a, b, n), "mutant %d", i);
        empty += !n;
        longest = n > longest ? n : longest;
        different += n != 14 || memcmp(a, c.item[1].bytes, 14);
    }
    cr_expect(empty > 0 && empty < 1000 && longest == FUZZ_BYTES && different > 2500, "%zu empty, longest %zu, %zu new",
              empty, longest, different);
    corpus_free(&c);
}
