/* `compare`: made-up records for exact verdicts, real runs for their form. */
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/state/states.h"
#include "pipeline/base/text.h"

TestSuite(cli_compare, .init = scratch_open, .fini = scratch_close, .timeout = 120);

#define JOB     "{\"model\":\"tiny\",\"steps\":5}"
#define MACHINE "\"cpu\":\"A\",\"cores\":2,\"memory_bytes\":1000"
#define PLAN    "\"graph_hash\":\"61\",\"choice_hash\":\"c1\""

/* What a made-up run holds; NULL and 0: as usual. */
struct made_up {
    const char *run, *job, *machine, *plan, *variant;
    double ns;     /* of a start; the processes differ from it by what `spread` scales */
    double spread; /* 0: 0.001 */
    int processes; /* 0: 6; below 0: none */
    double cap;    /* share of the time at the power cap; 0: no sensors; below 0: none */
};

static const double pattern[] = {0, 1, -1, 0.5, -0.5, 0};

static void add_environment(struct text *out, const struct made_up *m)
{
    text_add(out,
             "{\"schema\":2,\"kind\":\"environment\",\"run\":\"%s\",\"variant\":\"fused\",\"backend\":\"null\","
             "\"workload\":\"tiny\",\"job\":%s,%s}\n",
             m->run ? m->run : "one", m->job ? m->job : JOB, m->machine ? m->machine : MACHINE);
}

static void add_sample(struct text *out, const struct made_up *m, const char *state, int process, double ns)
{
    text_add(out,
             "{\"schema\":2,\"kind\":\"sample\",\"variant\":\"%s\",\"state\":\"%s\",\"process\":%d,\"round\":%d,"
             "\"time_ns\":%.0f,\"validity\":\"valid\",\"latents_hash\":\"aa\"",
             m->variant ? m->variant : "fused", state, process, process, ns);
    if (m->cap != 0)
        text_add(out, ",\"sensors\":{\"gpu\":true,\"power_cap_share\":%g,\"median_clock_hz\":1.5e9}",
                 m->cap > 0 ? m->cap : 0);
    text_add(out, "}\n");
}

static void add_variant(struct text *out, const struct made_up *m)
{
    const char *variant = m->variant ? m->variant : "fused";
    int n = m->processes < 0 ? 0 : m->processes ? m->processes : 6;
    text_add(out, "{\"schema\":2,\"kind\":\"plan\",\"variant\":\"%s\",\"validity\":\"valid\",%s}\n", variant,
             m->plan ? m->plan : PLAN);
    for (int i = 0; i < n; i++) {
        double ns = (m->ns > 0 ? m->ns : 1e9) * (1 + (m->spread > 0 ? m->spread : 0.001) * pattern[i % 6]);
        add_sample(out, m, "C2", i, 2 * ns);
        for (int k = -1; k <= 1; k++) /* its median is that of the process */
            add_sample(out, m, "W1", i, ns * (1 + 0.001 * k));
        if (m->cap != 0)
            text_add(out,
                     "{\"schema\":2,\"kind\":\"sensors\",\"variant\":\"%s\",\"process\":%d,"
                     "\"image_energy_mj\":%d}\n",
                     variant, i, 10000 + 1000 * (i % 2));
    }
}

static void write_run(const char *folder, const struct text *records)
{
    char file[64];
    mkdir(scratch_path(folder), 0777);
    snprintf(file, sizeof file, "%s/records.jsonl", folder);
    scratch_write(file, text_get(records), records->length);
}

static const char end[] = "{\"schema\":2,\"kind\":\"end\",\"status\":\"complete\"}\n";

static void make_run(const char *folder, const struct made_up *m)
{
    struct text out = {0};
    add_environment(&out, m);
    add_variant(&out, m);
    text_add(&out, "%s", end);
    write_run(folder, &out);
    text_free(&out);
}

static struct program_result compare(int code, const char *const *argument)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "exit %d, not %d: %s %s", r.code, code, r.log, r.output);
    return r;
}
#define COMPARE(code, ...) compare(code, (const char *const[]){"compare", __VA_ARGS__, NULL})

