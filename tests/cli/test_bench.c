/* `bench`: the table, the records, the pictures. The null backend runs the whole harness in milliseconds. */
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(cli_bench, .init = scratch_open, .fini = scratch_close, .timeout = 120);

#define NULL_TINY "--workload", "tiny", "--backend", "null"
/* The tiny network on a size and number of steps that take least. */
#define SMALL                                                                                                        \
    "--workload", "tiny", "--steps", "2", "--preset", "diffusers", "--size", "64x64", "--threads", "1", "--backend", \
        "cpu"

static struct program_result bench_ok(const char *const *argument)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, 0, "exit %d: %s", r.code, r.log);
    return r;
}
#define BENCH(...) bench_ok((const char *const[]){"bench", __VA_ARGS__, NULL})

static void need_cpu(void)
{
    struct program_result r = PROGRAM("plan", "--model", "tiny", "--size", "128x128", "--backend", "cpu", "--variant",
                                      "standard", "--memory");
    bool absent = r.code == 77;
    cr_assert(absent || r.code == 0, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    if (absent)
        cr_skip("backend cpu is not here");
}

static void expect_words(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        cr_expect(strstr(text, words[i]), "no \"%s\" in: %s", words[i], text);
}
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

static const struct {
    const char *argument[12], *words[4];
} refused[] = {
    {{"bench", "quick"}, {"takes no argument", "\"quick\""}},
    {{"bench", "--workload", "quikc"}, {"quikc", "did you mean \"quick\""}},
    {{"bench", "--variants", "standard,mixde"}, {"mixde", "did you mean \"mixed\""}},
    {{"bench", "--variants", ""}, {"--variants"}},
    {{"bench", "--variants", "mixed,mixed"}, {"names mixed twice"}},
    {{"bench", "--samples", "2"}, {"--samples 2", "between 3 and 1000"}},
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
    struct program_result r = BENCH(NULL_TINY, "--out", "results/new");
    EXPECT_WORDS(r.output, "2 images 128x128, 5 steps, guidance 7.5, batch 2", "synthetic weights",
                 "nothing is computed", "cold start", "warm start", "per image", "speed-up", "error vs standard",
                 "Standard", "Mixed precision", "1.00x", "median of 3 [smallest, largest]", "spawn to main",
                 "weight open", "tokenizer", "plan", "weight read", "text", "step 1", "other steps", "decode", "write",
                 "unaccounted", "peak memory", "records and pictures: results/new");
    cr_expect_not(strstr(r.output, "article"), "its figures belong to its own workloads: %s", r.output);
    EXPECT_WORDS(r.log, "standard: cold start", "mixed: warm start");
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

Test(cli_bench, names_a_new_folder_for_each_run)
{
    for (int i = 0; i < 2; i++) {
        struct program_result r = BENCH(NULL_TINY, "--variants", "mixed", "-q");
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

Test(cli_bench, makes_the_articles_job_with_its_prompts)
{
    struct program_result r = BENCH("--workload", "article", "--model", "tiny", "--size", "128x128", "--steps", "1",
                                    "--backend", "null", "--out", "a", "--samples", "6");
    EXPECT_WORDS(r.output, "3 images 128x128, 1 step,", "1 sample\n", "median of 6 [95 % interval]",
                 "article's own log (article-25; A100, TF32, 25 steps): 8.17 6.02 6.27 4.25 s");
    program_result_free(&r);
    char *text = picture_parameters("a/mixed-02.png");
    EXPECT_WORDS(text, "A cute otter in a rainbow whirlpool holding shells, watercolor\n", "Seed: 2,");
    free(text);
    size_t n;
    text = scratch_read("a/records.jsonl", &n);
    EXPECT_WORDS(text, "\"first_prompt\":\"photograph of an astronaut riding a horse\"",
                 "\"first_prompt\":\"warming up the model\"");
    free(text);
}

/* Units stand in the names; these few are numbers of things, or have none. */
static bool has_unit(const char *name)
{
    static const char *const units[] = {"_ns", "_bytes", "_ratio", "_share", "_db", "_hz"};
    static const char *const plain[] = {"schema", "cores",   "cores_online", "threads",
                                        "sample", "process", "evaluations",  "pixels_largest_difference"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (length > strlen(units[i]) && !strcmp(name + length - strlen(units[i]), units[i]))
            return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (!strcmp(name, plain[i]))
            return true;
    return false;
}

/* Others may do what they like meanwhile: the share, or why there is none; and a reason where it is large. */
static void check_foreign(const cJSON *record, const char *line)
{
    const cJSON *share = cJSON_GetObjectItem(record, "foreign_share"),
                *stolen = cJSON_GetObjectItem(record, "stolen_share"),
                *unknown = cJSON_GetObjectItem(record, "foreign_share_unknown");
    bool disturbed = strcmp(cJSON_GetObjectItem(record, "validity")->valuestring, "valid");
    cr_expect((share != NULL) != (cJSON_IsString(unknown) && *unknown->valuestring), "%s", line);
    cr_expect(!share || (0 <= share->valuedouble && share->valuedouble <= 1), "%s", line);
    cr_expect(!share || (stolen && 0 <= stolen->valuedouble && stolen->valuedouble <= share->valuedouble), "%s", line);
    cr_expect_eq(disturbed, share && share->valuedouble > 0.03, "%s", line);
    cr_expect_eq(disturbed, cJSON_HasObjectItem(record, "reason"), "%s", line);
}

static void check_record(const cJSON *record, const char *line)
{
    static const char *const texts[] = {"kind", "run", "variant", "backend", "workload"};
    cr_assert(record, "no JSON: %s", line);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(cJSON_IsString(cJSON_GetObjectItem(record, texts[i])), "no %s: %s", texts[i], line);
    cr_expect_eq(cJSON_GetObjectItem(record, "schema")->valueint, 1);
    const cJSON *field;
    cJSON_ArrayForEach(field, record)
    {
        cr_expect_not(cJSON_IsNull(field), "%s: not known is left out: %s", field->string, line);
        if (cJSON_IsNumber(field))
            cr_expect(has_unit(field->string), "%s has no unit: %s", field->string, line);
    }
    if (!strcmp(cJSON_GetObjectItem(record, "kind")->valuestring, "sample"))
        check_foreign(record, line);
}

Test(cli_bench, writes_records)
{
    static const char *const kinds[] = {"environment", "plan", "sample", "phase", "equivalence"};
    int count[5] = {0}, warm = 0;
    struct program_result r = BENCH(NULL_TINY, "--out", "r", "--samples", "4", "--json", "-q");
    size_t n;
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        cJSON *record = cJSON_Parse(line);
        check_record(record, line);
        for (int k = 0; k < 5; k++)
            count[k] += !strcmp(cJSON_GetObjectItem(record, "kind")->valuestring, kinds[k]);
        const cJSON *start = cJSON_GetObjectItem(record, "start"), *time = cJSON_GetObjectItem(record, "time_ns");
        warm += start && cJSON_HasObjectItem(record, "process") && !strcmp(start->valuestring, "warm");
        cr_expect(!time || time->valuedouble >= 0, "%s", line);
        cJSON_Delete(record);
    }
    cr_expect_eq(count[0], 1, "environment: %d", count[0]);
    cr_expect_eq(count[1], 4, "plans: %d", count[1]);
    cr_expect_eq(count[2], 4 * (3 + 4), "samples of four variants, three cold, four warm: %d", count[2]);
    cr_expect_eq(warm, 4 * 4, "warm samples: %d", warm);
    cr_expect_eq(count[3], 4 * (3 * 10 + 4 * 4), "phases, ten of a cold start and four of a warm one: %d", count[3]);
    cr_expect_eq(count[4], 0, "what computes nothing is not compared");
    free(lines);

    cJSON *json = cJSON_Parse(r.output), *rows = cJSON_GetObjectItem(json, "rows");
    cr_assert_eq(cJSON_GetArraySize(rows), 4, "%s", r.output);
    const cJSON *cold = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 1), "cold");
    double low = cJSON_GetObjectItem(cold, "low_ns")->valuedouble,
           high = cJSON_GetObjectItem(cold, "high_ns")->valuedouble;
    double median = cJSON_GetObjectItem(cold, "median_ns")->valuedouble;
    cr_expect(0 < low && low <= median && median <= high, "%s", r.output);
    cJSON_Delete(json);
    program_result_free(&r);
}

/* The phases of each sample, and what is in none, add up to it exactly. */
Test(cli_bench, accounts_for_every_start)
{
    struct program_result r = BENCH(NULL_TINY, "--out", "r", "--variants", "standard", "-q");
    size_t n;
    double left[16] = {0};
    int samples = 0;
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        cJSON *record = cJSON_Parse(line);
        const char *kind = cJSON_GetObjectItem(record, "kind")->valuestring;
        const cJSON *sample = cJSON_GetObjectItem(record, "sample"), *time = cJSON_GetObjectItem(record, "time_ns");
        if (!strcmp(kind, "sample") && sample->valueint < 16) {
            samples++;
            left[sample->valueint] += time->valuedouble - cJSON_GetObjectItem(record, "unaccounted_ns")->valuedouble;
        } else if (!strcmp(kind, "phase") && sample->valueint < 16)
            left[sample->valueint] -= time->valuedouble;
        cJSON_Delete(record);
    }
    cr_expect_eq(samples, 3 + 3);
    for (int i = 0; i < samples; i++)
        cr_expect_eq(left[i], 0, "sample %d: %g ns are nowhere", i, left[i]);
    free(lines);
    program_result_free(&r);
}

Test(cli_bench, compares_the_variants)
{
    need_cpu();
    struct program_result r = BENCH(SMALL, "--out", "r", "--json", "-q");
    cJSON *json = cJSON_Parse(r.output), *rows = cJSON_GetObjectItem(json, "rows"),
          *mixed = cJSON_GetArrayItem(rows, 1);
    bool absent = cJSON_HasObjectItem(mixed, "absent");
    struct picture sheet = picture_of("r/contact-sheet.png");
    cr_expect_eq(sheet.width, 2 * 64 + 8);
    cr_expect_eq(sheet.height, absent ? 2 * 64 + 8 : 4 * 64 + 3 * 8);
    picture_free(&sheet);
    cr_expect_not(strstr(r.output, "differ from run to run"), "the same run gives the same bits: %s", r.output);
    if (!absent) {
        const cJSON *error = cJSON_GetObjectItem(mixed, "error");
        double l2 = cJSON_GetObjectItem(error, "latent_relative_l2")->valuedouble;
        double psnr = cJSON_GetObjectItem(error, "pixels_psnr_db")->valuedouble;
        cr_expect(0 < l2 && l2 < 0.05 && 35 < psnr && psnr < 90, "%s", r.output);
        cr_expect_not(cJSON_HasObjectItem(cJSON_GetArrayItem(rows, 0), "error"), "standard against itself");
    }
    const cJSON *fused = cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 2), "error");
    double l2 = cJSON_GetObjectItem(fused, "latent_relative_l2")->valuedouble;
    cr_expect(l2 < 1e-4, "fused is the same in float32: %g", l2);
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_bench, leaves_nothing_when_interrupted)
{
    need_cpu();
    struct program_setting setting = {.folder = scratch_path(""), .terminal = true, .interrupt = "step 1/"};
    struct program_result r = PROGRAM_WITH(&setting, "bench", SMALL, "--steps", "900", "--out", "r");
    cr_expect_eq(r.code, 130, "exit %d: %s", r.code, r.log);
    cr_expect(strstr(r.log, "standard: step 1/900"), "the child's progress is shown: %s", r.log);
    cr_expect_eq(scratch_count(), 0, "files were left behind");
    program_result_free(&r);
}

/* A pipeline that cannot be opened is known only to the child. */
Test(cli_bench, tells_what_a_measured_process_said)
{
    size_t n = strlen("not a checkpoint");
    scratch_write("bad.safetensors", "not a checkpoint", n);
    program_refuses((const char *const[]){"bench", NULL_TINY, "--model", scratch_path("bad.safetensors"), "--out",
                                          scratch_path("r"), NULL},
                    3, (const char *const[]){"variant standard", "bad.safetensors", NULL});
    cr_expect_eq(scratch_count(), 1, "files were left behind");
}
