/* `profile` on the backend that is compiled for the host, with a stand-in for CUPTI: every kernel gets its layer,
 * launch by launch and in recordings, and whatever CUPTI does wrong is told in one line. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cuda/on_host.h"
#include "tests/support/program.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

static void open_host(void)
{
    char library[4200];
    cuda_on_host();
    snprintf(library, sizeof library, "%s/libcupti.so.13", getenv("SDBENCH_CUDA"));
    if (access(library, R_OK))
        cr_skip("the stand-in for CUPTI was not built: it needs CUDA 13's headers");
    scratch_open();
    setenv("SDBENCH_LOCK", scratch_path("lock"), 1);
}

TestSuite(cuda_profile, .init = open_host, .fini = scratch_close, .timeout = 120);

/* Of the last run. */
static char folder[16];

static struct program_result run(const char *fault, const char *variant, const char *runs, int code)
{
    if (*fault)
        setenv("SDBENCH_FAKE_CUPTI", fault, 1);
    else
        unsetenv("SDBENCH_FAKE_CUPTI");
    static int runs_so_far;
    snprintf(folder, sizeof folder, "p%d", runs_so_far++);
    const char *const argument[] = {"profile", "--workload", "tiny",      "--steps",       "2",    "--size",
                                    "8x8",     "--preset",   "diffusers", "--images",      "1",    "--backend",
                                    "cuda",    "--variants", variant,     "--repetitions", "2",    "--tune-seconds",
                                    "0",       "--runs",     runs,        "--out",         folder, "-q",
                                    NULL};
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "%s, %s: exit %d, not %d: %s", fault, variant, r.code, code, r.log);
    return r;
}

static const cJSON *find(const struct record_list *l, const char *kind, const char *plan, const char *path)
{
    char words[128];
    snprintf(words, sizeof words, "\"path\":[\"%s\"", path);
    for (int i = 0; i < l->count; i++)
        if (record_is(l->record[i], kind) && (!plan || !strcmp(record_text(l->record[i], "plan"), plan)) &&
            (!*path || strstr(record_line(l->record[i]), words)))
            return l->record[i];
    cr_assert_fail("no record of kind %s with %s", kind, path);
    return NULL;
}

/* No kernel without its layer; each replay has its recording's nodes, exactly. */
static void expect_whole(const struct record_list *l, bool replays)
{
    int kernels = 0;
    for (int i = 0; i < l->count; i++) {
        const cJSON *r = l->record[i];
        if (record_is(r, "kernel") && !strcmp(record_text(r, "activity"), "kernel")) {
            kernels++;
            cr_expect(*record_text(r, "plan") && *record_text(r, "op"), "%s", record_line(r));
            cr_expect_eq(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(r, "in_graph")), replays);
            cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(r, "grid")), 3);
            cr_expect(record_number(r, "registers") > 0);
        } else if (record_is(r, "account")) {
            cr_expect_eq(record_number(r, "unattributed_ns"), 0);
            cr_expect_eq(record_number(r, "unclassified_ns"), 0);
            cr_expect(!replays || record_number(r, "kernels") == record_number(r, "expected_kernels"));
            cr_expect(!replays || record_number(r, "kernels") > 300);
        }
    }
    cr_expect(kernels > 300, "%d", kernels);
}

Test(cuda_profile, launch_by_launch)
{
    struct program_result r = run("", "standard", "trace", 0);
    struct record_list l = record_list_read(folder);
    expect_whole(&l, false);
    const cJSON *conv = find(&l, "kernel", "denoise_step", "unet/conv_in");
    cr_expect_str_eq(record_text(conv, "class"), "convolution");
    cr_expect_eq(record_number(conv, "calls"), 2);
    const cJSON *p = find(&l, "profile", NULL, "");
    cr_expect_str_eq(record_text(p, "source"), "cupti");
    cr_expect(!strncmp(record_text(p, "source_description"), "CUPTI 13", 8), "%s", record_line(p));
    cr_expect(strstr(r.output, "VALID\n") && strstr(r.output, "how they are launched"), "%s", r.output);
    record_list_free(&l);
    program_result_free(&r);
}

/* Kernels of a recording have nothing but a node's number; a fused one has all the layers that it replaced. */
Test(cuda_profile, in_recordings)
{
    struct program_result r = run("", "fused", "trace", 0);
    struct record_list l = record_list_read(folder);
    expect_whole(&l, true);
    const cJSON *fused =
        find(&l, "kernel", "denoise_step", "unet/down_blocks.0/attentions.0/transformer_blocks.0/attn1/attention");
    cr_expect(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(fused, "path")) >= 5, "%s", record_line(fused));
    cr_expect(strstr(r.output, "ran in recordings"), "%s", r.output);
    record_list_free(&l);
    program_result_free(&r);
}

/* What makes a trace worthless, and the words that say so. */
static const struct {
    const char *fault, *variant, *words;
} faults[] = {
    {"busy", "fused", "CUPTI is taken by 'Nsight Systems'"},
    {"old", "fused", "CUPTI is too old"},
    {"denied", "fused", "NVreg_RestrictProfilingToAdminUsers=0"},
    {"fatal:100", "fused", "CUPTI stopped tracing"},
    {"drop:3", "fused", "3 records were dropped"},
    {"zero:2000", "standard", "times that are zero or inverted"},
    {"inverted:2000", "standard", "times that are zero or inverted"},
    {"truncated", "fused", "could not be read"},
    {"unknown:2000", "standard", "could not be read"},
    {"extra", "fused", "its recording has"},
    {"lost:50/20", "fused", "its recording has"},
    {"lost:50/20", "standard", "repetition 1"},
    {"relabel", "fused", "labels of nodes are wrong"},
    {"overlap:100/50", "standard", "overlap on one stream"},
};

/* One line, exit code 2, and what was recorded before is there. */
Test(cuda_profile, what_goes_wrong_is_told)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct program_result r = run(faults[i].fault, faults[i].variant, "trace", 2);
        cr_expect(strstr(r.log, faults[i].words), "%s: no \"%s\" in %s", faults[i].fault, faults[i].words, r.log);
        cr_expect_eq(strchr(r.log, '\n'), r.log + strlen(r.log) - 1, "one line: %s", r.log);
        program_result_free(&r);
    }
}

/* Without CUPTI the variant is timed all the same. */
Test(cuda_profile, without_cupti_there_are_times)
{
    struct program_result r = run("busy", "fused", "timing,trace", 2);
    struct record_list l = record_list_read(folder);
    cr_expect(record_list_samples(&l, "W1", NULL) >= 2);
    cr_expect(strstr(r.log, "not traced: CUPTI is taken"), "%s", r.log);
    record_list_free(&l);
    program_result_free(&r);
}