static void expect_words(const char *text, const char *const *words)
{
    for (; *words; words++)
        cr_expect(strstr(text, *words), "no \"%s\" in: %s", *words, text);
}
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

/* One line on stderr, with all of the words. */
static void expect_refusal(const struct program_result *r, const char *const *words)
{
    const char *newline = strchr(r->log, '\n');
    cr_expect(newline && !newline[1] && !strncmp(r->log, "sdbench: ", 9), "one line: %s", r->log);
    expect_words(r->log, words);
}

/* But for lines of notes, which hold reasons. */
static void expect_narrow(const char *output)
{
    for (const char *line = output; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] != 0))
        cr_expect(strcspn(line, "\n") <= 100, "wider than 100 columns: %.*s", (int)strcspn(line, "\n"), line);
}

/* Of the first row: that of warm starts. */
static cJSON *parse_row(const struct program_result *r, int index, const cJSON **row)
{
    cJSON *json = cJSON_Parse(r->output);
    *row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "rows"), index);
    cr_assert(*row, "no row: %s", r->output);
    return json;
}

static const char *word(const cJSON *row, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, name));
    return text ? text : "";
}

static const struct {
    struct made_up base, new;
    const char *argument[4];
    int code;
    const char *verdict;
    double change; /* NAN: none is told */
} verdicts[] = {
    {{0}, {.ns = 1.05e9}, {0}, 1, "SLOWER", 0.05},
    {{0}, {.ns = 0.95e9}, {0}, 0, "FASTER", -0.05},
    {{0}, {0}, {0}, 0, "SAME", 0},
    {{0}, {.ns = 1.05e9}, {"--margin", "10"}, 0, "SAME", 0.05},
    {{0}, {.ns = 1.05e9}, {"--least-ms", "100"}, 0, "SAME", 0.05},
    {{.ns = 1e6}, {.ns = 1.05e6}, {0}, 0, "SAME", 0.05}, /* 50 us are below 2 ms */
    {{.spread = 0.1}, {.spread = 0.1}, {0}, 2, "AMBIGUOUS", 0},
    {{.processes = 3}, {0}, {0}, 2, "INSUFFICIENT", NAN},
    {{.processes = -1}, {0}, {0}, 0, "NEW", NAN},
    {{0}, {.processes = -1}, {0}, 2, "GONE", NAN},
    {{.cap = 0.30}, {.cap = 0.39, .ns = 1.05e9}, {0}, 1, "SLOWER", 0.05},
    {{.cap = 0.30}, {.cap = 0.41, .ns = 1.05e9}, {0}, 2, "INVALID", 0.05},
    {{.cap = 0.41}, {.cap = 0.30}, {0}, 2, "INVALID", 0},
    {{.cap = -1}, {.cap = 0.11, .ns = 0.95e9}, {0}, 2, "INVALID", -0.05},
    {{.cap = -1}, {.cap = 1, .processes = 3}, {0}, 2, "INSUFFICIENT", NAN},
    {{0}, {.cap = 1}, {0}, 0, "SAME", 0}, /* one side is not known */
};

Test(cli_compare, verdicts_of_two_runs)
{
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        struct made_up new = verdicts[i].new;
        const char *argument[8] = {"compare", "a", "b", "--json"};
        const cJSON *row;
        new.run = "two";
        make_run("a", &verdicts[i].base);
        make_run("b", &new);
        for (int k = 0; verdicts[i].argument[k]; k++)
            argument[4 + k] = verdicts[i].argument[k];
        struct program_result r = compare(verdicts[i].code, argument);
        cJSON *json = parse_row(&r, 0, &row);
        const cJSON *change = cJSON_GetObjectItemCaseSensitive(row, "change_ratio");
        cr_expect_str_eq(word(row, "state"), "W1");
        cr_expect_str_eq(word(row, "verdict"), verdicts[i].verdict, "%zu: %s", i, r.output);
        cr_expect_eq(change == NULL, isnan(verdicts[i].change), "%zu: %s", i, r.output);
        cr_expect(!change || fabs(change->valuedouble - verdicts[i].change) < 1e-9, "%zu: %s", i, r.output);
        cr_expect(!cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "paired")));
        if (verdicts[i].code)
            EXPECT_WORDS(r.log, "fused, W1: ", verdicts[i].verdict);
        cJSON_Delete(json);
        program_result_free(&r);
        argument[3] = verdicts[i].argument[0]; /* without --json */
        for (int k = 0; k < 2; k++)
            argument[3 + k] = verdicts[i].argument[k];
        argument[5] = NULL;
        r = compare(verdicts[i].code, argument);
        EXPECT_WORDS(r.output, "base: one, complete", "new: two, complete", "two runs, one after the other", "fused",
                     verdicts[i].verdict);
        expect_narrow(r.output);
        program_result_free(&r);
    }
}

