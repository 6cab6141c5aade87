/* `bench`: what it refuses, the table, the files that it leaves. */
#include "tests/cli/bench_run.h"
#include "tests/support/pictures.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(cli_bench, .init = bench_open, .fini = scratch_close, .timeout = 120);

static const struct {
    const char *argument[12], *words[4];
} refused[] = {
    {{"bench", "quick"}, {"takes no argument", "\"quick\""}},
    {{"bench", "--workload", "quikc"}, {"quikc", "did you mean \"quick\""}},
    {{"bench", "--variants", "standard,mixde"}, {"mixde", "did you mean \"mixed\""}},
    {{"bench", "--variants", ""}, {"--variants"}},
    {{"bench", "--variants", "mixed,mixed"}, {"names mixed twice"}},
    {{"bench", "--samples", "0"}, {"--samples 0", "between 1 and 100000"}},
    {{"bench", NULL_TINY, "--states", "C7:1"}, {"--states", "C7"}},
    {{"bench", NULL_TINY, "--states", "C2:many"}, {"--states C2:many", "0 to 100000"}},
    {{"bench", NULL_TINY, "--states", "C2,C2:3"}, {"--states names C2 twice"}},
    {{"bench", NULL_TINY, "--states", "C2:0,W1:0"}, {"--states", "no sample at all"}},
    {{"bench", NULL_TINY, "--seconds", "soon"}, {"--seconds \"soon\""}},
    {{"bench", NULL_TINY, "--precision", "-1"}, {"--precision -1"}},
    {{"bench", NULL_TINY, "--save-plan", "p"}, {"--save-plan", "--variants NAME"}},
    {{"bench", "--preset", "diffuser"}, {"did you mean \"diffusers\""}},
    {{"bench", "--sampler", "eular"}, {"did you mean \"euler\""}},
    {{"bench", "--size", "100x100"}, {"--size 100x100"}},
    {{"bench", "--model", "nowhere"}, {"nowhere"}},
    {{"bench", "--backend", "nulll"}, {"did you mean \"null\""}},
    {{"bench", NULL_TINY, "--out", "/dev/full"}, {"--out", "/dev/full", "is not a folder"}},
    {{"bench", NULL_TINY, "--out", "/proc/results"}, {"--out", "/proc/results"}},
};

Test(cli_bench, refuses_with_one_line_and_exit_3)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        program_refuses(refused[i].argument, 3, refused[i].words);
}

Test(cli_bench, prints_the_table_and_keeps_what_was_made)
{
    struct program_result r = BENCH(NULL_TINY, "--out", "results/new", "--order-seed", "5");
    EXPECT_WORDS(r.output, "2 images 128x128, 5 steps, guidance 7.5, batch 2", "synthetic weights",
                 "nothing is computed", "samples of each variant: C0:1 C2:6 C4:2 W1:18; ", "order seed 5\n",
                 "cold start: C2, ", "median of 6 samples [95 % interval]", "warm start: W1, ",
                 "median of 6 processes, 3 samples in each [95 % interval]");
    EXPECT_WORDS(r.output, " cold start ", " warm start ", "an image", "speed", "error", "\nStandard ",
                 "\nMixed precision ", "\nFused graph ", "\nFused + mixed ", "1.00x", "(reference)");
    EXPECT_WORDS(r.output, "\nall states ", "with the write", "\nC0 first boot ", "\nC2 restart  ", "\nC4 new, in a live process ",
                 "\nW1 settled ", "verified before each: at least ", " % of the weights in memory");
    EXPECT_WORDS(r.output,
                 "\nStandard, C2, the median sample: ", "\nFused + mixed, C2, the median sample: ", "peak memory",
                 "medians do not add up", "\nspawn to main ", "\nweight open ", "\ntokenizer ", "\nplan ",
                 "\nweight read ", "\ntext ", "\nstep 1 ", "\nother steps ", "\ndecode ", "\nwrite ", "\nunaccounted ",
                 "\nrecords and pictures: results/new\n");
    cr_expect_not(strstr(r.output, "article"), "its figures belong to its own workloads: %s", r.output);
    EXPECT_WORDS(r.log, "standard: C2 ", "mixed: W1 ", "fused: C4 ", "(burn-in)");
    program_result_free(&r);
    static const char *const files[] = {"records.jsonl",        "standard-00.png", "standard-01.png",
                                        "standard.safetensors", "mixed-00.png",    "mixed-01.png"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        size_t n;
        snprintf(path, sizeof path, "results/new/%s", files[i]);
        free(scratch_read(path, &n));
        cr_expect_gt(n, 0, "%s", path);
    }
}

static int columns_of(const char *line)
{
    int columns = 0;
    for (; *line; line++)
        columns += (*line & 0xc0) != 0x80; /* not for the rest of a character in UTF-8 */
    return columns;
}