/* Beside the change: at which clocks, with how much energy. */
Test(cli_compare, what_sensors_told)
{
    const cJSON *row;
    make_run("a", &(struct made_up){.cap = 0.2});
    make_run("b", &(struct made_up){.run = "two", .cap = 0.31});
    struct program_result r = COMPARE(2, "a", "b");
    EXPECT_WORDS(r.output, "base: at the power cap for 20 % of the time, 1500 MHz, 10.5 J an image",
                 "new: at the power cap for 31 % of the time", "INVALID");
    EXPECT_WORDS(r.log, "the power cap held the clocks down for 20 % of the base's time and 31 % of the new side's");
    expect_narrow(r.output);
    program_result_free(&r);
    r = COMPARE(2, "a", "b", "--json");
    cJSON *json = parse_row(&r, 0, &row);
    cr_expect(fabs(cJSON_GetNumberValue(cJSON_GetObjectItem(row, "new_power_cap_share")) - 0.31) < 1e-9);
    cr_expect(cJSON_GetNumberValue(cJSON_GetObjectItem(row, "base_image_energy_mj")) == 10500);
    cr_expect(cJSON_GetNumberValue(cJSON_GetObjectItem(row, "base_clock_hz")) == 1.5e9);
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_compare, a_variant_that_one_run_lacks)
{
    make_run("a", &(struct made_up){.variant = "standard"});
    make_run("b", &(struct made_up){.run = "two"});
    struct program_result r = COMPARE(2, "a", "b");
    EXPECT_WORDS(r.output, "standard", "GONE", "fused", "NEW");
    EXPECT_WORDS(r.log, "standard, W1: GONE");
    program_result_free(&r);
    r = COMPARE(3, "a:fused", "b");
    expect_refusal(&r, (const char *const[]){"a: the run has no variant fused", NULL});
    program_result_free(&r);
    r = COMPARE(3, "a:standrad", "b");
    expect_refusal(&r, (const char *const[]){"did you mean \"standard\"", NULL});
    program_result_free(&r);
}

/* Both drift by 10 % and more from round to round: only in pairs is 5 % seen. */
Test(cli_compare, variants_of_one_run_round_by_round)
{
    const cJSON *row;
    struct text out = {0};
    add_environment(&out, &(struct made_up){0});
    add_variant(&out, &(struct made_up){.variant = "standard", .spread = 0.3});
    add_variant(&out, &(struct made_up){.variant = "fused", .ns = 1.05e9, .spread = 0.3});
    text_add(&out, "%s", end);
    write_run("a", &out);
    text_free(&out);
    struct program_result r = COMPARE(1, "a:standard", "a:fused", "--json");
    cJSON *json = parse_row(&r, 0, &row);
    cr_expect(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "paired")));
    cr_expect_str_eq(word(row, "verdict"), "SLOWER");
    cr_expect_str_eq(word(row, "base_variant"), "standard");
    cr_expect_str_eq(word(row, "reason"), "6 rounds of one run");
    cJSON_Delete(json);
    program_result_free(&r);
    r = COMPARE(0, "a:fused", "a:standard");
    EXPECT_WORDS(r.output, "one run, compared round by round", "fused > standard", "FASTER");
    expect_narrow(r.output);
    program_result_free(&r);
    r = COMPARE(3, "a", "a");
    expect_refusal(&r, (const char *const[]){"with itself", "FOLDER:VARIANT", NULL});
    program_result_free(&r);
}

#define DEVICE(name)         PLAN ",\"device\":\"" name "\""
#define SLICE(name, profile) DEVICE(name) ",\"device_slice\":\"" profile "\""