/* Lines that say something to a person: as long as what they say. */
static bool is_prose(const char *line, int number)
{
    static const char *const begins[] = {"note: ", "warning: ", "! ", "harness: ", "records and pictures: "};
    static const char *const holds[] = {" INVALID: ", " not here: "};
    bool prose = number < 3; /* job and machine */
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        prose |= !strncmp(line, begins[i], strlen(begins[i]));
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
        prose |= strstr(line, holds[i]) != NULL;
    return prose;
}

static void expect_narrow(const char *output)
{
    char *copy = strdup(output), *rest = copy, *line;
    for (int number = 0; (line = strsep(&rest, "\n")); number++) {
        cr_expect(is_prose(line, number) || columns_of(line) <= 100, "%d columns: %s", columns_of(line), line);
        cr_expect(!*line || line[strlen(line) - 1] != ' ', "blanks at the end of: \"%s\"", line);
    }
    free(copy);
}

/* On a terminal of 100 columns no figure is wrapped. */
Test(cli_bench, is_at_most_100_columns_wide)
{
    struct program_result r = BENCH(NULL_TINY, "--states", "C0:1,C1:1,C2:6,C3:1,C4:2,W0:2,W1:24", "-q");
    expect_narrow(r.output);
    program_result_free(&r);
    r = BENCH("--workload", "article", "--model", "tiny", "--size", "128x128", "--steps", "1", "--backend", "null",
              "--idle", "0.01", "-q");
    expect_narrow(r.output);
    program_result_free(&r);
}

Test(cli_bench, is_as_narrow_where_something_is_computed)
{
    bench_need_cpu();
    struct program_result r = BENCH(CPU_SMALL, "--states", "C2:6,C4:1,W0:1,W1:6", "-q");
    expect_narrow(r.output);
    EXPECT_WORDS(r.output, " GB/s; page faults: ", " dB\n", "% of the libraries in memory", "\nweight transform ");
    program_result_free(&r);
}

Test(cli_bench, names_a_new_folder_for_each_run)
{
    for (int i = 0; i < 2; i++) {
        struct program_result r = BENCH(NULL_LEAST, "--variants", "mixed", "-q");
        const char *folder = strstr(r.output, "build/results/");
        cr_assert(folder, "%s", r.output);
        char path[256];
        size_t n;
        snprintf(path, sizeof path, "%.*s/records.jsonl", (int)strcspn(folder, "\n"), folder);
        free(scratch_read(path, &n));
        EXPECT_WORDS(path, "Z-tiny");
        cr_expect_str_empty(r.log, "--quiet");
        cr_expect_not(strstr(r.output, "1.00x"), "no speed-up without variant standard: %s", r.output);
        program_result_free(&r);
    }
}

/* Another run is not written over. */
Test(cli_bench, refuses_a_folder_that_holds_a_run)
{
    BENCH_QUIETLY(NULL_LEAST, "--out", "r", "--states", "C2:1,W1:1");
    size_t n, after;
    char *before = scratch_read("r/records.jsonl", &n);
    struct program_result r = BENCH_CODE(3, NULL_LEAST, "--out", "r");
    EXPECT_WORDS(r.log, "--out r", "holds a run already", "name another folder");
    cr_expect_eq(strchr(r.log, '\n'), r.log + strlen(r.log) - 1, "one line: %s", r.log);
    cr_expect_str_empty(r.output);
    char *kept = scratch_read("r/records.jsonl", &after);
    cr_expect(n == after && !memcmp(before, kept, n), "its records stay as they are");
    free(before);
    free(kept);
    program_result_free(&r);
}

Test(cli_bench, makes_the_articles_job_with_its_prompts)
{
    struct program_result r = BENCH("--workload", "article", "--model", "tiny", "--size", "128x128", "--steps", "1",
                                    "--backend", "null", "--out", "a", "--states", "C2:6", "--samples", "6");
    EXPECT_WORDS(r.output, "3 images 128x128, 1 step,", "1 burn-in pass", "median of 6 samples [95 % interval]",
                 "median of 6 processes [95 % interval]",
                 "article's own log (article-25; A100, TF32, 25 steps): 8.17 6.02 6.27 4.25 s");
    program_result_free(&r);
    char *text = picture_parameters("a/mixed-02.png");
    EXPECT_WORDS(text, "A cute otter in a rainbow whirlpool holding shells, watercolor\n", "Seed: 2,");
    free(text);
    size_t n;
    text = scratch_read("a/records.jsonl", &n);
    EXPECT_WORDS(text, "\"first_prompt\":\"photograph of an astronaut riding a horse\"",
                 "\"first_prompt\":\"warming up the model\"", "\"kind\":\"warm_up\"");
    free(text);
}

Test(cli_bench, says_how_small_the_schedule_is)
{
    struct program_result r =
        BENCH("--workload", "quick", "--model", "tiny", "--size", "128x128", "--backend", "null", "-q");
    EXPECT_WORDS(r.output, "no burn-in: quick has a small schedule",
                 "median of 2 samples [smallest, largest]", "median of 2 processes, 2 samples in each");
    expect_narrow(r.output);
    program_result_free(&r);
    r = BENCH(NULL_LEAST, "--states", "C2:1,W1:1", "-q");
    EXPECT_WORDS(r.output, "            1 sample\n", "            1 process\n", "C2, the one sample: ");
    program_result_free(&r);
}