static const struct {
    struct made_up base, new;
    const char *words[3];
} unlike[] = {
    {{0}, {.job = "{\"model\":\"tiny\",\"steps\":6}"}, {"did not do the same job", "\"steps\":6"}},
    {{0}, {.machine = "\"cpu\":\"B\",\"cores\":2,\"memory_bytes\":1000"}, {"different machines", "\"cpu\":\"B\""}},
    {{0}, {.machine = "\"cpu\":\"A\",\"cores\":4,\"memory_bytes\":1000"}, {"different machines", "\"cores\":4"}},
    {{.plan = DEVICE("X")}, {.plan = DEVICE("Y")}, {"fused ran on \"X\" and on \"Y\""}},
    {{0}, {.plan = DEVICE("Y")}, {"fused ran on \"\" and on \"Y\""}},
    {{.plan = DEVICE("X")}, {.plan = SLICE("X", "1g.10gb")}, {"on all and on 1g.10gb of X", "no whole device"}},
    {{.plan = SLICE("X", "2g.20gb")}, {.plan = SLICE("X", "1g.10gb")}, {"on 2g.20gb and on 1g.10gb"}},
};

Test(cli_compare, what_cannot_be_compared_is_invalid)
{
    for (size_t i = 0; i < ARRAY_LEN(unlike); i++) {
        struct made_up new = unlike[i].new;
        new.run = "two";
        make_run("a", &unlike[i].base);
        make_run("b", &new);
        struct program_result r = COMPARE(2, "a", "b");
        expect_refusal(&r, unlike[i].words);
        cr_expect_str_empty(r.output, "%s", r.output);
        program_result_free(&r);
    }
}

Test(cli_compare, notes_what_else_differs)
{
    make_run("a", &(struct made_up){0});
    make_run("b", &(struct made_up){.run = "two", .plan = "\"graph_hash\":\"62\",\"choice_hash\":\"c1\""});
    struct program_result r = COMPARE(0, "a", "b");
    EXPECT_WORDS(r.output, "fused: another graph (61, 62)");
    program_result_free(&r);
    make_run("b", &(struct made_up){.run = "two", .plan = "\"graph_hash\":\"61\",\"choice_hash\":\"c2\""});
    r = COMPARE(0, "a", "b");
    EXPECT_WORDS(r.output, "fused: REPLACED: other kernels were chosen (c1, c2)");
    program_result_free(&r);
}

/* At every one of its last bytes. */
Test(cli_compare, a_run_that_was_cut_off)
{
    size_t n;
    struct text out = {0};
    add_environment(&out, &(struct made_up){.run = "two", .machine = MACHINE ",\"planned\":{\"samples\":24}"});
    add_variant(&out, &(struct made_up){0});
    make_run("a", &(struct made_up){0});
    write_run("b", &out);
    text_free(&out);
    char *whole = scratch_read("b/records.jsonl", &n);
    for (size_t less = 0; less < 240; less += 37) {
        scratch_write("b/records.jsonl", whole, n - less);
        struct program_result r = COMPARE(0, "a", "b");
        EXPECT_WORDS(r.output, "new: two, no end record; cut off: ", "SAME");
        cr_expect_eq(strstr(r.output, "of 24 samples are there") != NULL, less > 1, "%zu: %s", less, r.output);
        cr_expect_eq(strstr(r.output, "the last line is not whole") != NULL, less > 1, "%zu: %s", less, r.output);
        program_result_free(&r);
    }
    free(whole);
}

#define SAMPLE_OF(rest) "{\"schema\":2,\"kind\":\"sample\",\"variant\":\"fused\",\"state\":\"W1\"," rest "}\n"

/* What stands in place of samples, behind a good environment: none of it is taken in. */
static const struct {
    const char *records, *says;
} hostile[] = {
    {SAMPLE_OF("\"process\":0,\"round\":0,\"time_ns\":1e999"), "1 line cannot be read"},
    {SAMPLE_OF("\"process\":0,\"round\":0,\"time_ns\":-5"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":0,\"time_ns\":1e300"), "complete"},
    {SAMPLE_OF("\"process\":1e300,\"round\":0,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":-1e300,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":-3,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":1000000,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":2147483647,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":0,\"round\":0.5,\"time_ns\":1e9"), "complete"},
    {SAMPLE_OF("\"process\":[],\"round\":{},\"time_ns\":\"1\""), "complete"},
    {"{\"schema\":2,\"kind\":\"sample\",\"variant\":7,\"state\":\"W9\"}\n", "complete"},
    {"\x01\x02\xff\xfe\n[[[[\n", "2 lines cannot be read"},
};

Test(cli_compare, damaged_samples_are_left_out)
{
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        const cJSON *row;
        struct text out = {0};
        add_environment(&out, &(struct made_up){.run = "two"});
        add_variant(&out, &(struct made_up){0});
        text_add(&out, "%s%s", hostile[i].records, end);
        write_run("b", &out);
        make_run("a", &(struct made_up){0});
        struct program_result r = COMPARE(0, "a", "b");
        EXPECT_WORDS(r.output, "SAME", hostile[i].says);
        program_result_free(&r);
        r = COMPARE(0, "a", "b", "--json");
        cJSON *json = parse_row(&r, 0, &row);
        cr_expect_eq(cJSON_GetObjectItemCaseSensitive(row, "new_processes")->valueint, 6, "%zu: %s", i, r.output);
        cJSON_Delete(json);
        program_result_free(&r);
        text_free(&out);
    }
}

/* Escapes would steer a terminal. */
Test(cli_compare, texts_of_a_file_cannot_steer_a_terminal)
{
    static const char name[] = "\\u001b[31mred\\u0007\\n\\u007f";
    make_run("a", &(struct made_up){.run = name, .variant = name});
    make_run("b", &(struct made_up){.run = "two", .variant = name, .plan = PLAN});
    struct program_result r = COMPARE(0, "a", "b");
    for (const char *c = r.output; *c; c++)
        cr_expect((unsigned char)*c >= ' ' || *c == '\n', "a control character: %s", r.output);
    EXPECT_WORDS(r.output, "?[31mred", "SAME");
    program_result_free(&r);
    make_run("a", &(struct made_up){.plan = DEVICE("\\u001b[2J")});
    make_run("b", &(struct made_up){.run = "two"});
    r = COMPARE(2, "a", "b");
    cr_expect(!strchr(r.log, 27), "%s", r.log);
    program_result_free(&r);
}

Test(cli_compare, many_variants_and_long_names)
{
    char name[300];
    struct text out = {0};
    add_environment(&out, &(struct made_up){.run = "two"});
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "v%d-%0200d", i, i);
        add_variant(&out, &(struct made_up){.variant = name});
    }
    write_run("b", &out);
    make_run("a", &(struct made_up){0});
    struct program_result r = COMPARE(2, "a", "b");
    EXPECT_WORDS(r.log, "fused, W1: GONE");
    program_result_free(&r);
    text_free(&out);
}

static const struct {
    const char *text, *words[3];
} no_runs[] = {
    {"", {"holds no records of a run"}},
    {"\n\n\n", {"holds no records of a run"}},
    {"garbage\n{}\n[]\nnull\n", {"holds no records of a run"}},
    {"{\"schema\":2,\"kind\":\"end\"}\n", {"holds no records of a run"}},
    {"{\"schema\":2,\"kind\":\"environment\",\"run\":\"x\"}\n", {"holds no records of a run"}},
    {"{\"schema\":9,\"kind\":\"environment\",\"run\":\"x\",\"job\":{}}\n", {"holds no records of a run"}},
    {"{\"schema\":1,\"kind\":\"environment\",\"run\":\"x\",\"job\":{}}\n", {"schema 1", "measure again"}},
};

Test(cli_compare, files_that_hold_no_run)
{
    make_run("a", &(struct made_up){0});
    mkdir(scratch_path("b"), 0777);
    for (size_t i = 0; i < ARRAY_LEN(no_runs); i++) {
        scratch_write("b/records.jsonl", no_runs[i].text, strlen(no_runs[i].text));
        struct program_result r = COMPARE(3, "a", "b");
        expect_refusal(&r, no_runs[i].words);
        program_result_free(&r);
    }
    struct program_result r = COMPARE(3, "a", "nowhere");
    expect_refusal(&r, (const char *const[]){"nowhere", "No such file", NULL});
    program_result_free(&r);
    r = COMPARE(3, "a");
    expect_refusal(&r, (const char *const[]){"compare takes two runs", "1 were given", NULL});
    program_result_free(&r);
}