/* What measuring costs: a run without anything to compute tells. */
Test(cli_bench, tells_what_the_harness_costs)
{
    struct program_result r = BENCH(NULL_TINY, "--variants", "standard", "--json", "-q");
    cJSON *json = cJSON_Parse(r.output);
    double ns = record_number(json, "harness_ns");
    cr_expect(-1e7 < ns && ns < 1e7, "it is told, and is no huge number: %g ns", ns);
    cJSON_Delete(json);
    program_result_free(&r);
    r = BENCH(NULL_LEAST, "--variants", "standard", "-q");
    EXPECT_WORDS(r.output, "\nharness: it costs ", "% of one of 1 ms (median of 400 pairs with and without)\n");
    program_result_free(&r);
}

static double number_in(const cJSON *object, const char *in, const char *name)
{
    return record_number(cJSON_GetObjectItemCaseSensitive(object, in), name);
}

Test(cli_bench, says_the_same_as_json)
{
    struct program_result r = BENCH(NULL_TINY, "--out", "r", "--json", "-q");
    cJSON *json = cJSON_Parse(r.output), *rows = cJSON_GetObjectItem(json, "rows");
    cr_assert_eq(cJSON_GetArraySize(rows), 4, "%s", r.output);
    cr_expect_str_eq(record_text(json, "workload"), "tiny");
    cr_expect_str_eq(record_text(json, "folder"), "r");
    cr_expect(cJSON_GetArraySize(cJSON_GetObjectItem(json, "title")) >= 2, "%s", r.output);
    cr_expect(cJSON_IsArray(cJSON_GetObjectItem(json, "notes")), "%s", r.output);
    for (int i = 0; i < 4; i++) {
        const cJSON *row = cJSON_GetArrayItem(rows, i), *state;
        double low = number_in(row, "cold", "low_ns"), median = number_in(row, "cold", "median_ns"),
               high = number_in(row, "cold", "high_ns");
        cr_expect(0 < low && low <= median && median <= high, "%s", record_line(row));
        cr_expect_eq(number_in(row, "cold", "count"), 6);
        cr_expect_eq(number_in(row, "warm", "count"), 6, "its processes");
        cr_expect(record_number(row, "speed_up_ratio") > 0 && record_number(row, "image_ns") > 0);
        int states = 0, samples = 0;
        cJSON_ArrayForEach(state, cJSON_GetObjectItem(row, "states"))
        {
            states++;
            samples += !strcmp(record_text(state, "state"), "W1") ? (int)record_number(state, "samples") : 0;
            double with = number_in(state, "with_write", "median_ns");
            cr_expect(!(with < number_in(state, "without_write", "median_ns")), "%s", record_line(state));
        }
        cr_expect(states == 4 && samples == 18, "C0, C2, C4, W1: %s", record_line(row));
    }
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_bench, compares_the_variants)
{
    bench_need_cpu();
    struct program_result r = BENCH(CPU_SMALL, "--states", "C2:2,W1:2", "--out", "r", "--json", "-q");
    cJSON *json = cJSON_Parse(r.output), *rows = cJSON_GetObjectItem(json, "rows"),
          *mixed = cJSON_GetArrayItem(rows, 1);
    bool absent = cJSON_HasObjectItem(mixed, "absent");
    struct picture sheet = picture_of("r/contact-sheet.png");
    cr_expect_eq(sheet.width, 2 * 64 + 8);
    cr_expect_eq(sheet.height, absent ? 2 * 64 + 8 : 4 * 64 + 3 * 8);
    picture_free(&sheet);
    cr_expect_not(strstr(r.output, "another hash"), "the same run gives the same bits: %s", r.output);
    if (!absent) {
        double l2 = number_in(mixed, "error", "latent_relative_l2"), psnr = number_in(mixed, "error", "pixels_psnr_db");
        cr_expect(0 < l2 && l2 < 0.05 && 35 < psnr && psnr < 90, "%s", r.output);
        cr_expect_not(cJSON_HasObjectItem(cJSON_GetArrayItem(rows, 0), "error"), "standard against itself");
    }
    double l2 = number_in(cJSON_GetArrayItem(rows, 2), "error", "latent_relative_l2");
    cr_expect(l2 < 1e-4, "fused is the same in float32: %g", l2);
    cJSON_Delete(json);
    program_result_free(&r);
}

/* A pipeline that cannot be opened is known only to the child. */
Test(cli_bench, tells_what_a_measured_process_said)
{
    size_t n = strlen("not a checkpoint");
    scratch_write("bad.safetensors", "not a checkpoint", n);
    program_refuses((const char *const[]){"bench", NULL_TINY, "--model", scratch_path("bad.safetensors"), "--out",
                                          scratch_path("r"), NULL},
                    3, (const char *const[]){"variant ", "bad.safetensors", NULL});
    cr_expect_eq(bench_files_left(), 1, "files were left behind");
}