Test(cli_compare, records_of_schema_1_are_refused)
{
    const char *source = getenv("SDBENCH_SOURCE");
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/golden/schema-1", source && *source ? source : ".");
    char *real = realpath(path, NULL);
    cr_assert(real, "%s", path);
    program_refuses((const char *const[]){"compare", real, real, NULL}, 3,
                    (const char *const[]){"schema 1", "no cache states", NULL});
    free(real);
}

/* Two real runs: whatever their times are. */
Test(cli_compare, two_runs_of_bench)
{
    static const char *const folders[] = {"a", "b"};
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1); /* tests beside this one evict what they share */
    for (int i = 0; i < 2; i++) {
        struct program_result r = compare(0, (const char *const[]){"bench", "--workload", "tiny", "--backend", "null",
                                                                   "--variants", "standard,fused", "--states",
                                                                   "C2:4,W1:8", "-q", "--out", folders[i], NULL});
        program_result_free(&r);
    }
    struct program_result r = program_run((const char *const[]){"compare", "a", "b", "--json", NULL},
                                          &(struct program_setting){.folder = scratch_path("")});
    cr_expect(r.code >= 0 && r.code <= 2, "exit %d: %s", r.code, r.log);
    const cJSON *row, *rows;
    cJSON *json = parse_row(&r, 0, &row);
    rows = cJSON_GetObjectItemCaseSensitive(json, "rows");
    cr_expect_eq(cJSON_GetArraySize(rows), 4, "two variants in two states: %s", r.output);
    cJSON_ArrayForEach(row, rows)
    {
        cr_expect_eq(cJSON_GetObjectItemCaseSensitive(row, "base_processes")->valueint, 4, "%s", r.output);
        cr_expect_eq(cJSON_GetObjectItemCaseSensitive(row, "new_processes")->valueint, 4, "%s", r.output);
        cr_expect(cJSON_GetObjectItemCaseSensitive(row, "base_ns")->valuedouble > 0, "%s", r.output);
        cr_expect(*word(row, "reason") && *word(row, "verdict"), "%s", r.output);
    }
    cJSON_Delete(json);
    program_result_free(&r);
    r = program_run((const char *const[]){"compare", "a:standard", "a:fused", NULL},
                    &(struct program_setting){.folder = scratch_path("")});
    cr_expect(r.code >= 0 && r.code <= 2, "exit %d: %s", r.code, r.log);
    EXPECT_WORDS(r.output, "complete", "standard > fused", "W1", "C2");
    expect_narrow(r.output);
    program_result_free(&r);
}

/* Each side with its namesake. */
Test(cli_compare, folders_of_gates)
{
    static const char *const sides[] = {"base", "new", "control"};
    for (int run = 0; run < 2; run++) {
        struct text out = {0};
        add_environment(&out, &(struct made_up){.run = run ? "two" : "one"});
        for (int side = 0; side < 3; side++)
            for (int i = 0; i < 6; i++)
                text_add(&out,
                         "{\"schema\":2,\"kind\":\"sample\",\"variant\":\"fused\",\"side\":\"%s\",\"state\":\"W1\","
                         "\"process\":%d,\"round\":%d,\"time_ns\":%.0f,\"validity\":\"valid\"}\n",
                         sides[side], 3 * i + side, i, 1e9 + 1e6 * pattern[i] + (run && side == 1 ? 1e8 : 0));
        text_add(&out, "%s", end);
        write_run(run ? "b" : "a", &out);
        text_free(&out);
    }
    struct program_result r = COMPARE(1, "a", "b");
    EXPECT_WORDS(r.output, "fused base", "fused new", "fused control", "SAME", "SLOWER");
    EXPECT_WORDS(r.log, "fused new, W1: SLOWER");
    cr_expect(!strstr(r.output, "C2"), "no run has a start from disk: %s", r.output);
    expect_narrow(r.output);
    program_result_free(&r);
}
